/*
 * The scenarios of the faithful tables: see faithful.h.
 */
#include "faithful.h"

#define KEPT_OF 50u

static void fill(const struct faithful_table *table, uint64_t entries)
{
    for (uint64_t i = 0; i < entries; i++)
        table->insert(i);
}

static int print_capacities(const struct faithful_table *table)
{
    static const uint64_t lives[] = {0, 3, 12, 96, 1000, 6000, 40000};
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        fill(table, table->entries);
        for (uint64_t k = lives[i]; k < table->entries; k++)
            table->erase(k);
        struct faithful_state before = table->state();
        table->shrink();
        struct faithful_state after = table->state();
        print_capacity(table->implementation, after.live, before.capacity, before.bytes,
                       after.capacity, after.bytes);
        table->release();
    }
    return 0;
}

/* The verdict that is due. */
static const char *play(const struct faithful_table *table, const char *scenario)
{
    if (strcmp(scenario, "reserve") == 0) {
        table->reserve(table->entries);
        fill(table, table->entries / 300);
        return "over-reserved";
    }
    fill(table, table->entries);
    if (strcmp(scenario, "hollow") == 0 || strcmp(scenario, "freed") == 0) {
        for (uint64_t i = 0; i < table->entries; i++)
            if (i % KEPT_OF != 0)
                table->erase(i);
        return table->shrinks_by_itself ? "ok" : "hollow";
    }
    if (strcmp(scenario, "clear") == 0) {
        table->clear();
        return "hollow";
    }
    if (strcmp(scenario, "churn") == 0) {
        for (uint64_t i = 0; i < table->entries; i++) {
            table->erase(i);
            table->insert(i + table->entries);
        }
        return "ok";
    }
    if (strcmp(scenario, "full") != 0)
        unknown_scenario(scenario);
    return "ok";
}

int faithful_main(const struct faithful_table *table, const char *scenario)
{
    if (strcmp(scenario, "capacity") == 0)
        return print_capacities(table);
    const char *verdict = play(table, scenario);
    bool reserved = strcmp(scenario, "reserve") == 0;
    struct faithful_state state = table->state();
    struct truth truth = {table->implementation, state.address,
                          state.capacity,        state.live,
                          TOMBSTONES_UNTOLD,     reserved ? table->entries / 300 : table->entries};
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    table->release();
    if (strcmp(scenario, "freed") == 0)
        print_truth(truth, verdict, "main-returned", true);
    return 0;
}
