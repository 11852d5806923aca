/*
 * What every private table of this directory offers, and the driver that grows, hollows and
 * describes it. The tables themselves share nothing: each is written as another team would have
 * written it.
 *
 * A program is called as PROGRAM SCENARIO KEYS:
 *   full      grow to `entries` and stop                          verdict ok
 *   hollow    grow, then erase all but one key in 50              verdict hollow
 *   refilled  hollow, then insert the erased keys again           verdict ok
 *   freed     hollow, then destroy the table                      verdict hollow, freed
 *   watched   grow, take a snapshot, then hollow                  verdict hollow
 *   unused    of a table that never grows: insert a 250th      verdict over-reserved
 * with keys that are ids (1..n), later ids (from a number on that is no power of two), ids with
 * gaps (seven of each ten), multiples of 48, random (64 bits) or pointers (to live heap objects).
 * It prints one TRUTH line (tests/layouts/check_truth.py says what may stand there), and ends with
 * status 0 only if the table itself kept its promises.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A function of its own, as that of another team would be. */
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noipa))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What the table itself knows about its state. */
struct shape {
    const void *address;   /* of the array of slots or buckets, as the allocator returned it */
    const void *others[2]; /* further arrays of the same table, or NULL */
    uint64_t capacity;
    uint64_t live;
    uint64_t tombstones;
};

struct private_table {
    uint64_t entries; /* how far it is grown */

    /* Erase leaves bytes of the entry, or a mark that is not the empty one: from memory alone a
     * reader cannot tell such a slot from a live one, so that it may miss the hollow table. */
    bool erase_leaves_bytes;

    /* A stranger sees bytes, not slots: how far off a capacity worked out from the bytes may be,
     * and a count of entries by as much more than an estimate may be anyway. */
    double capacity_tolerance;

    /* With keys 1..n an array indexed by id looks the same (identity hash): may be missed then. */
    bool ids_look_like_an_array;

    /* The old array is freed before its successor is allocated, which is filled from entries kept
     * elsewhere: the two never exist side by side, so growth leaves nothing to see. */
    bool frees_before_growing;

    /* It has its size from the beginning: where no snapshot saw it full, hollow is over-reserved.
     */
    bool never_grows;

    /* It grows, which is seen by chance only: hollow then, and over-reserved else. */
    bool may_be_seen_growing;

    /* Erased entries stay where they were, out of all lists: they show that it was fuller. */
    bool keeps_erased;

    /* Deleted slots keep a mark, which tells that they were in use. */
    bool leaves_tombstones;

    /* Destroying empties every bucket before the array is freed: its last reading says nothing. */
    bool destroy_empties;

    /* Its array is a part of something larger, where it is looked for only when it is nearly empty:
     * full it may go unmentioned. */
    bool is_within;

    /* Nothing counts its entries, and what its buckets hold does not show how many they are: a
     * report may say no number, and must not say a wrong one. */
    bool counts_nowhere;

    /* The known table that it lies in memory like, or NULL: a freed array, whose object is not to
     * be found any more, is called so. */
    const char *alike;

    /* The driver's own copy of the shape must not lie there at the snapshot: a count that the table
     * itself does not have would be found in it. */
    bool hides_shape;

    void *(*create)(void);
    void (*insert)(void *table, uint64_t key, uint64_t value);
    bool (*find)(void *table, uint64_t key, uint64_t *value);
    bool (*erase)(void *table, uint64_t key);
    void (*destroy)(void *table);
    struct shape (*shape)(const void *table);
    struct shape (*second_shape)(const void *table); /* of another table over the same entries */
};

/* No two keys are equal, none is 0 or above INT64_MAX: tables may take such values for marks. */
struct keys {
    enum { KEYS_IDS, KEYS_LATER, KEYS_GAPS, KEYS_MULTIPLES, KEYS_RANDOM, KEYS_POINTERS } kind;
    uint64_t count;
    uint64_t first; /* random keys: where in their sequence to begin, for tables that share none */
    void **objects; /* KEYS_POINTERS */
};

/* Exits with status 2 when there is no such kind. */
struct keys keys_new(const char *kind, uint64_t count);
uint64_t keys_at(const struct keys *keys, uint64_t index);
void keys_free(struct keys *keys);

/* The steps of a scenario, for programs that drive several tables at once. */
void table_fill(const struct private_table *kind, void *table, const struct keys *keys);
void table_hollow(const struct private_table *kind, void *table, const struct keys *keys);
void table_refill(const struct private_table *kind, void *table, const struct keys *keys);
void table_truth(const struct private_table *kind, const struct shape *shape, const char *verdict,
                 const char *snapshot, const struct keys *keys, bool freed);

/* The whole of main(). */
int run_scenario(int argc, char **argv, const struct private_table *kind);

/* For allocations: a fixture that is out of memory tests nothing. */
static inline void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

#ifdef __cplusplus
}
#endif

#endif
