/*
 * Recognising chained tables: see chained.h.
 */
#include "chained.h"

#include "buckets.h"
#include "object.h"
#include "words.h"

#define CHAIN_STEPS_MAX 64 /* of one chain that are walked */
#define FIRST_BUCKETS   64 /* are looked through for an entry that names the object */

struct search {
    const struct chained_layout *layout;
    const struct block *array;
    struct chained_table table;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    search->table = (struct chained_table){.object = address};
    return layout_is_pointer(address, 8) &&
           search->layout->read_object(view, address, search->array, &search->table) &&
           search->table.capacity >= CHAINED_BUCKETS_MIN &&
           search->table.capacity <= search->array->bytes / 8;
}

/* Adds the entries of one chain to *entries. A chain that goes on and on is taken for a bad hash
 * function's, and not counted to its end. */
static bool walk_chain(const struct layout_view *view, const struct search *search, uint64_t entry,
                       uint64_t bucket, uint64_t *entries)
{
    const struct chained_layout *layout = search->layout;
    for (unsigned step = 0; step < CHAIN_STEPS_MAX && entry != 0; step++) {
        unsigned char bytes[CHAINED_ENTRY_BYTES];
        if (!layout_is_pointer(entry, 8) || !layout_read(view, entry, bytes, layout->entry_bytes))
            return false;
        if (layout->entry_fits != NULL && !layout->entry_fits(&search->table, bytes, bucket))
            return false;
        ++*entries;
        entry = word_u64(bytes, layout->next_offset);
    }
    return true;
}

static bool entries_agree(const struct layout_view *view, const struct search *search,
                          const struct buckets *buckets)
{
    uint64_t live = search->table.live, walked = 0;
    if (buckets->occupied > live || (buckets->occupied == 0) != (live == 0))
        return false;
    for (uint32_t i = 0; i < buckets->sample.count; i++)
        if (!walk_chain(view, search, buckets->sample.addresses[i], buckets->sample.offsets[i] / 8,
                        &walked))
            return false;
    bool walked_all =
        buckets->sample.count == buckets->occupied && walked < (uint64_t)CHAIN_STEPS_MAX;
    return walked_all ? walked == live : walked <= live;
}

/* The object that the first entry names: at a growth nobody has looked for who points at the array.
 */
static uint64_t object_of_entry(const struct layout_view *view, struct search *search)
{
    const struct chained_layout *layout = search->layout;
    uint64_t buckets[FIRST_BUCKETS], object, array;
    if (layout->owner_offset == 0 ||
        !layout_read(view, search->array->address, buckets, sizeof(buckets)))
        return 0;
    unsigned first = 0;
    while (first < FIRST_BUCKETS && buckets[first] == 0)
        first++;
    if (first == FIRST_BUCKETS || !layout_is_pointer(buckets[first], 8) ||
        !layout_read(view, buckets[first] + layout->owner_offset, &object, sizeof(object)) ||
        !layout_read(view, object + layout->array_offset, &array, sizeof(array)) ||
        array != search->array->address || !object_fits(view, object, search))
        return 0;
    return object;
}

bool chained_recognise(struct layout_view *view, const struct block *block, uint64_t offset,
                       const struct chained_layout *layout, struct table_reading *out)
{
    struct buckets buckets = {.offset = offset};
    if (view->blocks == NULL || block->bytes < offset + CHAINED_BUCKETS_MIN * 8 ||
        !buckets_begin(view, &buckets))
        return false;
    const struct block array = {block->address + offset, block->bytes - offset};
    struct search search = {.layout = layout, .array = &array};
    if (object_of_entry(view, &search) == 0 &&
        layout_object(view, array.address, layout->array_offset, object_fits, &search) == 0)
        return false;
    const struct chained_table *table = &search.table;
    if (!buckets_count(view, array.address, table->capacity * 8, &buckets) ||
        !entries_agree(view, &search, &buckets))
        return false;

    out->header = table->object;
    out->capacity = table->capacity;
    out->live = table->live;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    /* Behind an allocator of the program's own, its entries are no blocks of malloc either. */
    if (offset == 0)
        entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}
