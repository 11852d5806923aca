/* One finding for people: a line that can be pasted alone, then what stands behind it. */
#include <string.h>

#include "format.h"
#include "owner.h"
#include "place.h"
#include "printable.h"
#include "rendering.h"
#include "rows.h"
#include "table_type.h"
#include "timeline.h"
#include "words.h"

#define BAR_CELLS 24u

const char *finding_word(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_HOLLOW] = "HOLLOW",
        [VERDICT_OVER_RESERVED] = "OVER-RESERVED",
        [VERDICT_TOMBSTONES] = "TOMBSTONES",
        [VERDICT_GROWING] = "GROWING",
        [VERDICT_OK] = "OK",
    };
    return words[verdict];
}

static void render_headline(const struct rendering *rendering, const struct judged_table *judged,
                            const struct owner *owner, size_t number)
{
    const struct dump_table *table = judged->table;
    char name[WORDS_BYTES], place[PLACE_BYTES], live[WORDS_BYTES];
    char bytes[FORMAT_BYTES], saved[FORMAT_BYTES], capacity[FORMAT_BYTES], whose[OWNER_BYTES];
    implementation_name(name, judged);
    printable(whose, sizeof(whose), owner->headline);
    place_of_site(rendering->symbolizer, rendering->findings->dump, telling_site(table), place);
    live_words(live, table);
    bool freed = table->flags & DUMP_TABLE_FREED;
    fprintf(rendering->out,
            "#%zu %s%s%s  %s%s%s %s in %s %s %s for %s live of %s %s; a fix %s %s%s%s%s\n", number,
            terminal_style(&rendering->terminal, STYLE_FINDING),
            finding_word(judged->judgement.verdict),
            terminal_style(&rendering->terminal, STYLE_PLAIN), name, *whose ? " " : "", whose,
            table->growth_site != DUMP_NONE ? "grown" : "made", place, freed ? "kept" : "keeps",
            format_bytes(bytes, table->bytes), live, format_count(capacity, table->capacity),
            slot_word(table), freed ? "would have saved" : "saves",
            terminal_style(&rendering->terminal, STYLE_SAVING),
            format_bytes(saved, best_saving(&judged->saving)),
            terminal_style(&rendering->terminal, STYLE_PLAIN),
            judged->freed_at_end              ? " (freed only as the program ended)"
            : judged->judgement.refills.times ? " (until it fills again, as it did before)"
                                              : "");
}

/* A bar that is full where the table would grow, with a mark where hollow ends. */
static void load_bar(const struct terminal *terminal, const struct judged_table *judged,
                     char out[3 * BAR_CELLS + 16])
{
    const struct load_limits *limits = &judged->judgement.limits;
    double scale = limits->at_growth > 0 ? limits->at_growth : 1;
    double filled = judged->saving.load / scale * BAR_CELLS;
    unsigned mark = (unsigned)(limits->hollow_below / scale * BAR_CELLS);
    char *end = stpcpy(out, "[");
    for (unsigned cell = 0; cell < BAR_CELLS; cell++) {
        if (cell + 0.5 <= filled)
            end = stpcpy(end, terminal->utf8 ? "█" : "#");
        else if (cell == mark)
            end = stpcpy(end, "|");
        else
            end = stpcpy(end, terminal->utf8 ? "░" : ".");
    }
    stpcpy(end, "]");
}

/* "g_cache.sessions  (src/cache.cc:41), also g_current->sessions" */
static void render_owner(const struct rendering *rendering, const struct owner *owner)
{
    char name[OWNER_BYTES], others[OWNER_BYTES], file[OWNER_BYTES], where[OWNER_BYTES + 16] = "";
    if (!*owner->name)
        return;
    printable(name, sizeof(name), owner->name);
    printable(others, sizeof(others), owner->others);
    printable(file, sizeof(file), owner->file);
    if (*file)
        snprintf(where, sizeof(where), "  (%s:%d)", path_base(file), owner->line);
    row(rendering->out, &rendering->terminal, "owner", "%s%s%s%s", name, where,
        *others ? ", also " : "", others);
}

