/* The report for people: head, findings, what is less sure, what went wrong, or the all-clear. */
#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "nameless.h"
#include "place.h"
#include "printable.h"
#include "rendering.h"
#include "rows.h"
#include "words.h"

/* So many findings are shown with details; the rest is summed up, or a line each with --all. */
#define MOST_FINDINGS 20u

#define PARAGRAPH(...) paragraph(rendering->out, &rendering->terminal, __VA_ARGS__)

static void render_head(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    const struct dump *dump = findings->dump;
    char program[256], label[128], ran[FORMAT_BYTES];
    printable(program, sizeof(program), path_base(dump_string(dump, dump->info.program)));
    printable(label, sizeof(label), dump_string(dump, dump->info.label));
    fprintf(rendering->out, "%shashtrack %s  %s (pid %u)  %s%s%s after %s%s%s\n",
            terminal_style(&rendering->terminal, STYLE_BOLD), HASHTRACK_VERSION, program,
            dump->info.pid, dump->info.ordinal ? "snapshot \"" : "at the end (", label,
            dump->info.ordinal ? "\"" : ")", format_duration(ran, dump->info.at_ms),
            dump->info.flags & DUMP_INFO_FORKED ? ", forked" : "",
            terminal_style(&rendering->terminal, STYLE_PLAIN));
}

/* What the hollow bytes are a part of. Tracked are the blocks that were left: what the program
 * freed while it ended is no share of them. */
static const char *hollow_part(char out[WORDS_BYTES], const struct findings *findings)
{
    char part[FORMAT_BYTES];
    uint64_t gone = findings->hollow_bytes_freed_at_end;
    bool has_untracked = findings->hollow_bytes > findings->dump->info.tracked_bytes;
    if (findings->hollow_bytes == 0 || (gone == 0 && has_untracked))
        out[0] = '\0'; /* entries in blocks too small to be tracked are no part of the tracked */
    else if (gone == 0)
        snprintf(out, WORDS_BYTES, ", %s of tracked",
                 format_share(part, findings->hollow_bytes, findings->dump->info.tracked_bytes));
    else
        snprintf(out, WORDS_BYTES, ", %s of it freed only as the program ended",
                 gone == findings->hollow_bytes ? "all" : format_bytes(part, gone));
    return out;
}

static void render_totals(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    const struct dump *dump = findings->dump;
    char tracked[FORMAT_BYTES], blocks[FORMAT_BYTES], count[FORMAT_BYTES], tables[FORMAT_BYTES];
    char hollow[FORMAT_BYTES], part[WORDS_BYTES], threshold[FORMAT_BYTES];
    size_t kept = 0, gone = 0;
    if (dump->info.tracked_blocks == 0 && findings->count == 0) {
        fputc('\n', rendering->out);
        return; /* the all-clear says it */
    }
    for (size_t i = 0; i < findings->count; i++) {
        kept += is_kept(&findings->tables[i]);
        gone += findings->tables[i].freed_at_end;
    }
    char held[4 * FORMAT_BYTES + WORDS_BYTES] =
        ""; /* without one a sentence follows that says so */
    const char *hold = gone ? "held" : kept == 1 ? "holds" : "hold";
    if (kept)
        snprintf(held, sizeof(held), "; %s hash table%s %s %s; hollow %s%s",
                 format_count(count, kept), kept == 1 ? "" : "s", hold,
                 format_bytes(tables, findings->table_bytes),
                 format_bytes(hollow, findings->hollow_bytes), hollow_part(part, findings));
    PARAGRAPH(
        "tracked %s in %s block%s of %s or more%s", format_bytes(tracked, dump->info.tracked_bytes),
        format_count(blocks, dump->info.tracked_blocks), dump->info.tracked_blocks == 1 ? "" : "s",
        format_bytes(threshold, dump->info.threshold_bytes), held);
    fputc('\n', rendering->out);
}

/* The stack of an earlier finding need not be printed twice. */
static bool shown_before(const struct findings *findings, size_t first, size_t index)
{
    const struct judged_table *judged = &findings->tables[index];
    if (judged->group)
        return false; /* its rows are about all of them together */
    uint32_t place = telling_place(findings, judged->table);
    for (size_t i = first; i < index; i++)
        if (!findings->tables[i].group &&
            telling_place(findings, findings->tables[i].table) == place &&
            findings->tables[i].judgement.verdict == judged->judgement.verdict)
            return place != DUMP_NONE;
    return false;
}

/* The tables [first, first + count) under a heading, a group of them as one; numbers run through
 * the whole report. */
