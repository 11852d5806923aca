/*
 * What the tracker knows, in one place: live arrays, call stacks, tables and their growths.
 * A newcomer starts here.
 *
 * - array: one live block of at least `threshold` bytes, found by its address. Arrays are spread
 *   over shards, each a small hash table of (address -> record) under a lock of its own.
 * - site: one distinct call stack; equal stacks share it.
 * - table: one hash table over all the arrays it ever had. Only growth makes tables (growth.h); one
 *   that never grew is found at a snapshot by its layout.
 * - growth: one array of a table replaced by another.
 * - reading: what a table held at one moment.
 *
 * Everything is a fixed-size record in a pool (pool.h), named by index, 0 meaning none. Nothing in
 * here is a pointer except the chunks of the pools and the shards' slots, so that another process
 * can copy it and read it (hashtrack snapshot PID). Sizes are bytes as requested, times
 * milliseconds since tracking began. Locks and their ranks: lock.h.
 */
#ifndef HASHTRACK_REGISTRY_H
#define HASHTRACK_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "learnt.h"
#include "lock.h"
#include "look_rate.h"
#include "pool.h"
#include "settings.h"
#include "slots.h"

#define REGISTRY_SHARDS       64u
#define REGISTRY_FIRST_SLOTS  64u /* of a shard; a small program touches few pages then */
#define FINGERPRINT_WORDS     128u
#define FINGERPRINT_BYTES     (16u + FINGERPRINT_WORDS * 16u)
#define REGISTRY_CALLERS      2048u
#define REGISTRY_EXPECTATIONS 64u
#define REGISTRY_FREED_LISTS  64u
#define REGISTRY_BATCH        64u /* recycled records that go from shard to shard */
#define REGISTRY_MAGIC        "hshreg1\n"
#define REGISTRY_VERSION      9u

/* Bits of array_record.flags. */
#define ARRAY_MAPPED     (1u << 0) /* from mmap, not malloc */
#define ARRAY_REALLOCED  (1u << 1) /* got its present size by realloc */
#define ARRAY_CONTINUES  (1u << 2) /* its fingerprint is of an array that was freed just before */
#define ARRAY_SUCCESSOR  (1u << 3) /* a table's array of before was replaced by this one */
#define ARRAY_TOOK_PLACE (1u << 4) /* it came after the one was freed whose place it takes */
#define ARRAY_WAS_BLANK  (1u << 5) /* and nothing had been put in it yet by then */
#define ARRAY_ANOTHERS   (1u << 6) /* it was to continue one table and became another's */
#define ARRAY_WAS_COPY   (1u << 7) /* or nothing but a copy of what the old one held */
#define ARRAY_FLAGS      8         /* how many: a bit that does not fit would be lost in silence */

struct array_record {
    uint64_t address;
    uint64_t bytes;
    uint64_t sequence; /* order of allocation over all threads, from 1; 0: the record is unused */
    uint64_t born_ms;
    uint32_t site;
    uint32_t thread : 32 - ARRAY_FLAGS; /* who allocated it; thread numbers start at 1 */
    uint32_t flags : ARRAY_FLAGS;
    uint32_t table;       /* the table it belongs to */
    uint32_t fingerprint; /* of its contents just before realloc made it bigger */
    uint32_t successor;   /* array that was allocated while this one was fingerprinted (growth.c) */
    uint32_t successor_sequence; /* low half: whether that array is still the same one */
    uint32_t next_free;
    uint32_t frame_top; /* return address of the allocator's caller, low half */
};

_Static_assert(sizeof(struct array_record) == 64, "a record is one cache line");

/* Whose history tells whether a look at the array is worth it: that of the call stack which
 * allocated it. An allocator of the program's own maps its pools on behalf of everybody: CPython's
 * of 1 MiB came from a dozen lines, and none was looked at so often in vain that looks became
 * rarer. What grows is of another size each time. */
static inline uint32_t array_look_place(const struct array_record *array)
{
    return array->flags & ARRAY_MAPPED ? array->frame_top ^ (uint32_t)(array->bytes >> 12)
                                       : array->site;
}

struct site_record {
    uint64_t hash;
    uint32_t first_frame; /* into frames */
    uint32_t frame_count;
    uint64_t grown_bytes; /* the largest array that a table grew into here; 0 when none did */
};