void render_type(const struct rendering *rendering, const struct judged_table *first, size_t count)
{
    char type[TABLE_TYPE_BYTES], safe[TABLE_TYPE_BYTES];
    if (!type_of_tables(rendering->symbolizer, rendering->findings, first, count, type))
        return;
    printable(safe, sizeof(safe), type);
    row(rendering->out, &rendering->terminal, "type", "%s", safe);
}

static void render_load(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    char capacity[FORMAT_BYTES], load[FORMAT_BYTES], limit[FORMAT_BYTES], count[FORMAT_BYTES];
    char live[WORDS_BYTES], deleted[FORMAT_BYTES + 16] = "", bar[3 * BAR_CELLS + 16];
    live_words(live, table);
    load_bar(&rendering->terminal, judged, bar);
    if (table->known & DUMP_KNOWN_TOMBSTONES && table->tombstones)
        snprintf(deleted, sizeof(deleted), ", %s deleted", format_count(count, table->tombstones));
    row(rendering->out, &rendering->terminal, slot_word(table), "%s, live %s%s",
        format_count(capacity, table->capacity), live, deleted);
    row(rendering->out, &rendering->terminal, "load", "%s %s hollow below %s",
        format_load(load, judged->saving.load), bar,
        format_load(limit, judged->judgement.limits.hollow_below));
}

static void render_peak(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    char peak[FORMAT_BYTES], last[FORMAT_BYTES], born[FORMAT_BYTES], growths[96] = "";
    if (table->growths)
        snprintf(growths, sizeof(growths), "%u growth%s seen, the last at %s", table->growths,
                 table->growths == 1 ? "" : "s", format_duration(last, table->last_growth_ms));
    else
        snprintf(growths, sizeof(growths), "no growth seen");
    format_duration(born, table->birth_ms);
    if (judged->judgement.proven_peak > table->live)
        row(rendering->out, &rendering->terminal, "peak",
            "held at least %s entries; %s; born at %s",
            format_count(peak, judged->judgement.proven_peak), growths, born);
    else
        row(rendering->out, &rendering->terminal, "history", "%s; born at %s", growths, born);
}

static void render_timeline(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    const struct dump *dump = rendering->findings->dump;
    char line[TIMELINE_BYTES], from[FORMAT_BYTES], to[FORMAT_BYTES], since[FORMAT_BYTES];
    char most[FORMAT_BYTES];
    uint64_t since_ms, peak = judged->judgement.proven_peak;
    if (!timeline(dump, table, peak, &rendering->terminal, line))
        return;
    const struct dump_reading *readings = dump_readings(dump, table);
    bool fell = hollow_since(dump, table, judged->judgement.limits.hollow_below, &since_ms);
    row(rendering->out, &rendering->terminal, "live", "%s  %s to %s%s%s; a full bar is %s", line,
        format_duration(from, readings[0].at_ms),
        format_duration(to, readings[table->reading_count - 1].at_ms),
        fell ? ", hollow since " : "", fell ? format_duration(since, since_ms) : "",
        format_count(most, peak));
}

static void render_refills(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct refills *refills = &judged->judgement.refills;
    char count[FORMAT_BYTES], last[FORMAT_BYTES];
    if (refills->times)
        row(rendering->out, &rendering->terminal, "refills",
            "it was hollow and filled again %s time%s while it was looked at, the last time at %s",
            format_count(count, refills->times), refills->times == 1 ? "" : "s",
            format_duration(last, refills->last_ms));
}

static void render_memory(const struct rendering *rendering, const struct dump_table *table)
{
    char bytes[FORMAT_BYTES], resident[FORMAT_BYTES], count[FORMAT_BYTES], outside[FORMAT_BYTES];
    char in_memory[FORMAT_BYTES + 32] = "", blocks[2 * FORMAT_BYTES + 64] = "", arrays[32] = "";
    if (table->known & DUMP_KNOWN_RESIDENT)
        snprintf(in_memory, sizeof(in_memory), ", %s of it resident",
                 format_bytes(resident, table->resident_bytes));
    if (table->known & DUMP_KNOWN_ENTRIES && table->entry_blocks)
        snprintf(blocks, sizeof(blocks), "; its entries are %s in %s block%s of their own",
                 format_bytes(outside, table->entry_bytes),
                 format_count(count, table->entry_blocks), table->entry_blocks == 1 ? "" : "s");
    if (table->array_count) /* those of a freed table are gone */
        snprintf(arrays, sizeof(arrays), " in %u array%s", table->array_count,
                 table->array_count == 1 ? "" : "s");
    row(rendering->out, &rendering->terminal, "memory", "%s%s%s%s",
        format_bytes(bytes, table->bytes), arrays, in_memory, blocks);
}

