/*
 * LLVM's StringMap and StringSet: a power of two of pointers to entries, one pointer more that is 2
 * and ends the iteration, and behind them the 32-bit hash of each. The size, the 2 and the object
 * whose counters agree prove it; where no object is found, hashes that lead to their slots do.
 */
#include "buckets.h"
#include "object.h"

#define SLOTS_MIN  64
#define SLOT_BYTES 12 /* StringMapImpl::init(): calloc(slots + 1, a pointer and a hash) */
#define SENTINEL   2
#define TOMBSTONE  (UINT64_MAX << 3) /* StringMapImpl::getTombstoneVal() */

/* Slots whose hashes are looked at when no object is found, and how many must have been in use. */
#define PLACES   32
#define PLACE    16
#define USED_MIN 8

/* class StringMapImpl, llvm/ADT/StringMap.h. */
struct string_map {
    uint64_t entries;
    uint32_t slots, live, tombstones;
};

struct search {
    const struct buckets *buckets;
    uint64_t slots;
};

static bool map_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct search *search = context;
    struct string_map map;
    return layout_read(view, address, &map, sizeof(map)) && map.slots == search->slots &&
           map.live == search->buckets->occupied && map.tombstones == search->buckets->marked[0];
}

/* Half of the slots in use at least are where their hash says, those of erased entries included; a
 * slot that was never used has none. */
static bool hashes_lead_to_slots(const struct layout_view *view, const struct block *block,
                                 uint64_t slots)
{
    uint32_t used = 0, at_home = 0;
    for (uint64_t first = 0; first < slots; first += slots / PLACES) {
        uint64_t words[PLACE];
        uint32_t hashes[PLACE];
        unsigned count = slots / PLACES < PLACE ? (unsigned)(slots / PLACES) : PLACE;
        if (!layout_read(view, block->address + 8 * first, words, 8 * count) ||
            !layout_read(view, block->address + 8 * (slots + 1) + 4 * first, hashes, 4 * count))
            return false;
        for (unsigned i = 0; i < count; i++) {
            if (words[i] == 0 && hashes[i] != 0)
                return false;
            used += words[i] != 0;
            at_home += words[i] != 0 && (hashes[i] & (slots - 1)) == first + i;
        }
    }
    return used >= USED_MIN && at_home * 2 >= used;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t slots = block->bytes / SLOT_BYTES - 1, sentinel;
    struct buckets buckets = {.marks = {TOMBSTONE}};
    if (block->bytes % SLOT_BYTES != 0 || slots < SLOTS_MIN || !is_power_of_two(slots) ||
        slots > UINT32_MAX || !buckets_begin(view, &buckets) ||
        !layout_read_u64(view, block->address + 8 * slots, &sentinel) || sentinel != SENTINEL ||
        !buckets_count(view, block->address, 8 * slots, &buckets))
        return false;
    struct search search = {.buckets = &buckets, .slots = slots};
    uint64_t object = layout_object(view, block->address, 0, map_fits, &search);
    if (object == 0 && !hashes_lead_to_slots(view, block, slots))
        return false;

    out->header = object;
    out->capacity = slots;
    out->live = buckets.occupied;
    out->tombstones = buckets.marked[0];
    out->slot_bytes = SLOT_BYTES;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (object != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = object != 0 ? 1000000 : 980000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

/* Filled anew: StringMapImpl::init() makes 16, and RehashTable() doubles them when more than three
 * quarters are in use. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = live == 0 ? 0 : 16;
    while (live > capacity / 4 * 3)
        capacity *= 2;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity == 0 ? 0 : (capacity + 1) * SLOT_BYTES;
}

const struct layout layout_llvm_string_map = {
    .name = "LLVM StringMap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    .load_after_growth = 0.375,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks, leaves tombstones",
    .recreate = "decltype(m) fresh; for (auto &entry : m) "
                "fresh.try_emplace(entry.getKey(), std::move(entry.getValue())); "
                "m = std::move(fresh);",
    .source = "LLVM 14.0.6, llvm/ADT/StringMap.h and lib/Support/StringMap.cpp: StringMapImpl",
};