/* Keys, values, states and one more, old and new while it grows. */
#define TABLE_MAX_ARRAYS 8

struct table_array {
    uint32_t index; /* into arrays; 0 when the slot is unused */
    uint32_t sequence;
};

/* Bits of table_record.flags. */
#define TABLE_FREED    (1u << 0)
#define TABLE_UNUSED   (1u << 1) /* recycled: the record holds nothing */
#define TABLE_LARGER   (1u << 2) /* it had more arrays at once than the record has room for */
#define TABLE_DOUBTFUL (1u << 3) /* it may be no table (early_growth.h): not in any dump */
#define TABLE_COUNTED  (1u << 4) /* its own object counted the entries at a growth */
#define TABLE_BY_STEPS (1u << 5) /* it moves its entries while it goes on growing */
#define TABLE_READ_BEFORE                                                                          \
    (1u << 7) /* what it held when it was freed is not known, only what a snapshot saw before */
#define TABLE_MISREAD (1u << 6) /* in a snapshot's copy: what growths counted were no slots */

/* Tables beside it that it was told from by what stands in their arrays: the last ones. */
#define TABLE_MOST_APART 4

struct table_record {
    uint64_t number; /* order in which tables were seen, from 1 */
    uint64_t birth_ms;
    uint64_t last_growth_ms;
    uint32_t birth_site;
    uint32_t growth_site;
    uint32_t growths;
    uint32_t flags;
    uint32_t scattered;         /* growths at which what an array held was seen scattered */
    uint32_t copied;            /* and at which it was where it had been */
    uint64_t scattered_bytes;   /* of the largest array that was scattered */
    uint64_t last_growth_clock; /* sequence of the youngest array when it grew last */
    uint64_t outgrown;          /* sequence of the array that was replaced then */
    uint32_t last_growth;       /* into growths, chained by growth_record.previous */
    uint32_t last_reading;
    uint32_t merged_into; /* this table turned out to be a part of that one */
    uint32_t layout;      /* index into all_layouts plus 1 as last recognised; 0 unknown */
    uint32_t vouched;     /* likewise, of the layout that its growths looked like, */
    uint32_t vouches;     /* so many in a row */
    uint32_t merged;      /* head of the list of tables merged into this one */
    uint32_t next_free;   /* in that list, or in the list of unused records */
    uint64_t peak_bytes;
    uint64_t peak_live;
    uint64_t peak_estimated; /* by a growth at which no layout recognised it */
    struct table_array arrays[TABLE_MAX_ARRAYS];
    uint64_t apart[TABLE_MOST_APART]; /* numbers of tables; 0: none */
    struct slot_profile profile;
    struct header_profile header;
    struct scale_profile scale;
    struct bucket_shape buckets;
    struct flag_regions regions;
    /* The last reading before its arrays were freed; before that, when that one was cleared. */
    uint64_t freed_address;
    uint64_t freed_bytes;
    uint64_t freed_capacity;
    uint64_t freed_live;
    uint64_t freed_live_error;
    uint64_t freed_tombstones;
    uint64_t freed_slot_bytes;
    uint64_t freed_value_bytes;
    uint64_t freed_resident_bytes;
    uint64_t freed_ms;
    uint64_t freed_sequence; /* of the youngest array then */
    uint32_t freed_known;
    uint32_t freed_read; /* enum dump_read */
    uint32_t freed_confidence_ppm;
    uint32_t freed_growth_load_ppm;
    uint32_t freed_site;       /* of its array */
    uint32_t cleared_sequence; /* of the array that was cleared, low half; 0: none was */
    uint64_t cleared_ms;
};

struct growth_record {
    uint64_t from_bytes;
    uint64_t to_bytes;
    uint64_t live; /* entries, where they could be counted */
    uint64_t at_ms;
    uint32_t site;
    uint32_t occupied_ppm;
    uint32_t moved_ppm;
    uint32_t previous; /* growth of the same table before this one */
    bool is_estimate;  /* `live` was counted without a layout */
};

struct reading_record {
    uint64_t capacity;
    uint64_t live;
    uint64_t at_ms;
    uint32_t previous;
};

/* A module that dlclose took away (unloaded.h). */
struct unloaded_module {
    uint64_t start, end, bias; /* as of struct dump_module */
    uint32_t sites;            /* call stacks with a lower number were read before */
    char build_id[68];         /* empty: unknown */
    char path[424];            /* likewise */
};

