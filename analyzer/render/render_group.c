/*
 * Many tables of one place, for people: a line that can be pasted alone, then what they have in
 * common and what the largest saving among them looks like.
 */
#include <string.h>

#include "format.h"
#include "owner.h"
#include "place.h"
#include "printable.h"
#include "rendering.h"
#include "rows.h"
#include "words.h"

static bool has_grown(const struct judged_table *judged)
{
    return judged->table->growth_site != DUMP_NONE || judged->sibling_grew;
}

/* Of the tables that save most so many are asked for their owners, and so many of those named. */
#define OWNERS_ASKED 32u
#define OWNERS_NAMED 4u

struct group_owners {
    char headline[OWNER_BYTES]; /* what all that were asked have in common; "" for nothing */
    char names[OWNERS_NAMED][OWNER_BYTES];
    size_t named;
    bool more; /* there are others, or there may be */
};

static void note_owner(struct group_owners *owners, const char *name)
{
    for (size_t i = 0; i < owners->named; i++)
        if (strcmp(owners->names[i], name) == 0)
            return;
    if (owners->named == OWNERS_NAMED)
        owners->more = true;
    else
        snprintf(owners->names[owners->named++], OWNER_BYTES, "%s", name);
}

static void find_owners(const struct rendering *rendering, const struct judged_table *first,
                        struct group_owners *owners)
{
    struct owner owner;
    char name[OWNER_BYTES], headline[OWNER_BYTES];
    size_t count = first->group->tables;
    memset(owners, 0, sizeof(*owners));
    for (size_t i = 0; i < count && i < OWNERS_ASKED; i++) {
        owner_of_table(rendering->symbolizer, rendering->findings, &first[i], &owner);
        printable(headline, sizeof(headline), owner.headline);
        printable(name, sizeof(name), owner.name);
        if (i == 0)
            memcpy(owners->headline, headline, sizeof(headline));
        else if (strcmp(owners->headline, headline) != 0)
            owners->headline[0] = '\0';
        if (*name)
            note_owner(owners, name);
        else
            owners->more = true;
    }
    owners->more = owners->more || count > OWNERS_ASKED;
}

static void render_owners(const struct rendering *rendering, const struct group_owners *owners)
{
    char list[OWNERS_NAMED * OWNER_BYTES + 64];
    size_t used = 0;
    if (owners->named == 0)
        return;
    for (size_t i = 0; i < owners->named; i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
                                 owners->names[i]);
    /* "caches[...]" stands for many as it is */
    bool is_one = owners->named == 1 && *owners->headline;
    row(rendering->out, &rendering->terminal, "owner", "%s%s", list,
        owners->more && !is_one ? " and others" : "");
}

static void render_headline(const struct rendering *rendering, const struct judged_table *first,
                            const char *whose, size_t number)
{
    const struct table_group *group = first->group;
    const struct dump_table *table = first->table;
    const struct terminal *terminal = &rendering->terminal;
    char name[WORDS_BYTES], place[PLACE_BYTES], tables[FORMAT_BYTES], bytes[FORMAT_BYTES];
    char live[FORMAT_BYTES], capacity[FORMAT_BYTES], saved[FORMAT_BYTES];
    bool freed = table->flags & DUMP_TABLE_FREED;
    implementation_name(name, first);
    place_of_site(rendering->symbolizer, rendering->findings->dump, telling_site(table), place);
    fprintf(rendering->out,
            "#%zu %s%s%s  %s tables of this site: %s%s%s %s in %s %s %s for %s live of %s %s; a "
            "fix %s %s%s%s%s\n",
            number, terminal_style(terminal, STYLE_FINDING), finding_word(first->judgement.verdict),
            terminal_style(terminal, STYLE_PLAIN), format_count(tables, group->tables), name,
            *whose ? " " : "", whose, has_grown(first) ? "grown" : "made", place,
            freed ? "kept" : "keep", format_bytes(bytes, group->bytes),
            format_count(live, group->live), format_count(capacity, group->capacity),
            slot_word(table), freed ? "would have saved" : "saves",
            terminal_style(terminal, STYLE_SAVING), format_bytes(saved, group->saving),
            terminal_style(terminal, STYLE_PLAIN),
            first->freed_at_end ? " (freed only as the program ended)" : "");
}