static void render_advice(const struct rendering *rendering, const struct judged_table *judged)
{
    for (size_t i = 0; i < judged->advice_count; i++) {
        const struct advice *advice = &judged->advice[i];
        char saved[FORMAT_BYTES], resident[FORMAT_BYTES], returned[FORMAT_BYTES + 32] = "";
        if (judged->table->known & DUMP_KNOWN_RESIDENT)
            snprintf(returned, sizeof(returned), " (%s resident)",
                     format_bytes(resident, advice->saves_resident_bytes));
        row(rendering->out, &rendering->terminal, i == 0 ? "fix A" : "fix B", "%s: saves %s%s; %s",
            advice_word(advice->action), format_bytes(saved, advice->saves_bytes), returned,
            advice->cost);
        row(rendering->out, &rendering->terminal, "", "%s", advice->how);
    }
}

void render_why(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    const struct layout *layout = judged->layout;
    const char *recognition = layout           ? "recognised"
                              : table->growths ? "known as a hash table by how it grew,"
                                               : "taken for a hash table by what it holds,";
    char habit[256] = "", name[WORDS_BYTES];
    implementation_name(name, judged);
    if (layout && layout->on_erase)
        snprintf(habit, sizeof(habit), "; on erase %s %s", name, layout->on_erase);
    row(rendering->out, &rendering->terminal, "why", "%s%s; %s with confidence %.2f, %s",
        reason_clause(judged->judgement.reason), habit, recognition, table->confidence_ppm / 1e6,
        table->read == DUMP_READ_EXACT      ? "counters read"
        : table->flags & DUMP_TABLE_COUNTED ? "entries as its own object counts them"
                                            : "entries estimated from occupied slots");
}

/* Whether the fix belongs into one table's code or into the place that makes many. */
void render_siblings(const struct rendering *rendering, const struct judged_table *judged)
{
    uint32_t place = telling_place(rendering->findings, judged->table);
    if (place == DUMP_NONE)
        return;
    const struct site_tally *tally = &rendering->findings->of_site[place];
    enum finding_class class = finding_class(judged);
    size_t own = judged->group ? judged->group->tables : 1; /* of one class and one place */
    size_t fine = tally->quiet - (class == CLASS_QUIET ? own : 0);
    size_t alike = tally->findings - (class == CLASS_FINDING ? own : 0);
    char tables[FORMAT_BYTES];
    if (fine)
        row(rendering->out, &rendering->terminal, "same site",
            "%s other table%s from there %s fine", format_count(tables, fine), fine == 1 ? "" : "s",
            fine == 1 ? "is" : "are");
    if (alike)
        row(rendering->out, &rendering->terminal, fine ? "" : "same site",
            "%s other table%s from there %s a finding too", format_count(tables, alike),
            alike == 1 ? "" : "s", alike == 1 ? "is" : "are");
}

void render_finding(const struct rendering *rendering, const struct judged_table *judged,
                    size_t number, bool details)
{
    struct owner owner;
    owner_of_table(rendering->symbolizer, rendering->findings, judged, &owner);
    render_headline(rendering, judged, &owner, number);
    if (!details)
        return;
    const struct dump_table *table = judged->table;
    render_owner(rendering, &owner);
    render_type(rendering, judged, 1);
    render_load(rendering, judged);
    render_peak(rendering, judged);
    render_timeline(rendering, judged);
    render_refills(rendering, judged);
    render_memory(rendering, table);
    render_stack(rendering, table->growth_site != DUMP_NONE ? "grown in" : "made in",
                 telling_site(table));
    if (rendering->options->all_frames && table->growth_site != DUMP_NONE)
        render_stack(rendering, "made in", table->birth_site);
    render_siblings(rendering, judged);
    render_advice(rendering, judged);
    render_why(rendering, judged);
    row(rendering->out, &rendering->terminal, "id", "%s   more: --explain %zu", judged->id, number);
    fputc('\n', rendering->out);
}
