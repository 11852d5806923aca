/*
 * khash of htslib as a program uses it. Scenarios: full, hollow, clear, reserve, churn, threads,
 * many, freed, capacity; kinds: map (48-byte values), set (keys only), flags (4-byte keys, values
 * of one byte), strings (string keys, the object in static memory).
 */
#include "threads.h"
#include "truth.h"

#include <htslib/khash.h>
#include <string.h>

struct position {
    uint64_t contig, start, end, strand, score, flags;
};

KHASH_MAP_INIT_INT64(positions, struct position)
KHASH_SET_INIT_INT64(names)
KHASH_MAP_INIT_INT(flags, uint8_t)
KHASH_MAP_INIT_STR(strings, struct position)

#define ENTRIES 300000u
#define KEPT_OF 50u

static uint64_t positions_key(uint64_t i)
{
    return i * 2654435761u + 1;
}

static uint64_t names_key(uint64_t i)
{
    return positions_key(i);
}

static uint32_t flags_key(uint64_t i)
{
    return (uint32_t)positions_key(i);
}

static const char *strings_key(uint64_t i)
{
    static char texts[2 * ENTRIES][8];
    snprintf(texts[i], sizeof(texts[i]), "%" PRIu64, i);
    return texts[i];
}

#define DEFINE_HEAP_OBJECT(kind)                                                                   \
    static khash_t(kind) * kind##_new(void)                                                        \
    {                                                                                              \
        return kh_init(kind);                                                                      \
    }                                                                                              \
    static void kind##_free(khash_t(kind) * table)                                                 \
    {                                                                                              \
        kh_destroy(kind, table);                                                                   \
    }

DEFINE_HEAP_OBJECT(positions)
DEFINE_HEAP_OBJECT(names)
DEFINE_HEAP_OBJECT(flags)

static khash_t(strings) * strings_new(void)
{
    static khash_t(strings) table;
    return &table;
}

static void strings_free(khash_t(strings) * table)
{
    free(table->keys);
    free(table->flags);
    free(table->vals);
    *table = (khash_t(strings)){0};
}

