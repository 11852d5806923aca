/*
 * robin_hood::unordered_{flat,node}_{map,set}: slots first, then a byte for each that is 0 when it
 * is empty, then a 1 and seven zeros. There are up to 255 slots more than buckets, so that few
 * sizes fit; the object holds the address of the bytes, too, and counts entries and buckets.
 */
#include "empty_stretch.h"
#include "object.h"

#define CAPACITY_MIN   64
#define SENTINEL_BYTES 8
#define OVERFLOW_MAX   255 /* calcNumElementsWithBuffer() */
#define LOAD_PERCENT   80  /* MaxLoadFactor100, unless the type says otherwise */
#define LIVE_MIN       16  /* for a proof without the object */

/* detail::Table, from mKeyVals on. */
struct table {
    uint64_t slots, infos;
    uint64_t element_count;
    uint64_t mask;
    uint64_t
        most; /* mMaxNumElementsAllowed, 0 when the bytes have no room for distances any more */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t slots_of(uint64_t capacity)
{
    return capacity + smaller(capacity * LOAD_PERCENT / 100, OVERFLOW_MAX);
}

struct infos {
    uint64_t live;
    uint64_t empty_limit; /* where to give up on bytes that show nothing */
};

static bool count_infos(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct infos *infos = context;
    for (size_t i = 0; i < bytes; i++)
        infos->live += piece[i] != 0;
    return infos->live != 0 || offset < infos->empty_limit;
}

static bool ends_with_sentinel(const struct layout_view *view, const struct block *block)
{
    uint64_t sentinel;
    return block->bytes > SENTINEL_BYTES &&
           layout_read_u64(view, block->address + block->bytes - SENTINEL_BYTES, &sentinel) &&
           sentinel == 1;
}

struct search {
    const struct block *block;
    struct table table;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    if (!layout_read(view, address, table, sizeof(*table)) ||
        table->slots != search->block->address || table->infos <= table->slots ||
        table->infos - table->slots >= search->block->bytes)
        return false;
    uint64_t capacity = table->mask + 1;
    uint64_t slots = search->block->bytes - SENTINEL_BYTES - (table->infos - table->slots);
    return is_power_of_two(capacity) && capacity >= CAPACITY_MIN && slots > capacity &&
           (table->infos - table->slots) % slots == 0 && table->element_count <= slots &&
           (table->most == 0 ? slots - capacity <= OVERFLOW_MAX
                             : slots - capacity == smaller(table->most, OVERFLOW_MAX));
}

static bool fill(const struct layout_view *view, const struct block *block, uint64_t capacity,
                 uint64_t slots, uint64_t empty_limit, struct table_reading *out)
{
    uint64_t slot_bytes = (block->bytes - SENTINEL_BYTES) / slots;
    struct infos infos = {.empty_limit = empty_limit};
    if (!layout_scan(view, block->address + slots * (slot_bytes - 1), slots, 1, count_infos,
                     &infos) ||
        infos.live > capacity)
        return false;
    out->capacity = capacity;
    out->live = infos.live;
    out->slot_bytes = slot_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* An array that is freed for a bigger one, or that bigger one: by the size and the bytes alone, at
 * the default load factor. What fits a capacity hardly ever fits another. Later the old array of a
 * node map lies there without an object: its nodes are taken from it. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 struct table_reading *out)
{
    uint64_t most = next_power_of_two(block->bytes / 2);
    for (uint64_t capacity = most; view->is_hurried && capacity >= CAPACITY_MIN; capacity /= 2) {
        uint64_t slots = slots_of(capacity);
        if ((block->bytes - SENTINEL_BYTES) % slots != 0 ||
            (block->bytes - SENTINEL_BYTES) / slots < 2 ||
            !fill(view, block, capacity, slots, EMPTY_STRETCH_BYTES, out))
            continue;
        out->confidence_ppm = 990000;
        return out->live >= LIVE_MIN && out->live <= capacity * LOAD_PERCENT / 100;
    }
    return false;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    if (block->bytes < CAPACITY_MIN * 2 || !ends_with_sentinel(view, block))
        return false;
    uint64_t address;
    unsigned nth = 0;
    while ((address = layout_next_object(view, block->address, 0, &nth, table_fits, &search)) !=
           0) {
        uint64_t slots = block->bytes - SENTINEL_BYTES - (search.table.infos - search.table.slots);
        if (!fill(view, block, search.table.mask + 1, slots, UINT64_MAX, out) ||
            out->live != search.table.element_count)
            continue; /* a copy from before */
        out->header = address;
        out->known |= DUMP_KNOWN_HEADER;
        out->confidence_ppm = 1000000;
        return true;
    }
    return recognise_in_a_hurry(view, block, out);
}

/* rehash(0) */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 8; /* InitialNumElements */
    while (capacity < 1ULL << 50 && capacity * LOAD_PERCENT / 100 < live)
        capacity *= 2;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    return slots_of(capacity) * now->slot_bytes + SENTINEL_BYTES;
}

const struct layout layout_robin_hood = {
    .name = "robin_hood::unordered_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.8,
    .load_after_growth = 0.4,
    .marks_bytes = 1,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .source = "robin_hood 3.11, robin_hood.h: Table, calcNumBytesTotal, calcNumElementsWithBuffer",
};
