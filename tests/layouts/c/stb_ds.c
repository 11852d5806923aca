/*
 * Hash maps of stb_ds.h as a program uses them. Scenarios: full, hollow, emptied, churn, capacity;
 * kinds: map (integer keys, 40-byte values), set (keys only), strings (keys copied by the map),
 * arena (keys in the map's own arena). There is no way to reserve, and none to clear but freeing.
 */
#include "truth.h"

#include <string.h>

#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>

#define ENTRIES 200000u
#define KEPT_OF 50u

struct map {
    uint64_t key;
    uint64_t value[5];
};

struct set {
    uint64_t key;
};

struct strings {
    char *key;
    double value;
};

static char *text_of(uint64_t i)
{
    static char text[24];
    snprintf(text, sizeof(text), "key-%" PRIu64, i);
    return text;
}

static void map_insert(struct map **map, uint64_t i)
{
    struct map element = {.key = i * 2654435761u, .value = {i, i, i, i, i}};
    hmputs(*map, element);
}

static void map_erase(struct map **map, uint64_t i)
{
    (void)hmdel(*map, i * 2654435761u);
}

static void set_insert(struct set **set, uint64_t i)
{
    struct set element = {.key = i + 1};
    hmputs(*set, element);
}

static void set_erase(struct set **set, uint64_t i)
{
    (void)hmdel(*set, i + 1);
}

static void strings_insert(struct strings **strings, uint64_t i)
{
    shput(*strings, text_of(i), (double)i);
}

static void strings_erase(struct strings **strings, uint64_t i)
{
    (void)shdel(*strings, text_of(i));
}

static uint64_t bytes_of(const stbds_array_header *header, size_t element_bytes)
{
    const stbds_hash_index *index = header->hash_table;
    return sizeof(*header) + header->capacity * element_bytes + sizeof(*index) +
           index->slot_count * 16 + 63;
}

/* Between the header and where the program's pointer leads stands the default element. */
#define HEADER_OF(map) (stbds_header((map)-1))

#define DEFINE_CAPACITIES(kind)                                                                    \
    static void kind##_print_capacities(void)                                                      \
    {                                                                                              \
        static const uint64_t lives[] = {1, 3, 4, 100, 1000, 6000, 30000};                         \
        for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {                            \
            struct kind *map = NULL, *fresh = NULL;                                                \
            for (uint64_t k = 0; k < ENTRIES; k++)                                                 \
                kind##_insert(&map, k);                                                            \
            for (uint64_t k = lives[i]; k < ENTRIES; k++)                                          \
                kind##_erase(&map, k);                                                             \
            for (ptrdiff_t k = 0; k < hmlen(map); k++)                                             \
                hmputs(fresh, map[k]);                                                             \
            const stbds_array_header *now = HEADER_OF(map), *then = HEADER_OF(fresh);              \
            print_capacity("stb_ds hash map", hmlenu(map), now->capacity,                          \
                           bytes_of(now, sizeof(*map)), then->capacity,                            \
                           bytes_of(then, sizeof(*map)));                                          \
            hmfree(map);                                                                           \
            hmfree(fresh);                                                                         \
        }                                                                                          \
    }

#define DEFINE_SCENARIOS(kind)                                                                     \
    static void kind##_run(const char *scenario, struct kind *map)                                 \
    {                                                                                              \
        bool emptied = strcmp(scenario, "emptied") == 0;                                           \
        const char *verdict = "ok";                                                                \
        for (uint64_t i = 0; i < ENTRIES; i++)                                                     \
            kind##_insert(&map, i);                                                                \
        if (emptied) /* the last index is too small to be tracked: nothing else saw it full */     \
            HASHTRACK_SNAPSHOT("full");                                                            \
        if (emptied || strcmp(scenario, "hollow") == 0) {                                          \
            for (uint64_t i = 0; i < ENTRIES; i++)                                                 \
                if (emptied || i % KEPT_OF != 0)                                                   \
                    kind##_erase(&map, i);                                                         \
            verdict = "hollow";                                                                    \
        } else if (strcmp(scenario, "churn") == 0) {                                               \
            for (uint64_t i = 0; i < ENTRIES; i++) {                                               \
                kind##_erase(&map, i);                                                             \
                kind##_insert(&map, i + ENTRIES);                                                  \
            }                                                                                      \
        } else if (strcmp(scenario, "full") != 0) {                                                \
            unknown_scenario(scenario);                                                            \
        }                                                                                          \
        struct truth truth = {"stb_ds hash map", map,    HEADER_OF(map)->capacity, hmlenu(map),    \
                              TOMBSTONES_UNTOLD, ENTRIES};                                         \
        HASHTRACK_SNAPSHOT("end");                                                                 \
        print_truth(truth, verdict, "end", false);                                                 \
        hmfree(map);                                                                               \
    }

DEFINE_CAPACITIES(map)
DEFINE_CAPACITIES(set)
DEFINE_SCENARIOS(map)
DEFINE_SCENARIOS(set)
DEFINE_SCENARIOS(strings)

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *kind = argc > 2 ? argv[2] : "map";
    bool capacity = strcmp(scenario, "capacity") == 0;
    struct strings *strings = NULL;
    if (strcmp(kind, "map") == 0) {
        capacity ? map_print_capacities() : map_run(scenario, NULL);
    } else if (strcmp(kind, "set") == 0) {
        capacity ? set_print_capacities() : set_run(scenario, NULL);
    } else if (strcmp(kind, "strings") == 0 && !capacity) {
        sh_new_strdup(strings);
        strings_run(scenario, strings);
    } else if (strcmp(kind, "arena") == 0 && !capacity) {
        sh_new_arena(strings);
        strings_run(scenario, strings);
    } else {
        unknown_scenario(kind);
    }
    return 0;
}
