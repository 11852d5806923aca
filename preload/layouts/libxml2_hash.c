/*
 * Finding and reporting libxml2's tables: see libxml2_hash.h.
 */
#include "libxml2_hash.h"

/* struct _xmlHashTable, hash.c of 2.9.14 and of 2.15 */
struct hash {
    uint64_t table;
    uint32_t size, elements;
    uint64_t dict;
    uint32_t seed;
};
#define HASH_BYTES       28
#define HASH_CHUNK_BYTES 48 /* what malloc(32) takes, and at most 16 more */

/* struct _xmlDict, dict.c of both */
struct dict {
    uint64_t references; /* 32 bits of it */
    uint64_t table;
    uint64_t size;
    uint32_t elements;
    uint32_t padding;
    uint64_t strings; /* the blocks that the names were copied to */
    uint64_t subdict;
};
#define DICT_TABLE_OFFSET 8

struct search {
    const struct block *block;
    struct libxml2_object *object;
};

static bool found(const struct search *search, uint64_t address, uint64_t table, uint64_t size,
                  uint64_t elements)
{
    search->object->address = address;
    search->object->live = elements;
    return table == search->block->address && size == search->object->capacity;
}

static bool is_pointer_or_0(uint64_t word)
{
    return word == 0 || layout_is_pointer(word, 8);
}

/* An address and two numbers begin many an object that is no hash table: the size of its block says
 * that no more than this one's fields follow. */
static bool hash_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct hash hash;
    if (!layout_is_pointer(address, 8) || !layout_read(view, address, &hash, HASH_BYTES) ||
        !found(context, address, hash.table, hash.size, hash.elements) ||
        !is_pointer_or_0(hash.dict))
        return false;
    uint64_t chunk = layout_chunk_bytes(view, address);
    return !view->glibc_heap || chunk == HASH_CHUNK_BYTES || chunk == HASH_CHUNK_BYTES + 16;
}

static bool dict_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct dict dict;
    return layout_is_pointer(address, 8) && layout_read(view, address, &dict, sizeof(dict)) &&
           found(context, address, dict.table, dict.size, dict.elements) && dict.elements > 0 &&
           (uint32_t)dict.references > 0 && layout_is_pointer(dict.strings, 8) &&
           is_pointer_or_0(dict.subdict);
}

bool libxml2_find_hash(const struct layout_view *view, const struct block *block,
                       struct libxml2_object *object)
{
    struct search search = {block, object};
    return layout_object(view, block->address, 0, hash_fits, &search) != 0;
}

bool libxml2_find_dict(const struct layout_view *view, const struct block *block,
                       struct libxml2_object *object)
{
    struct search search = {block, object};
    return layout_object(view, block->address, DICT_TABLE_OFFSET, dict_fits, &search) != 0;
}

void libxml2_fill(const struct libxml2_object *object, const struct block *block,
                  struct table_reading *out)
{
    out->header = object->address;
    out->capacity = object->capacity;
    out->live = object->live;
    out->slot_bytes = object->slot_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
}