static void render_sizes(const struct rendering *rendering, const struct judged_table *first)
{
    const struct table_group *group = first->group;
    const struct dump_table *table = first->table;
    char tables[FORMAT_BYTES], least[FORMAT_BYTES], most[FORMAT_BYTES], limit[FORMAT_BYTES];
    char mean[FORMAT_BYTES], below[FORMAT_BYTES], bytes[FORMAT_BYTES], resident[FORMAT_BYTES];
    char in_memory[FORMAT_BYTES + 32] = "", live[WORDS_BYTES];
    uint64_t smallest = table->bytes, largest = table->bytes;
    for (size_t i = 0; i < group->tables; i++) {
        uint64_t size = first[i].table->bytes;
        smallest = size < smallest ? size : smallest;
        largest = size > largest ? size : largest;
    }
    format_bytes(least, smallest);
    format_bytes(most, largest);
    char alone[2 * FORMAT_BYTES + 64] = "";
    format_bytes(limit, rendering->findings->limits.min_saving);
    if (group->large == 0)
        snprintf(alone, sizeof(alone), "; none saves the %s of a finding alone", limit);
    else if (group->large < group->tables)
        snprintf(alone, sizeof(alone), "; %s of them save%s the %s of a finding alone",
                 format_count(mean, group->large), group->large == 1 ? "s" : "", limit);
    row(rendering->out, &rendering->terminal, "tables", "%s, each %s%s%s%s",
        format_count(tables, group->tables), least, smallest < largest ? " to " : "",
        smallest < largest ? most : "", alone);
    row(rendering->out, &rendering->terminal, "load",
        "%s on the average, hollow below %s; the one "
        "that saves most: %s live of %s",
        format_load(mean, group->capacity ? (double)group->live / (double)group->capacity : 0),
        format_load(below, first->judgement.limits.hollow_below), live_words(live, table),
        format_count(limit, table->capacity));
    if (group->resident_known)
        snprintf(in_memory, sizeof(in_memory), ", %s of it resident",
                 format_bytes(resident, group->resident));
    row(rendering->out, &rendering->terminal, "memory", "%s%s", format_bytes(bytes, group->bytes),
        in_memory);
}

/* When they came, and how full the fullest was: many born one after the other are one for each
 * connection or request, many born at once a table of tables. */
static void render_history(const struct rendering *rendering, const struct judged_table *first)
{
    char peak[FORMAT_BYTES], from[FORMAT_BYTES], to[FORMAT_BYTES], grown[FORMAT_BYTES];
    char growth[FORMAT_BYTES + 32] = "", fullest[FORMAT_BYTES + 64] = "";
    uint64_t most = 0, last_growth_ms = 0;
    uint64_t first_born_ms = first->table->birth_ms, last_born_ms = first->table->birth_ms;
    bool has_growths = false;
    for (size_t i = 0; i < first->group->tables; i++) {
        const struct dump_table *table = first[i].table;
        uint64_t held = first[i].judgement.proven_peak;
        most = held > most && held > table->live ? held : most;
        first_born_ms = table->birth_ms < first_born_ms ? table->birth_ms : first_born_ms;
        last_born_ms = table->birth_ms > last_born_ms ? table->birth_ms : last_born_ms;
        has_growths = has_growths || table->growths > 0;
        if (table->growths > 0 && table->last_growth_ms > last_growth_ms)
            last_growth_ms = table->last_growth_ms;
    }
    if (has_growths)
        snprintf(growth, sizeof(growth), ", the last growth at %s",
                 format_duration(grown, last_growth_ms));
    if (most)
        snprintf(fullest, sizeof(fullest), "the fullest held at least %s entries; ",
                 format_count(peak, most));
    row(rendering->out, &rendering->terminal, most ? "peak" : "history",
        "%sborn between %s and %s%s", fullest, format_duration(from, first_born_ms),
        format_duration(to, last_born_ms), growth);
}

/* The sum over the tables of what an action saves; it is each table's own arithmetic that decides
 * whether it pays. */
static uint64_t saved_by(const struct judged_table *first, enum advice_action action)
{
    uint64_t saved = 0;
    for (size_t i = 0; i < first->group->tables; i++)
        for (size_t j = 0; j < first[i].advice_count; j++)
            if (first[i].advice[j].action == action)
                saved += first[i].advice[j].saves_bytes;
    return saved;
}

static void render_advice(const struct rendering *rendering, const struct judged_table *first)
{
    for (size_t i = 0; i < first->advice_count; i++) {
        const struct advice *advice = &first->advice[i];
        char saved[FORMAT_BYTES], one[FORMAT_BYTES];
        row(rendering->out, &rendering->terminal, i == 0 ? "fix A" : "fix B",
            "%s: saves %s together; for the one that saves most: %s; %s",
            advice_word(advice->action), format_bytes(saved, saved_by(first, advice->action)),
            format_bytes(one, advice->saves_bytes), advice->cost);
        row(rendering->out, &rendering->terminal, "", "%s", advice->how);
    }
}

void render_group(const struct rendering *rendering, const struct judged_table *first,
                  size_t number, bool details)
{
    const struct dump_table *table = first->table;
    struct group_owners owners;
    find_owners(rendering, first, &owners);
    render_headline(rendering, first, owners.headline, number);
    if (!details)
        return;
    render_owners(rendering, &owners);
    render_type(rendering, first, first->group->tables);
    render_sizes(rendering, first);
    render_history(rendering, first);
    render_stack(rendering, has_grown(first) ? "grown in" : "made in", telling_site(table));
    render_siblings(rendering, first);
    render_advice(rendering, first);
    render_why(rendering, first);
    row(rendering->out, &rendering->terminal, "id", "%s and others   more: --explain %zu",
        first->id, number);
    fputc('\n', rendering->out);
}
