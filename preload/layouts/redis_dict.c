/*
 * Redis' dict of version 7: chained, a power of two of buckets, rehashed step by step from one
 * array into another. Only the dict object tells it from other arrays of pointers; without a
 * pointer scan it is not recognised.
 */
#include "buckets.h"
#include "object.h"

#include <string.h>

#define EXPONENT_MIN  7 /* 1 KiB of buckets: smaller arrays are hardly ever tracked */
#define EXPONENT_MAX  40
#define NOT_REHASHING UINT64_MAX

/* struct dict, src/dict.h of Redis 7.0. Until 7.0 (dictht) and since 7.4 (more fields) it differs.
 */
struct dict {
    uint64_t type;
    uint64_t tables[2];
    uint64_t used[2];
    uint64_t rehash_index; /* -1: not rehashing */
    int16_t pause_rehash;
    int8_t size_exponent[2]; /* -1: no table */
};
#define DICT_BYTES    52
#define TABLES_OFFSET 8

static bool read_dict(const struct layout_view *view, uint64_t address, struct dict *dict)
{
    unsigned char bytes[DICT_BYTES];
    uint64_t hash_function;
    if (!layout_is_pointer(address, 8) || !layout_read(view, address, bytes, sizeof(bytes)))
        return false;
    memcpy(dict, bytes, sizeof(bytes));
    if (!layout_is_pointer(dict->type, 8) || !layout_read_u64(view, dict->type, &hash_function) ||
        !layout_is_pointer(hash_function, 1))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        if (dict->size_exponent[i] == -1
                ? dict->tables[i] != 0 || dict->used[i] != 0
                : dict->size_exponent[i] < 0 || dict->size_exponent[i] > EXPONENT_MAX ||
                      !layout_is_pointer(dict->tables[i], 8))
            return false;
    }
    if (dict->size_exponent[0] == -1)
        return false;
    return dict->rehash_index == NOT_REHASHING
               ? dict->size_exponent[1] == -1
               : dict->size_exponent[1] != -1 && dict->rehash_index < 1ULL
                                                                          << dict->size_exponent[0];
}

static uint64_t table_bytes(const struct dict *dict, unsigned which)
{
    return dict->size_exponent[which] == -1 ? 0 : 8ULL << dict->size_exponent[which];
}

struct search {
    const struct block *block;
    struct dict dict;
    unsigned which; /* of the two tables: the one that is the block */
};

static bool dict_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    return read_dict(view, address, &search->dict) &&
           search->dict.tables[search->which] == search->block->address &&
           table_bytes(&search->dict, search->which) == search->block->bytes;
}

static uint64_t find_dict(const struct layout_view *view, struct search *search)
{
    for (search->which = 0; search->which < 2; search->which++) {
        uint64_t address = layout_object(view, search->block->address,
                                         TABLES_OFFSET + 8ULL * search->which, dict_fits, search);
        if (address != 0)
            return address;
    }
    return 0;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (view->blocks == NULL || !is_power_of_two(block->bytes) ||
        block->bytes < 8ULL << EXPONENT_MIN)
        return false;
    struct buckets buckets = {0};
    if (!buckets_begin(view, &buckets))
        return false;

    struct search search = {.block = block};
    uint64_t address = find_dict(view, &search);
    if (address == 0)
        return false;
    const struct dict dict = search.dict;
    const unsigned which = search.which;
    bool rehashing = dict.rehash_index != NOT_REHASHING;
    struct block other;
    bool other_tracked =
        rehashing && view->blocks->find(view->blocks, dict.tables[1 - which], &other);
    /* The new array stands for the table, unless it is too small to be tracked. */
    if (rehashing && which == 0 && other_tracked)
        return false;

    if (!buckets_count(view, block->address, block->bytes, &buckets) ||
        buckets.occupied > dict.used[which])
        return false;

    out->header = address;
    out->capacity = (table_bytes(&dict, 0) + table_bytes(&dict, 1)) / 8; /* dictSlots() */
    out->live = dict.used[0] + dict.used[1];
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->flags = rehashing ? DUMP_TABLE_REHASHING : 0;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){
        block->address, block->bytes, rehashing && which == 0 ? DUMP_ROLE_OLD : DUMP_ROLE_BUCKETS};
    if (other_tracked && other.bytes == table_bytes(&dict, 1 - which))
        out->arrays[out->array_count++] =
            (struct layout_array){other.address, other.bytes, DUMP_ROLE_OLD};
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

/* dictResize(): the power of two that holds the entries, at least 4 (DICT_HT_INITIAL_EXP). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live);
    return capacity < 4 ? 4 : capacity;
}

const struct layout layout_redis_dict = {
    .name = "Redis dict",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .shrinks_by_itself = true,
    .shrinks_below = 0.1, /* HASHTABLE_MIN_FILL, src/server.h */
    .values_are_boxed = true,
    .on_erase =
        "the server's cron resizes below 10 % load, unless activerehashing is off or a child "
        "is saving",
    .on_clear = "frees the array",
    .recreate = "no command does it: delete down to 10 % load, or restart the server from its data",
    .source = "Redis 7.0.15, src/dict.h and src/dict.c: struct dict, dictResize, _dictExpand",
};