/* An array that a thread freed and that its next one may replace (growth_expected.h). */
struct expectation {
    struct lock lock;
    uint32_t fingerprint; /* 0: nothing is expected */
    uint32_t waited;      /* arrays of this thread since */
    struct array_record freed;
    bool is_of_numbers; /* small ones: many arrays hold the same */
    uint32_t state;     /* flags of the array that will take its place */
    /* The array that took the place of one freed before, and has not been seen filled yet. */
    uint32_t thread;          /* whose */
    _Atomic uint32_t filling; /* its index; 0: there is none */
    uint32_t filling_sequence;
    uint32_t looks; /* at it */
} __attribute__((aligned(64)));

/* The last arrays that a thread freed (growth_together.h). Another thread may share the place: then
 * both know less. */
struct freed_list {
    _Atomic uint32_t thread;
    _Atomic uint32_t count;
    struct freed_array {
        _Atomic uint32_t clock; /* sequence of the youngest array then, low half */
        _Atomic uint32_t bytes; /* at most 4 GiB */
    } last[8];                  /* of a growth of four arrays, and of the one before */
} __attribute__((aligned(64)));

struct shard {
    struct lock lock;
    uint32_t free_record; /* head of the list of recycled array records */
    uint32_t free_count;  /* in that list */
    uint32_t free_batch;  /* head of a list of REGISTRY_BATCH more */
    struct slots slots;
} __attribute__((aligned(64)));

struct registry {
    char magic[8]; /* REGISTRY_MAGIC once tracking began: what a process from outside looks for */
    uint32_t version;
    uint32_t struct_bytes;
    uint32_t pid;   /* the process this registry describes; another one after _Fork or clone */
    uint32_t flags; /* DUMP_INFO_* */
    uint32_t is_glibc_heap;
    char allocator[256]; /* path of the module whose malloc serves the program */
    char unwinder[16];
    uint64_t start_ms; /* CLOCK_MONOTONIC, milliseconds */
    uint64_t start_realtime_ns;
    struct settings settings;
    struct counters counters;
    /* default_suppressions.h: the text in a mapping of its own, NULL when the program has none. */
    char *_Atomic suppressions;
    bool suppressions_cut;

    /* All threads write to these at each block: one cache line goes to and fro between processors,
     * and nothing lies on it that is only read. */
    struct {
        _Atomic uint64_t tracked_bytes;
        _Atomic uint64_t peak_tracked_bytes;
        _Atomic uint64_t next_sequence;
    } __attribute__((aligned(64)));
    _Atomic uint32_t next_thread __attribute__((aligned(64)));
    _Atomic uint32_t snapshots;            /* taken by name so far */
    _Atomic uint32_t lock_failures;        /* other than those during a fork, which end with it */
    _Atomic uint64_t last_lock_failure_ms; /* CLOCK_MONOTONIC; before long, those are forgotten */

    _Atomic uint32_t forks; /* threads between registry_lock_all and registry_unlock_all */
    struct lock snapshot_lock;
    struct lock tables_lock; /* tables, growths, readings and their pools */
    struct lock sites_lock;  /* sites, frames, unloaded modules, places in scripts */
    struct lock pool_lock;   /* the arrays' pool and free_batches */
    struct slots site_slots;
    struct slots script_slots;
    uint32_t free_batches; /* of the arrays' records: head of a list by array_record.successor */
    uint32_t free_table;   /* heads of the lists of recycled records, under tables_lock */
    uint32_t free_growth;
    uint32_t free_reading;
    uint32_t next_forgotten; /* where tables.c goes on to look for one that was freed */
    _Atomic uint32_t next_fingerprint;
    /* The last array that each allocating function got in each size: where an array that is
     * replaced step by step is found when the bigger one is allocated. Hints, overwritten at will.
     */
    struct table_array by_caller[REGISTRY_CALLERS] __attribute__((aligned(64)));
    struct expectation expectations[REGISTRY_EXPECTATIONS]; /* by thread */
    struct freed_list freed[REGISTRY_FREED_LISTS];          /* by thread */
    struct look_rate death_looks[LOOK_PLACES]; /* of an array that dies or is resized */
    struct look_rate birth_looks[LOOK_PLACES]; /* by the allocator's caller */
    _Atomic uint32_t small_looks;              /* at small arrays, of all places */
    _Atomic uint32_t small_studies;            /* small_studies.h */