static void render_class(const struct rendering *rendering, const char *heading, size_t first,
                         size_t count, size_t *number)
{
    const struct findings *findings = rendering->findings;
    size_t shown = 0, left_out = 0;
    uint64_t rest = 0;
    char saved[FORMAT_BYTES], tables[FORMAT_BYTES];
    if (count && *heading)
        PARAGRAPH("%s", heading);
    for (size_t i = first; i < first + count; i = finding_end(findings, i), ++*number) {
        const struct judged_table *judged = &findings->tables[i];
        bool details = shown < MOST_FINDINGS && !shown_before(findings, first, i);
        if (shown == MOST_FINDINGS && !rendering->options->all) {
            rest += finding_saving(judged);
            left_out++;
        } else if (judged->group) {
            render_group(rendering, judged, *number, details);
        } else {
            render_finding(rendering, judged, *number, details);
        }
        shown += shown < MOST_FINDINGS;
    }
    if (left_out)
        PARAGRAPH("and %s more that would save %s together: --all shows them\n",
                  format_count(tables, left_out), format_bytes(saved, rest));
}

static void render_quiet(const struct rendering *rendering, size_t first)
{
    const struct findings *findings = rendering->findings;
    if (first == findings->count)
        return;
    PARAGRAPH("The other tables:");
    for (size_t i = first; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        const struct dump_table *table = judged->table;
        char bytes[FORMAT_BYTES], load[FORMAT_BYTES] = "?", name[WORDS_BYTES], place[PLACE_BYTES];
        if (judged->saving.known)
            format_load(load, judged->saving.load);
        place_of_site(rendering->symbolizer, findings->dump, telling_site(table), place);
        fprintf(rendering->out, "    %-8s %10s  load %-8s  %s in %s%s  %s\n",
                verdict_word(judged->judgement.verdict), format_bytes(bytes, table->bytes), load,
                implementation_name(name, judged), place,
                judged->freed_at_end              ? " (freed at the end)"
                : table->flags & DUMP_TABLE_FREED ? " (freed)"
                                                  : "",
                judged->id);
    }
    fputc('\n', rendering->out);
}

static const struct judged_table *largest_kept(const struct findings *findings)
{
    const struct judged_table *largest = NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        if (!is_kept(judged))
            continue;
        if (!largest || judged->table->bytes > largest->table->bytes)
            largest = judged;
    }
    return largest;
}

/* Tables below the limit that save too little one by one may still be many. */
static void render_small_ones(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    uint64_t together = 0;
    size_t count = 0;
    char saved[FORMAT_BYTES], tables[FORMAT_BYTES];
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        if (judged->judgement.reason == REASON_SMALL && is_kept(judged)) {
            together += best_saving(&judged->saving);
            count++;
        }
    }
    if (together >= findings->limits.min_saving)
        PARAGRAPH("%s nearly empty table%s below that limit would save %s together: --all shows "
                  "%s.",
                  format_count(tables, count), count == 1 ? "" : "s", format_bytes(saved, together),
                  count == 1 ? "it" : "them");
}

/* What an all-clear is not about, and where to find it. */
static const char *exceptions(char out[WORDS_BYTES], const struct findings *findings)
{
    size_t freed = findings->class_count[CLASS_FREED];
    size_t suspects = findings->class_count[CLASS_SUSPECT];
    char some_freed[WORDS_BYTES / 2] = "", some_suspects[WORDS_BYTES / 2] = "";
    char tables[FORMAT_BYTES];
    if (freed)
        snprintf(some_freed, sizeof(some_freed), "; %s freed one%s did, below",
                 format_count(tables, freed), freed == 1 ? "" : "s");
    if (suspects)
        snprintf(some_suspects, sizeof(some_suspects), "; %s suspect%s below may",
                 format_count(tables, suspects), suspects == 1 ? "" : "s");
    snprintf(out, WORDS_BYTES, "%s%s", some_freed, some_suspects);
    return out;
}

/* No tracked block is left: there never was one, or all were freed. */
static void render_nothing_left(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    const struct dump_info *info = &findings->dump->info;
    char least[FORMAT_BYTES], peak[FORMAT_BYTES];
    format_bytes(least, info->threshold_bytes);
    if (info->peak_tracked_bytes == 0)
        PARAGRAPH("Nothing was tracked: the program never held a block of %s or more.", least);
    else
        PARAGRAPH("The program had freed every block of %s or more (%s at its peak); %s.", least,
                  format_bytes(peak, info->peak_tracked_bytes),
                  findings->class_count[CLASS_FREED] ? "what was hollow when it was freed is below"
                                                     : "no hollow hash table was seen among them");
}

/* Why the largest table is fine though it does not look so: a nearly empty one may shrink by
 * itself, or have no way to. */
