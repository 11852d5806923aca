/*
 * libbpf's hashmap (also in the Linux tree: tools/lib/bpf, perf): chained, a power of two of
 * buckets. The object names the capacity and its logarithm; entries do not keep their hash, so its
 * counters and its chains are all the proof there is.
 */
#include "chained.h"

/* struct hashmap and struct hashmap_entry, src/hashmap.h */
struct hashmap {
    uint64_t hash_function, equal_function;
    uint64_t context;
    uint64_t buckets;
    uint64_t capacity, capacity_bits;
    uint64_t entries;
};
#define BUCKETS_OFFSET 24

#define ENTRY_NEXT  16
#define ENTRY_BYTES 24

#define CAPACITY_MIN 4u

/* hashmap_needs_to_grow() */
static bool must_grow(uint64_t entries, uint64_t capacity)
{
    return (entries + 1) * 4 / 3 > capacity;
}

static bool read_object(const struct layout_view *view, uint64_t address, const struct block *array,
                        struct chained_table *table)
{
    struct hashmap map;
    if (!layout_read(view, address, &map, sizeof(map)))
        return false;
    table->capacity = map.capacity;
    table->live = map.entries;
    return map.capacity == array->bytes / 8 &&
           map.capacity_bits == (uint64_t)__builtin_ctzll(array->bytes / 8) &&
           map.entries <= map.capacity &&
           (map.entries == 0 || !must_grow(map.entries - 1, map.capacity)) &&
           layout_is_pointer(map.hash_function, 1) && layout_is_pointer(map.equal_function, 1);
}

static const struct chained_layout chained = {
    .array_offset = BUCKETS_OFFSET,
    .entry_bytes = ENTRY_BYTES,
    .next_offset = ENTRY_NEXT,
    .read_object = read_object,
};

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    return is_power_of_two(block->bytes) && chained_recognise(view, block, 0, &chained, out);
}

/* hashmap_insert() grows before it inserts. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = CAPACITY_MIN;
    while (live > 0 && must_grow(live - 1, capacity) && capacity < 1ULL << 60)
        capacity *= 2;
    return capacity;
}

const struct layout layout_libbpf_hashmap = {
    .name = "libbpf hashmap",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 0.75,
    .load_after_growth = 0.375,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "hashmap__add() what is left to a hashmap__new(), hashmap__free() the old one",
    .source = "libbpf 1.1.2, src/hashmap.h and src/hashmap.c: hashmap_insert, hashmap_grow",
};
