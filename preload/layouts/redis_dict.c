/*
 * Redis' dict: chained, a power of two of buckets, rehashed step by step from one array into
 * another. Only the dict object tells it from other arrays of pointers; without a pointer scan it
 * is not recognised. Two versions of the object are known.
 */
#include "buckets.h"
#include "stepwise.h"

#include <string.h>

#define BYTES_MIN     1024 /* smaller arrays are hardly ever tracked */
#define EXPONENT_MAX  40
#define NOT_REHASHING UINT64_MAX

/* Since Redis 7.2 the low bits of a bucket's word say what it is: an entry, with or without a value
 * (ENTRY_PTR_NO_VALUE), embedded (Valkey 8.0), or the key itself, at an odd address. */
#define TAG_BITS 7

/* dictType begins with the function that hashes keys. */
static bool has_type(const struct layout_view *view, uint64_t type)
{
    uint64_t hash_function;
    return layout_is_pointer(type, 8) && layout_read_u64(view, type, &hash_function) &&
           layout_is_pointer(hash_function, 1);
}

static bool tables_agree(const struct stepwise *table, uint64_t rehash_index)
{
    for (unsigned i = 0; i < 2; i++)
        if (table->buckets[i] == 0 ? table->arrays[i] != 0 || table->used[i] != 0
                                   : !layout_is_pointer(table->arrays[i], 8))
            return false;
    if (table->buckets[0] == 0)
        return false;
    return table->is_rehashing ? table->buckets[1] != 0 && rehash_index < table->buckets[0]
                               : table->buckets[1] == 0;
}

/* struct dict, src/dict.h of Redis 7.0 to 7.4 and Valkey 7.2 and 8.0; later fields are left out. */
struct dict {
    uint64_t type;
    uint64_t tables[2];
    uint64_t used[2];
    uint64_t rehash_index; /* -1: not rehashing */
    int16_t pause_rehash;
    int8_t size_exponent[2]; /* -1: no table */
};

static bool read_dict(const struct layout_view *view, uint64_t address, struct stepwise *out)
{
    struct dict dict;
    if (!layout_read(view, address, &dict, offsetof(struct dict, size_exponent) + 2) ||
        !has_type(view, dict.type))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        int8_t exponent = dict.size_exponent[i];
        if (exponent < -1 || exponent > EXPONENT_MAX)
            return false;
        out->arrays[i] = dict.tables[i];
        out->buckets[i] = exponent == -1 ? 0 : 1ULL << exponent;
        out->used[i] = dict.used[i];
    }
    out->is_rehashing = dict.rehash_index != NOT_REHASHING;
    return tables_agree(out, dict.rehash_index);
}

/* struct dict, src/dict.h of Redis 3 to 6 */
struct dict_of_6 {
    uint64_t type, private_data;
    struct {
        uint64_t table, size, mask, used;
    } tables[2];
    uint64_t rehash_index;
};

static bool read_dict_of_6(const struct layout_view *view, uint64_t address, struct stepwise *out)
{
    struct dict_of_6 dict;
    if (!layout_read(view, address, &dict, sizeof(dict)) || !has_type(view, dict.type))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t size = dict.tables[i].size;
        if (size == 0 ? dict.tables[i].mask != 0
                      : !is_power_of_two(size) || size > 1ULL << EXPONENT_MAX ||
                            dict.tables[i].mask != size - 1)
            return false;
        out->arrays[i] = dict.tables[i].table;
        out->buckets[i] = size;
        out->used[i] = dict.tables[i].used;
    }
    out->is_rehashing = dict.rehash_index != NOT_REHASHING;
    return tables_agree(out, dict.rehash_index);
}

static const struct stepwise_format formats[] = {
    {.array_offsets = {offsetof(struct dict, tables), offsetof(struct dict, tables) + 8},
     .bucket_bytes = 8,
     .read = read_dict},
    {.array_offsets = {offsetof(struct dict_of_6, tables), offsetof(struct dict_of_6, tables) + 32},
     .bucket_bytes = 8,
     .read = read_dict_of_6},
};

static bool read_table(const struct layout_view *view, const struct stepwise_format *format,
                       const struct block *block, struct table_reading *out)
{
    struct stepwise table;
    unsigned which;
    struct buckets buckets = {.tag_bits = TAG_BITS};
    uint64_t object = stepwise_find(view, format, block, &table, &which);
    if (object == 0 || !buckets_count(view, block->address, block->bytes, &buckets) ||
        buckets.occupied > table.used[which])
        return false;
    out->capacity = table.buckets[0] + table.buckets[1]; /* dictSlots() */
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_SLOT_BYTES;
    stepwise_fill(view, format, block, object, &table, which, out);
    entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct buckets buckets = {.tag_bits = TAG_BITS};
    if (view->blocks == NULL || !is_power_of_two(block->bytes) || block->bytes < BYTES_MIN ||
        !buckets_begin(view, &buckets))
        return false;
    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (read_table(view, &formats[i], block, out))
            return true;
    return false;
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
        "the server shrinks it at 10 % load (Redis up to 7.2, by its cron) or 12.5 % (since "
        "7.4, and Valkey 8.0), unless a child is saving",
    .recreate = "no command does it: delete down to 10 % load, or restart the server from its data",
    .source = "Redis 6.2.14, 7.0.15, 7.2.4, 7.4.0 and Valkey 8.0.1, src/dict.h and src/dict.c: "
              "struct dict, dictResize, dictShrinkIfNeeded, _dictExpand",
};