static const char *excuse(const struct judged_table *largest)
{
    bool is_plain = largest->judgement.reason == REASON_LOADED;
    return is_plain || verdict_is_finding(largest->judgement.verdict)
               ? NULL
               : reason_clause(largest->judgement.reason);
}

static void render_all_clear(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    const struct dump *dump = findings->dump;
    const struct judged_table *largest = largest_kept(findings);
    char least[FORMAT_BYTES], bytes[FORMAT_BYTES], load[FORMAT_BYTES] = "unknown";
    char name[WORDS_BYTES], place[PLACE_BYTES], other[WORDS_BYTES];
    bool some_freed = findings->class_count[CLASS_FREED] > 0;
    fputs(terminal_style(&rendering->terminal, STYLE_OK), rendering->out);
    if (!largest && dump->info.tracked_blocks == 0)
        render_nothing_left(rendering);
    else if (!largest && findings->count)
        PARAGRAPH("No hash table is still alive%s.",
                  some_freed ? "; what was hollow when it was freed is below" : "");
    else if (!largest)
        PARAGRAPH("No hash table was seen among the tracked blocks.");
    else {
        if (largest->saving.known)
            format_load(load, largest->saving.load);
        place_of_site(rendering->symbolizer, dump, telling_site(largest->table), place);
        const char *why = excuse(largest);
        PARAGRAPH(
            "No table%s wastes more than %s%s. The largest is the %s from %s, %s, load %s%s%s.",
            some_freed ? " that is still alive" : "",
            format_bytes(least, findings->limits.min_saving), exceptions(other, findings),
            implementation_name(name, largest), place, format_bytes(bytes, largest->table->bytes),
            load, why ? ": " : "", why ? why : "");
    }
    fputs(terminal_style(&rendering->terminal, STYLE_PLAIN), rendering->out);
    fputc('\n', rendering->out);
}

static void render_troubles(const struct rendering *rendering)
{
    const struct dump *dump = rendering->findings->dump;
    char text[512], value[FORMAT_BYTES];
    const char *const *notes;
    if (dump_stands_for_none(dump))
        PARAGRAPH("This process %s: nothing is known of its tables.",
                  dump->info.reason == DUMP_REASON_NO_DUMP ? "left no dump" : "was not tracked");
    else if (dump->info.reason == DUMP_REASON_OUTSIDE && !(dump->info.flags & DUMP_INFO_COMPLETE))
        PARAGRAPH("Last seen from outside: what the program did after that is not in this report.");
    else if (rendering->findings->dropped_records)
        PARAGRAPH("Records were lost, so this report may be incomplete.");
    else if (!(dump->info.flags & DUMP_INFO_COMPLETE))
        PARAGRAPH("The tracker could not see everything, so this report may be incomplete.");
    for (size_t i = 0; i < dump->counter_count; i++) {
        printable(text, sizeof(text), dump_string(dump, dump->counters[i].name));
        PARAGRAPH("note: %s: %s", text, format_count(value, dump->counters[i].value));
    }
    for (size_t i = 0; i < dump->warning_count; i++) {
        printable(text, sizeof(text), dump_string(dump, dump->warnings[i].text));
        PARAGRAPH("note: %s", text);
    }
    size_t count = symbolizer_notes(rendering->symbolizer, &notes);
    for (size_t i = 0; i < count; i++) {
        printable(text, sizeof(text), notes[i]);
        PARAGRAPH("note: %s", text);
    }
    render_nameless_modules(rendering);
}

void render_text(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    size_t explained = rendering->options->explain;
    render_head(rendering);
    if (dump_stands_for_none(findings->dump)) {
        render_troubles(rendering);
        return;
    }
    render_totals(rendering);
    if (explained) {
        render_explanation(rendering, finding_of_number(findings, explained), explained);
        return;
    }
    size_t first = 0, number = 1;
    render_class(rendering, "", first, findings->class_count[CLASS_FINDING], &number);
    if (findings->class_count[CLASS_FINDING] == 0)
        render_all_clear(rendering);
    render_small_ones(rendering);
    first += findings->class_count[CLASS_FINDING];
    render_class(rendering,
                 "Suspects, not counted above: it is not sure that these are hash tables.", first,
                 findings->class_count[CLASS_SUSPECT], &number);
    first += findings->class_count[CLASS_SUSPECT];
    render_class(rendering,
                 "Freed before this snapshot, not counted above; hollow when last read:", first,
                 findings->class_count[CLASS_FREED], &number);
    first += findings->class_count[CLASS_FREED];
    if (rendering->options->all)
        render_quiet(rendering, first);
    render_troubles(rendering);
}
