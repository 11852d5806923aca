/* Many tables of one place, one finding: see table_groups.h. */
#include "table_groups.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "siblings.h"
#include "source_places.h"

/* From so many on, tables that are worth a finding each are one together. Of fewer each is shown:
 * they may have different owners and different histories. */
#define MANY_TABLES 4u

struct candidate {
    struct judged_table *judged;
    uint32_t place;
    bool is_large; /* a finding alone */
};

/* What the tables of a group have in common apart from their place. */
static int compare_kinds(const struct judged_table *a, const struct judged_table *b)
{
    enum finding_class class_a = finding_class(a), class_b = finding_class(b);
    if (class_a != class_b)
        return class_a < class_b ? -1 : 1;
    if (a->judgement.verdict != b->judgement.verdict)
        return a->judgement.verdict < b->judgement.verdict ? -1 : 1;
    return strcmp(a->implementation, b->implementation);
}

static int by_implementation(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return strcmp(a->judged->implementation, b->judged->implementation);
}

static int compare_groups(const struct candidate *a, const struct candidate *b)
{
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return compare_kinds(a->judged, b->judged);
}

/* Within a group the large ones first. */
static int by_group(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = compare_groups(a, b);
    return order != 0 ? order : (int)b->is_large - (int)a->is_large;
}

/* The findings, and the tables that only their size keeps from being one, judged as if it did not.
 */
static size_t collect(const struct findings *findings, struct candidate *candidates)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct judged_table *judged = &findings->tables[i];
        uint32_t site = telling_site(judged->table);
        bool is_small = judged->judgement.reason == REASON_SMALL;
        if (site == DUMP_NONE || !(is_small || verdict_is_finding(judged->judgement.verdict)))
            continue;
        if (is_small)
            findings_judge(findings, judged, 1);
        candidates[count++] = (struct candidate){judged, findings->place_of_site[site], !is_small};
    }
    return count;
}

/* Looks up the call stacks of those tables that would save enough if they were of one place. A
 * report of a program in which all is well need not read its debugging information for this. *any:
 * some were looked up. */
static bool find_places(struct findings *findings, struct symbolizer *symbolizer,
                        struct candidate *candidates, size_t count, bool *any)
{
    bool *wanted = calloc(findings->dump->site_count + 1, sizeof(*wanted));
    if (!wanted)
        return false;
    size_t next = 0;
    qsort(candidates, count, sizeof(*candidates), by_implementation);
    for (size_t first = 0; first < count; first = next) {
        uint64_t together = 0;
        bool several = false;
        for (next = first;
             next < count && by_implementation(&candidates[first], &candidates[next]) == 0;
             next++) {
            together += best_saving(&candidates[next].judged->saving);
            several = several || candidates[next].place != candidates[first].place;
        }
        if (!several || together < findings->limits.min_saving)
            continue;
        for (size_t i = first; i < next; i++)
            wanted[candidates[i].place] = true;
        *any = true;
    }
    bool found =
        !*any || source_places_find(symbolizer, findings->dump, wanted, findings->place_of_site);
    free(wanted);
    return found;
}

/* Tables of other call stacks may be siblings now, which tell that a table has grown. */
static bool judge_again(struct findings *findings)
{
    if (!siblings_note(findings))
        return false;
    for (size_t i = 0; i < findings->count; i++)
        findings_judge(findings, &findings->tables[i], findings->limits.min_saving);
    return true;
}

static struct table_group sum(const struct candidate *members, size_t count)
{
    struct table_group group = {.tables = count, .resident_known = true};
    for (size_t i = 0; i < count; i++) {
        const struct dump_table *table = members[i].judged->table;
        group.large += members[i].is_large;
        group.bytes += table->bytes;
        group.saving += best_saving(&members[i].judged->saving);
        group.live += table->live;
        group.capacity += table->capacity;
        group.resident += table->resident_bytes;
        group.resident_known = group.resident_known && table->known & DUMP_KNOWN_RESIDENT;
    }
    return group;
}

/* The tables of one place become a group, or those that are small, or none. */
static void join(struct findings *findings, const struct candidate *members, size_t count)
{
    size_t large = 0;
    while (large < count && members[large].is_large)
        large++;
    if (large && count < MANY_TABLES) {
        members += large;
        count -= large;
    }
    struct table_group group = sum(members, count);
    bool is_worth = count > 1 && group.saving >= findings->limits.min_saving;
    if (is_worth)
        findings->groups[findings->group_count] = group;
    for (size_t i = 0; i < count; i++) {
        if (is_worth)
            members[i].judged->group = &findings->groups[findings->group_count];
        else if (!members[i].is_large)
            findings_judge(findings, members[i].judged, findings->limits.min_saving);
    }
    findings->group_count += is_worth;
}

bool table_groups_make(struct findings *findings, struct symbolizer *symbolizer)
{
    struct candidate *candidates = calloc(findings->count + 1, sizeof(*candidates));
    size_t count = candidates ? collect(findings, candidates) : 0;
    bool any = false;
    bool made =
        candidates && (!symbolizer || find_places(findings, symbolizer, candidates, count, &any));
    if (made && any) {
        made = judge_again(findings);
        count = collect(findings, candidates);
    }
    findings->groups = calloc(count / 2 + 1, sizeof(*findings->groups));
    made = made && findings->groups;
    if (made)
        qsort(candidates, count, sizeof(*candidates), by_group);
    size_t next = 0;
    for (size_t first = 0; made && first < count; first = next) {
        next = first + 1;
        while (next < count && compare_groups(&candidates[first], &candidates[next]) == 0)
            next++;
        join(findings, &candidates[first], next - first);
    }
    free(candidates);
    return made;
}
