/* What tables of the same place tell of each other: see siblings.h. */
#include "siblings.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* What a site's tables are like: only where both are true has one something to tell of another. */
#define SOME_GREW     1
#define SOME_NOT_SEEN 2

/* A table and what is compared of it, so that sorting a million need not look at them. */
struct place {
    uint32_t site;
    uint64_t bytes;
    const char *implementation;
    struct judged_table *judged;
};

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    return strcmp(a->implementation, b->implementation);
}

static void look_at_sites(const struct findings *findings, unsigned char *of_site)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct dump_table *table = findings->tables[i].table;
        if (telling_site(table) != DUMP_NONE)
            of_site[telling_place(findings, table)] |= grew_step_by_step(findings->dump, table)
                                                           ? SOME_GREW
                                                       : table->growths == 0 ? SOME_NOT_SEEN
                                                                             : 0;
    }
}

/* The tables of such sites, in order; returns how many. */
static size_t collect(const struct findings *findings, const unsigned char *of_site,
                      struct place *places)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct judged_table *judged = &findings->tables[i];
        uint32_t site = telling_place(findings, judged->table);
        if (site != DUMP_NONE && of_site[site] == (SOME_GREW | SOME_NOT_SEEN))
            places[count++] =
                (struct place){site, judged->table->bytes, judged->implementation, judged};
    }
    qsort(places, count, sizeof(*places), by_place);
    return count;
}

bool siblings_note(struct findings *findings)
{
    unsigned char *of_site = calloc(findings->dump->site_count + 1, sizeof(*of_site));
    struct place *places = calloc(findings->count + 1, sizeof(*places));
    bool has_memory = of_site && places;
    size_t count = 0, next = 0;
    if (has_memory) {
        look_at_sites(findings, of_site);
        count = collect(findings, of_site, places);
    }
    for (size_t first = 0; first < count; first = next) {
        bool one_grew = false;
        for (next = first; next < count && by_place(&places[first], &places[next]) == 0; next++)
            one_grew = one_grew || grew_step_by_step(findings->dump, places[next].judged->table);
        for (size_t i = first; i < next; i++)
            places[i].judged->sibling_grew = one_grew && places[i].judged->table->growths == 0;
    }
    free(of_site);
    free(places);
    return has_memory;
}
