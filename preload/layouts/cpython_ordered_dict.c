/*
 * CPython's collections.OrderedDict: a dict that keeps, in an array beside the keys, a node of its
 * order for each slot. Its object points at both and repeats their size.
 */
#include "cpython_dict.h"
#include "cpython_object.h"
#include "object.h"

#define NODE_BYTES 8 /* of od_fast_nodes, for each slot */

/* PyODictObject, Objects/odictobject.c: a PyDictObject and more. */
struct ordered_dict {
    uint64_t references, type;
    uint64_t live; /* ma_used */
    uint64_t version;
    uint64_t keys;
    uint64_t values;
    uint64_t first, last;
    uint64_t nodes;      /* od_fast_nodes */
    uint64_t node_count; /* od_fast_nodes_size */
    uint64_t keys_then;  /* od_resize_sentinel: the keys that the nodes belong to */
};

struct search {
    uint64_t keys;
    uint64_t capacity;
    struct ordered_dict dict;
};

static bool ordered_dict_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct ordered_dict *dict = &search->dict;
    return layout_is_pointer(address, 8) && layout_read(view, address, dict, sizeof(*dict)) &&
           dict->keys == search->keys && dict->keys_then == search->keys && dict->values == 0 &&
           dict->node_count == search->capacity && layout_is_pointer(dict->nodes, 8) &&
           cpython_is_object(view, address);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.keys = block->address, .capacity = cpython_dict_capacity(view, block)};
    if (view->blocks == NULL || search.capacity == 0)
        return false;
    uint64_t address =
        layout_object(view, block->address, CPYTHON_DICT_KEYS_OFFSET, ordered_dict_fits, &search);
    if (address == 0 || !cpython_dict_recognise(view, block, out) || out->live != search.dict.live)
        return false;
    out->header = address;
    out->slot_bytes += NODE_BYTES;
    struct block nodes;
    if (view->blocks->find(view->blocks, search.dict.nodes, &nodes) &&
        nodes.bytes == search.capacity * NODE_BYTES)
        out->arrays[out->array_count++] =
            (struct layout_array){nodes.address, nodes.bytes, DUMP_ROLE_METADATA};
    return true;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    struct table_reading keys = *now;
    keys.slot_bytes -= now->slot_bytes > NODE_BYTES ? NODE_BYTES : 0;
    return cpython_dict_bytes_for(capacity, &keys) + capacity * NODE_BYTES;
}

const struct layout layout_cpython_ordered_dict = {
    .name = "CPython OrderedDict",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 0.667,
    .load_after_growth = 0.333,
    .capacity_for = cpython_dict_capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks; an insert that finds no room left may shrink it",
    .recreate = "d = OrderedDict(d)",
    .source = "CPython 3.6-3.14, Objects/odictobject.c: PyODictObject, _odict_resize",
};