/* The kinds differ in their types alone. */
#define DEFINE_SCENARIOS(kind, bytes_a_bucket)                                                     \
    static void kind##_insert(khash_t(kind) * table, uint64_t i)                                   \
    {                                                                                              \
        int result;                                                                                \
        kh_put(kind, table, kind##_key(i), &result);                                               \
        if (result <= 0)                                                                           \
            abort();                                                                               \
    }                                                                                              \
    static void kind##_erase(khash_t(kind) * table, uint64_t i)                                    \
    {                                                                                              \
        khint_t at = kh_get(kind, table, kind##_key(i));                                           \
        if (at == kh_end(table))                                                                   \
            abort();                                                                               \
        kh_del(kind, table, at);                                                                   \
    }                                                                                              \
    static struct truth kind##_truth(const khash_t(kind) * table, uint64_t peak)                   \
    {                                                                                              \
        return (struct truth){"khash",                                                             \
                              table->keys,                                                         \
                              kh_n_buckets(table),                                                 \
                              kh_size(table),                                                      \
                              table->n_occupied - table->size,                                     \
                              peak};                                                               \
    }                                                                                              \
    static void kind##_print_capacities(void)                                                      \
    {                                                                                              \
        static const uint64_t lives[] = {0, 3, 12, 100, 788, 1000, 6000, 50000};                   \
        for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {                            \
            khash_t(kind) *table = kind##_new();                                                   \
            for (uint64_t k = 0; k < ENTRIES; k++)                                                 \
                kind##_insert(table, k);                                                           \
            for (uint64_t k = lives[i]; k < ENTRIES; k++)                                          \
                kind##_erase(table, k);                                                            \
            uint64_t before = kh_n_buckets(table);                                                 \
            kh_resize(kind, table, kh_size(table) * 4 / 3 + 1);                                    \
            uint64_t after = kh_n_buckets(table);                                                  \
            print_capacity("khash", kh_size(table), before,                                        \
                           before *(bytes_a_bucket) + __ac_fsize(before) * 4, after,               \
                           after * (bytes_a_bucket) + __ac_fsize(after) * 4);                      \
            kind##_free(table);                                                                    \
        }                                                                                          \
    }                                                                                              \
    static void *kind##_fill_and_sweep(void *unused)                                               \
    {                                                                                              \
        (void)unused;                                                                              \
        khash_t(kind) *table = kind##_new();                                                       \
        for (uint64_t i = 0; i < ENTRIES; i++)                                                     \
            kind##_insert(table, i);                                                               \
        for (uint64_t i = 0; i < ENTRIES; i++)                                                     \
            if (i % KEPT_OF != 0)                                                                  \
                kind##_erase(table, i);                                                            \
        return table;                                                                              \
    }                                                                                              \
    static void kind##_run_threads(void)                                                           \
    {                                                                                              \
        void *tables[THREADS];                                                                     \
        in_threads(kind##_fill_and_sweep, tables);                                                 \
        HASHTRACK_SNAPSHOT("end");                                                                 \
        for (unsigned i = 0; i < THREADS; i++)                                                     \
            print_truth(kind##_truth(tables[i], ENTRIES), "hollow", "end", false);                 \
    }                                                                                              \
    /* Of two entries each that were 300, and never freed. */                                      \
    static void kind##_run_many(void)                                                              \
    {                                                                                              \
        static khash_t(kind) * tables[3000];                                                       \
        for (unsigned n = 0; n < 3000; n++) {                                                      \
            tables[n] = kind##_new();                                                              \
            for (uint64_t i = 0; i < 300; i++)                                                     \
                kind##_insert(tables[n], i);                                                       \
            for (uint64_t i = 2; i < 300; i++)                                                     \
                kind##_erase(tables[n], i);                                                        \
        }                                                                                          \
        HASHTRACK_SNAPSHOT("end");                                                                 \
        print_many("khash", 3000, kh_n_buckets(tables[0]), 2,                                      \
                   kh_n_buckets(tables[0]) * (bytes_a_bucket));                                    \
    }                                                                                              \
    static void kind##_run(const char *scenario)                                                   \
    {                                                                                              \
        bool reserve = strcmp(scenario, "reserve") == 0, freed = strcmp(scenario, "freed") == 0;   \
        const char *verdict = reserve ? "over-reserved" : "ok";                                    \
        if (strcmp(scenario, "threads") == 0) {                                                    \
            kind##_run_threads();                                                                  \
            return;                                                                                \
        }                                                                                          \
        if (strcmp(scenario, "many") == 0) {                                                       \
            kind##_run_many();                                                                     \
            return;                                                                                \
        }                                                                                          \
        khash_t(kind) *table = kind##_new();                                                       \
        if (reserve)                                                                               \
            kh_resize(kind, table, ENTRIES);                                                       \
        for (uint64_t i = 0; i < (reserve ? ENTRIES / 300 : ENTRIES); i++)                         \
            kind##_insert(table, i);                                                               \
        if (freed || strcmp(scenario, "hollow") == 0) {                                            \
            for (uint64_t i = 0; i < ENTRIES; i++)                                                 \
                if (i % KEPT_OF != 0)                                                              \
                    kind##_erase(table, i);                                                        \
            verdict = "hollow";                                                                    \
        } else if (strcmp(scenario, "clear") == 0) {                                               \
            kh_clear(kind, table);                                                                 \
            verdict = "hollow";                                                                    \
        } else if (strcmp(scenario, "churn") == 0) {                                               \
            for (uint64_t i = 0; i < ENTRIES; i++) {                                               \
                kind##_erase(table, i);                                                            \
                kind##_insert(table, i + ENTRIES);                                                 \
            }                                                                                      \
        } else if (!reserve && strcmp(scenario, "full") != 0) {                                    \
            unknown_scenario(scenario);                                                            \
        }                                                                                          \
        struct truth truth = kind##_truth(table, reserve ? ENTRIES / 300 : ENTRIES);               \
        HASHTRACK_SNAPSHOT("end");                                                                 \
        print_truth(truth, verdict, "end", false);                                                 \
        kind##_free(table);                                                                        \
        if (freed || strcmp(scenario, "full") == 0)                                                \
            print_truth(truth, verdict, "main-returned", true);                                    \
    }

DEFINE_SCENARIOS(positions, sizeof(uint64_t) + sizeof(struct position))
DEFINE_SCENARIOS(names, sizeof(uint64_t))
DEFINE_SCENARIOS(flags, sizeof(uint32_t) + sizeof(uint8_t))
DEFINE_SCENARIOS(strings, sizeof(char *) + sizeof(struct position))

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "map";
    bool capacity = strcmp(scenario, "capacity") == 0;
    if (strcmp(kind, "map") == 0)
        capacity ? positions_print_capacities() : positions_run(scenario);
    else if (strcmp(kind, "set") == 0)
        capacity ? names_print_capacities() : names_run(scenario);
    else if (strcmp(kind, "flags") == 0)
        capacity ? flags_print_capacities() : flags_run(scenario);
    else if (strcmp(kind, "strings") == 0)
        capacity ? strings_print_capacities() : strings_run(scenario);
    else
        unknown_scenario(kind);
    return 0;
}
