/*
 * Finding the object of a table that moves its entries step by step: see stepwise.h.
 */
#include "stepwise.h"

#include "object.h"

struct search {
    const struct stepwise_format *format;
    const struct block *block;
    struct stepwise *table;
    unsigned which;
};

/* Servers let a table grow beyond one entry a bucket only while a child saves it. */
#define LOAD_MAX 16

/* Much of what a table in the middle of a rehash says may be any small number: a page of gcc's
 * collector passed for a Redis dict with 2^37 buckets. So the other array must be a block of its
 * size, unless it is the smaller one and perhaps not tracked, and neither may be overfull. */
static bool arrays_fit(const struct layout_view *view, const struct search *search)
{
    const struct stepwise *table = search->table;
    unsigned other = 1 - search->which;
    struct block block;
    for (unsigned i = 0; i < 2; i++)
        if (table->used[i] / LOAD_MAX > table->buckets[i])
            return false;
    if (!table->is_rehashing)
        return true;
    uint64_t bytes = table->buckets[other] * search->format->bucket_bytes;
    return view->blocks->find(view->blocks, table->arrays[other], &block)
               ? block.bytes == bytes
               : bytes < search->block->bytes;
}

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    return layout_is_pointer(address, 8) && search->format->read(view, address, search->table) &&
           search->table->arrays[search->which] == search->block->address &&
           search->table->buckets[search->which] * search->format->bucket_bytes ==
               search->block->bytes &&
           arrays_fit(view, search);
}

static bool find_other(const struct layout_view *view, const struct stepwise_format *format,
                       const struct stepwise *table, unsigned which, struct block *other)
{
    return table->is_rehashing &&
           view->blocks->find(view->blocks, table->arrays[1 - which], other) &&
           other->bytes == table->buckets[1 - which] * format->bucket_bytes;
}

uint64_t stepwise_find(const struct layout_view *view, const struct stepwise_format *format,
                       const struct block *block, struct stepwise *table, unsigned *which)
{
    struct search search = {.format = format, .block = block, .table = table};
    for (search.which = 0; search.which < 2; search.which++) {
        uint64_t object = layout_object(view, block->address, format->array_offsets[search.which],
                                        object_fits, &search);
        if (object == 0)
            continue;
        *which = search.which;
        struct block successor;
        return *which == 0 && find_other(view, format, table, 0, &successor) ? 0 : object;
    }
    return 0;
}

void stepwise_fill(const struct layout_view *view, const struct stepwise_format *format,
                   const struct block *block, uint64_t object, const struct stepwise *table,
                   unsigned which, struct table_reading *out)
{
    out->header = object;
    out->live = table->used[0] + table->used[1];
    out->known |= DUMP_KNOWN_LIVE | DUMP_KNOWN_HEADER;
    out->flags = table->is_rehashing ? DUMP_TABLE_REHASHING : 0;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes,
                                           table->is_rehashing && which == 0 ? DUMP_ROLE_OLD
                                                                             : DUMP_ROLE_BUCKETS};
    struct block other;
    if (find_other(view, format, table, which, &other))
        out->arrays[out->array_count++] =
            (struct layout_array){other.address, other.bytes, DUMP_ROLE_OLD};
}