    struct pool arrays __attribute__((aligned(64)));
    struct pool sites;
    struct pool frames; /* uint64_t return addresses */
    struct pool tables;
    struct pool growths;
    struct pool readings;
    struct pool fingerprints;
    struct pool unloaded; /* in order of time */
    struct pool scripts;  /* script_places.h */

    struct shard shards[REGISTRY_SHARDS];
};

/* The one of this process. Exported, so that `hashtrack snapshot` finds it by name. */
extern struct registry hashtrack_registry;

/* Sets the pools' sizes and starts the clock. Before this nothing below may be called. */
void registry_start(struct registry *registry);

/* Milliseconds since tracking began. */
uint64_t registry_now(const struct registry *registry);

/* Before the first array: libc's own clock_gettime, which needs no system call (5 ns for the coarse
 * clock, 18 for the fine one). The one that a call by name finds may be
 * the program's (trap 55). */
void registry_use_clock(int (*function)(clockid_t, struct timespec *));

/* Live arrays. */
uint64_t registry_blocks(const struct registry *registry);

/* Fetches what registry_insert will write to, while the caller finds out the rest about the array:
 * each place is away from the processor's caches where many arrays are live. No lock: a hint. */
void registry_fetch(const struct registry *registry, uint64_t address);

/* Adds a live array. Returns its index, or 0 when it was dropped (counted). If the address was
 * known already its free was missed (counted) and the old record is taken over. */
uint32_t registry_insert(struct registry *registry, const struct array_record *array);

/* Takes the array at `address` out and copies its record. False when no such array is tracked. */
bool registry_remove(struct registry *registry, uint64_t address, struct array_record *out);

/* The same, but for an array that has a fingerprint, which stays until it was looked at. Returns
 * the index of the array, 0 when no such one is tracked. */
uint32_t registry_remove_plain(struct registry *registry, uint64_t address,
                               struct array_record *out);

/* Copies the record of the live array at `address`; its index or 0. */
uint32_t registry_find(struct registry *registry, uint64_t address, struct array_record *out);

/* Copies the record `index` when it still is the array with that sequence (its low half). */
bool registry_get(struct registry *registry, uint32_t index, uint32_t sequence,
                  struct array_record *out);

/* Changes fields of a live array under its lock: apply(record, context) when the sequence matches.
 */
bool registry_update(struct registry *registry, uint32_t index, uint32_t sequence,
                     void (*apply)(struct array_record *, void *), void *context);

/* The site of a call stack, innermost return address first; 0 when there is none or no room. */
uint32_t registry_site(struct registry *registry, void *const *frames, uint32_t count);

/* Whether two arrays were allocated by the same call of the same function: equal stacks but for one
 * return address near the top, for the function calls malloc, or a helper that does, once for each.
 */
bool registry_same_caller(const struct registry *registry, uint32_t a, uint32_t b);

/* Whether the two innermost return addresses are the same: the first alone is operator new's, for
 * all of C++. */
bool registry_same_inner(const struct registry *registry, uint32_t a, uint32_t b);

#define REGISTRY_POOLS 9u
static inline void registry_pools(const struct registry *registry,
                                  const struct pool *list[REGISTRY_POOLS])
{
    const struct pool *const pools[REGISTRY_POOLS] = {
        &registry->arrays,       &registry->sites,    &registry->frames,
        &registry->tables,       &registry->growths,  &registry->readings,
        &registry->fingerprints, &registry->unloaded, &registry->scripts};
    for (unsigned i = 0; i < REGISTRY_POOLS; i++)
        list[i] = pools[i];
}

/* Whether the address lies in the registry or in one of its records. */
bool registry_holds(const struct registry *registry, uint64_t address);

/* Counts a lock that was not to be had. Too many of them mean that its holder is gone. */
void registry_lock_failed(struct registry *registry);

/* Before fork: takes every lock, so that no record is half-written in the child's copy. False when
 * one could not be had: then none is held, and the child must not track. After it the parent
 * releases them; the child, whose other threads are gone, makes every lock free. */
bool registry_lock_all(struct registry *registry);
void registry_unlock_all(struct registry *registry);
void registry_reset_locks(struct registry *registry);

#endif
