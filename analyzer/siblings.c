/* What tables of the same place tell of each other: see siblings.h. */
#include "siblings.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"

static int compare_places(const struct judged_table *a, const struct judged_table *b)
{
    uint32_t site_a = telling_site(a->table), site_b = telling_site(b->table);
    if (site_a != site_b)
        return site_a < site_b ? -1 : 1;
    if (a->table->bytes != b->table->bytes)
        return a->table->bytes < b->table->bytes ? -1 : 1;
    return strcmp(a->implementation, b->implementation);
}

static int by_place(const void *left, const void *right)
{
    return compare_places(*(struct judged_table *const *)left,
                          *(struct judged_table *const *)right);
}

bool siblings_note(struct findings *findings)
{
    struct judged_table **tables = calloc(findings->count + 1, sizeof(struct judged_table *));
    if (!tables)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        if (telling_site(findings->tables[i].table) != DUMP_NONE)
            tables[count++] = &findings->tables[i];
    qsort(tables, count, sizeof(struct judged_table *), by_place);
    size_t next = 0;
    for (size_t first = 0; first < count; first = next) {
        bool one_grew = false;
        for (next = first; next < count && compare_places(tables[first], tables[next]) == 0; next++)
            one_grew = one_grew || grew_step_by_step(findings->dump, tables[next]->table);
        for (size_t i = first; i < next; i++)
            tables[i]->sibling_grew = one_grew && tables[i]->table->growths == 0;
    }
    free(tables);
    return true;
}
