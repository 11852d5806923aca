/*
 * The reading of a table that is cleared: see growth_cleared.h.
 *
 * Only tables that were seen growing are read, and each no more often than its program would notice
 * beside what it does with it: one that is cleared for every request is not read each time.
 */
#include "growth_cleared.h"

#include "growth_last_reading.h"
#include "growth_moved_small.h"
#include "header_search.h"
#include "layouts/words.h"
#include "scratch.h"
#include "tables.h"

/* Reading an array takes about as long as filling it, 0.2 ms a MiB: a fiftieth of the time from
 * one reading to the next, if that is a millisecond for so many bytes. */
#define BYTES_A_MS (100u * 1024)

#define OBJECT_BYTES 64u /* of an object, from its beginning on: a std::unordered_map has 56 */
#define NOWHERE      UINT32_MAX

/* Where in the table's object its words stand. */
struct object_shape {
    const struct registry *registry;
    const struct layout_view *view;
    const struct block *array;
    uint64_t header;
    uint64_t capacity, live;
    uint32_t pointer_at, capacity_at, live_at;
    unsigned char bytes[OBJECT_BYTES];
    bool is_met; /* an object like it that holds as many entries elsewhere, in no more slots */
};

static bool learn_shape(struct object_shape *shape)
{
    shape->pointer_at = shape->capacity_at = shape->live_at = NOWHERE;
    if (shape->header == 0 || !layout_read(shape->view, shape->header, shape->bytes, OBJECT_BYTES))
        return false;
    for (uint32_t at = OBJECT_BYTES; at >= 8; at -= 8) {
        uint64_t word = word_u64(shape->bytes, at - 8);
        if (word == shape->array->address)
            shape->pointer_at = at - 8;
        if (word == shape->capacity)
            shape->capacity_at = at - 8;
        if (word == shape->live)
            shape->live_at = at - 8;
    }
    return shape->pointer_at != NOWHERE && shape->capacity_at != NOWHERE &&
           shape->live_at != NOWHERE;
}

/* Whether something else is the same in both, as the largest load factor of two maps is. Without it
 * a module's dynamic section was such an object of 10 entries. */
static bool is_alike(const struct object_shape *shape, const unsigned char *object)
{
    for (uint32_t at = 0; at < OBJECT_BYTES; at += 8)
        if (at != shape->pointer_at && at != shape->capacity_at && at != shape->live_at &&
            word_u64(object, at) != 0 && word_u64(object, at) == word_u64(shape->bytes, at))
            return true;
    return false;
}

static bool is_smaller_one(const struct object_shape *shape, uint64_t address,
                           const unsigned char *object)
{
    uint64_t array = word_u64(object, shape->pointer_at), first_word;
    uint64_t capacity = word_u64(object, shape->capacity_at);
    return word_u64(object, shape->live_at) == shape->live && layout_is_pointer(array, 8) &&
           !block_has(shape->array, array) && capacity > 0 && capacity <= shape->capacity &&
           is_alike(shape, object) && address != shape->header &&
           !header_search_is_own(shape->registry, address) &&
           layout_read_u64(shape->view, array, &first_word);
}

static bool meet(uint64_t address, const unsigned char *bytes, size_t size, void *context)
{
    struct object_shape *shape = context;
    for (size_t at = -address % 8; !shape->is_met && at + OBJECT_BYTES <= size; at += 8)
        shape->is_met = is_smaller_one(shape, address + at, bytes + at);
    return shape->is_met;
}

/* Whether the entries are in another table of the kind by now: `map(map).swap(map)` destroys the
 * large array of what it has just made small. */
static bool was_rebuilt(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, const struct last_reading *last)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    struct object_shape shape = {.registry = registry,
                                 .view = &scratch->view,
                                 .array = &block,
                                 .header = last->reading.header,
                                 .capacity = last->reading.capacity,
                                 .live = last->reading.live};
    if (learn_shape(&shape))
        header_search_memory(registry, scratch, &block, array->site, meet, &shape);
    return shape.is_met ||
           growth_moved_small(registry, scratch, array, last->layout, &last->reading);
}

static bool is_due(const struct registry *registry, const struct table_record *record,
                   const struct array_record *array)
{
    return record->cleared_sequence != (uint32_t)array->sequence ||
           registry_now(registry) >= record->cleared_ms + array->bytes / BYTES_A_MS;
}

void growth_clearing(struct registry *registry, const struct array_record *array, uint64_t bytes)
{
    uint32_t table = tables_resolve(registry, array->table);
    struct table_record record;
    struct last_reading last = {.read = DUMP_READ_NONE};
    if (bytes < array->bytes / 2 || array->bytes < GROWTH_CLEARED_LEAST || table == 0 ||
        !tables_get(registry, table, &record) || record.flags & TABLE_FREED)
        return;
    struct scratch *scratch = is_due(registry, &record, array) ? scratch_take() : NULL;
    if (scratch) {
        scratch_rely_on(scratch, array, true);
        growth_read_last(registry, scratch, array, table, MOMENT_CLEARED, &record, &last);
        if (last.read != DUMP_READ_NONE && growth_was_hollow(&last.reading, array->bytes) &&
            was_rebuilt(registry, scratch, array, &last))
            last.read = DUMP_READ_NONE;
        scratch_return(scratch);
    }
    tables_set_cleared(registry, table, array, &last.reading,
                       last.layout ? tables_layout_number(last.layout) : record.layout, last.read);
}
