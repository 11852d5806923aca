/*
 * The sorted copy of the live arrays: see live_arrays.h. Takes one shard's lock at a time while
 * copying; later calls touch only the copy.
 */
#include "live_arrays.h"

#include "pointer_scan.h"
#include "sort.h"

#define NEIGHBOURS 8 /* on either side */

static bool find(const struct block_index *index, uint64_t address, struct block *out)
{
    const struct live_array *array = live_arrays_at((const struct live_arrays *)index, address);
    if (!array)
        return false;
    *out = (struct block){.address = address, .bytes = array->record.bytes};
    return true;
}

static inline bool lower_address(struct live_array a, struct live_array b, void *context)
{
    (void)context;
    return a.record.address < b.record.address;
}

static inline bool born_earlier(uint32_t a, uint32_t b, void *context)
{
    const struct array_record *first = &((const struct live_array *)context)[a].record;
    const struct array_record *second = &((const struct live_array *)context)[b].record;
    if (first->thread != second->thread)
        return first->thread < second->thread;
    return first->sequence < second->sequence;
}

DEFINE_SORT(sort_by_address, struct live_array, lower_address)
DEFINE_SORT(sort_by_birth, uint32_t, born_earlier)

static bool make_order(struct live_arrays *arrays)
{
    if (arrays->order.used > 0)
        return true;
    if (!buffer_reserve(&arrays->order, arrays->count * sizeof(uint32_t)))
        return false;
    uint32_t *order = (uint32_t *)arrays->order.memory;
    for (uint32_t i = 0; i < arrays->count; i++)
        order[i] = i;
    sort_by_birth(order, arrays->count, arrays->arrays);
    arrays->order.used = arrays->count * sizeof(uint32_t);
    return true;
}

/* Where the array stands in the order of birth. */
static uint32_t position_in_order(const struct live_arrays *arrays, uint32_t array)
{
    const uint32_t *order = (const uint32_t *)arrays->order.memory;
    uint32_t low = 0, high = arrays->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (born_earlier(order[middle], array, arrays->arrays))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void neighbours(const struct block_index *index, uint64_t address,
                       bool (*visit)(const struct block *neighbour, void *context), void *context)
{
    struct live_arrays *arrays = (struct live_arrays *)index;
    const struct live_array *array = live_arrays_at(arrays, address);
    if (!array || !make_order(arrays))
        return;
    const uint32_t *order = (const uint32_t *)arrays->order.memory;
    int64_t position = position_in_order(arrays, (uint32_t)(array - arrays->arrays));
    for (int64_t distance = 1; distance <= NEIGHBOURS; distance++) {
        for (int side = -1; side <= 1; side += 2) {
            int64_t at = position + side * distance;
            if (at < 0 || at >= arrays->count)
                continue;
            const struct array_record *near = &arrays->arrays[order[at]].record;
            struct block block = {.address = near->address, .bytes = near->bytes};
            if (near->thread == array->record.thread && !visit(&block, context))
                return;
        }
    }
}

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct live_arrays *arrays = (const struct live_arrays *)index;
    return arrays->pointers ? pointer_scan_find(arrays->pointers, arrays, address, nth) : 0;
}

bool live_arrays_collect(struct live_arrays *arrays, struct registry *registry)
{
    bool complete = true;
    arrays->blocks =
        (struct block_index){.find = find, .neighbours = neighbours, .pointer_to = pointer_to};
    for (uint32_t s = 0; s < REGISTRY_SHARDS; s++) {
        struct shard *shard = &registry->shards[s];
        if (!lock_take(&shard->lock)) {
            counter_add(&registry->counters, COUNTER_LOCKS_TIMED_OUT);
            complete = false;
            continue;
        }
        uint32_t left = shard->slots.used;
        for (uint32_t at = 0; at < shard->slots.capacity && left > 0; at++) {
            uint32_t index = shard->slots.table[at].index;
            left -= index != 0;
            if (!pool_has(&registry->arrays, index))
                continue;
            struct live_array copy = {.record =
                                          *(struct array_record *)pool_at(&registry->arrays, index),
                                      .index = index,
                                      .table = DUMP_NONE};
            complete = buffer_append(&arrays->buffer, &copy, sizeof(copy)) != SIZE_MAX && complete;
        }
        lock_release(&shard->lock);
    }
    arrays->arrays = (struct live_array *)arrays->buffer.memory;
    arrays->count = (uint32_t)(arrays->buffer.used / sizeof(struct live_array));
    sort_by_address(arrays->arrays, arrays->count, NULL);
    return complete;
}

struct live_array *live_arrays_before(const struct live_arrays *arrays, uint64_t address)
{
    uint32_t low = 0, high = arrays->count; /* the first that begins behind the address */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (arrays->arrays[middle].record.address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &arrays->arrays[low - 1];
}

struct live_array *live_arrays_around(const struct live_arrays *arrays, uint64_t address)
{
    struct live_array *array = live_arrays_before(arrays, address);
    if (!array)
        return NULL;
    uint64_t offset = address - array->record.address;
    return offset == 0 || offset < array->record.bytes ? array : NULL;
}

struct live_array *live_arrays_at(const struct live_arrays *arrays, uint64_t address)
{
    struct live_array *array = live_arrays_around(arrays, address);
    return array && array->record.address == address ? array : NULL;
}

struct live_array *live_arrays_unclaimed_at(const struct live_arrays *arrays, uint64_t address,
                                            struct live_array *const *these, uint32_t count)
{
    struct live_array *array = live_arrays_at(arrays, address);
    if (!array || array->table != DUMP_NONE || array->record.table != 0)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (these[i] == array)
            return NULL;
    return array;
}

void live_arrays_free(struct live_arrays *arrays)
{
    buffer_free(&arrays->order);
    buffer_free(&arrays->buffer);
}
