/* Many small tables of one place, one finding: see table_groups.h. */
#include "table_groups.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* What tells groups apart. */
static int compare_places(const struct judged_table *a, const struct judged_table *b)
{
    enum finding_class class_a = finding_class(a), class_b = finding_class(b);
    uint32_t site_a = telling_site(a->table), site_b = telling_site(b->table);
    if (class_a != class_b)
        return class_a < class_b ? -1 : 1;
    if (site_a != site_b)
        return site_a < site_b ? -1 : 1;
    if (a->judgement.verdict != b->judgement.verdict)
        return a->judgement.verdict < b->judgement.verdict ? -1 : 1;
    return strcmp(a->implementation, b->implementation);
}

static int by_place(const void *left, const void *right)
{
    return compare_places(*(struct judged_table *const *)left,
                          *(struct judged_table *const *)right);
}

/* The tables that only their size keeps from being a finding, judged as if it did not. */
static size_t collect(const struct findings *findings, struct judged_table **small)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct judged_table *judged = &findings->tables[i];
        if (judged->judgement.reason != REASON_SMALL || telling_site(judged->table) == DUMP_NONE)
            continue;
        findings_judge(findings, judged, 1);
        small[count++] = judged;
    }
    return count;
}

static struct table_group sum(struct judged_table *const *members, size_t count)
{
    struct table_group group = {.tables = count, .resident_known = true};
    for (size_t i = 0; i < count; i++) {
        const struct dump_table *table = members[i]->table;
        group.bytes += table->bytes;
        group.saving += best_saving(&members[i]->saving);
        group.live += table->live;
        group.capacity += table->capacity;
        group.resident += table->resident_bytes;
        group.resident_known = group.resident_known && table->known & DUMP_KNOWN_RESIDENT;
    }
    return group;
}

bool table_groups_make(struct findings *findings)
{
    struct judged_table **small = calloc(findings->count + 1, sizeof(struct judged_table *));
    size_t count = small ? collect(findings, small) : 0;
    findings->groups = calloc(count / 2 + 1, sizeof(*findings->groups));
    bool made = small && findings->groups;
    if (made)
        qsort(small, count, sizeof(struct judged_table *), by_place);
    size_t next = 0;
    for (size_t first = 0; made && first < count; first = next) {
        next = first + 1;
        while (next < count && compare_places(small[first], small[next]) == 0)
            next++;
        struct table_group group = sum(&small[first], next - first);
        bool is_worth = group.tables > 1 && group.saving >= findings->limits.min_saving;
        if (is_worth)
            findings->groups[findings->group_count] = group;
        for (size_t i = first; i < next; i++) {
            if (is_worth)
                small[i]->group = &findings->groups[findings->group_count];
            else
                findings_judge(findings, small[i], findings->limits.min_saving);
        }
        findings->group_count += is_worth;
    }
    free(small);
    return made;
}
