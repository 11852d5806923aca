/*
 * The table of hcreate_r() as a program uses it: nothing can be erased from it, and it cannot grow.
 * Scenarios: full, reserve, empty, capacity.
 */
#include "truth.h"

#include <search.h>
#include <string.h>

#define ENTRIES    100000u
#define RESERVED   200000u
#define NAME_BYTES 16

static struct hsearch_data own;
static char (*names)[NAME_BYTES];

static void insert(struct hsearch_data *table, unsigned i)
{
    ENTRY entry = {.key = names[i], .data = names}, *found;
    snprintf(names[i], NAME_BYTES, "%u", i * 2654435761u);
    if (hsearch_r(entry, ENTER, &found, table) == 0)
        abort();
}

static uint64_t bytes_of(const struct hsearch_data *table)
{
    return ((uint64_t)table->size + 1) * 24; /* sizeof(_ENTRY), misc/hsearch_r.c */
}

static void print_capacities(void)
{
    static const unsigned lives[] = {0, 2, 100, 1000, 5000, 50000};
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        hcreate_r(RESERVED, &own);
        uint64_t capacity = own.size, bytes = bytes_of(&own);
        hdestroy_r(&own);
        hcreate_r(lives[i] + lives[i] / 4, &own);
        for (unsigned k = 0; k < lives[i]; k++)
            insert(&own, k);
        print_capacity("hsearch", lives[i], capacity, bytes, own.size, bytes_of(&own));
        hdestroy_r(&own);
    }
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "full";
    unsigned entries = ENTRIES;
    const char *verdict = "ok";
    names = calloc(ENTRIES, NAME_BYTES);
    if (names == NULL)
        abort();
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities();
        return 0;
    }
    if (strcmp(scenario, "reserve") == 0)
        entries = 100;
    else if (strcmp(scenario, "empty") == 0)
        entries = 0;
    else if (strcmp(scenario, "full") != 0)
        unknown_scenario(scenario);
    if (entries < ENTRIES)
        verdict = "over-reserved";
    if (hcreate_r(entries < ENTRIES ? RESERVED : ENTRIES, &own) == 0)
        abort();
    for (unsigned i = 0; i < entries; i++)
        insert(&own, i);
    struct truth truth = {"hsearch", own.table, own.size, own.filled, TOMBSTONES_UNTOLD, entries};
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    hdestroy_r(&own);
    return 0;
}
