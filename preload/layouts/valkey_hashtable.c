/*
 * Valkey's hashtable: buckets of 64 bytes with up to seven entries, whose first byte says which of
 * them are there; a full bucket makes its last place a pointer to a child bucket. Rehashed step by
 * step from one array into another. The object that points at the array counts the entries.
 */
#include "stepwise.h"
#include "words.h"

#include <string.h>

#define BUCKET_BYTES       64
#define ENTRIES_PER_BUCKET 7
#define EXPONENT_MAX       40
#define NOT_REHASHING      UINT64_MAX

/* struct hashtable; what follows child_buckets differs. */
struct hashtable {
    uint64_t type;
    uint64_t rehash_index; /* -1: not rehashing */
    uint64_t tables[2];
    uint64_t used[2];
    int8_t bucket_exponent[2]; /* -1: no table */
    int16_t pause_rehash, pause_auto_shrink;
    uint64_t child_buckets[2];
};

static bool read_hashtable(const struct layout_view *view, uint64_t address, struct stepwise *out)
{
    struct hashtable table;
    uint64_t first_function; /* entryGetKey, may be NULL */
    if (!layout_read(view, address, &table, sizeof(table)) || !layout_is_pointer(table.type, 8) ||
        !layout_read_u64(view, table.type, &first_function) ||
        (first_function != 0 && !layout_is_pointer(first_function, 1)))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        int8_t exponent = table.bucket_exponent[i];
        if (exponent == -1
                ? table.tables[i] != 0 || table.used[i] != 0 || table.child_buckets[i] != 0
                : exponent < 0 || exponent > EXPONENT_MAX ||
                      !layout_is_pointer(table.tables[i], 16))
            return false;
        out->arrays[i] = table.tables[i];
        out->buckets[i] = exponent == -1 ? 0 : 1ULL << exponent;
        out->used[i] = table.used[i];
    }
    out->is_rehashing = table.rehash_index != NOT_REHASHING;
    return out->buckets[0] != 0 &&
           (out->is_rehashing ? out->buckets[1] != 0 && table.rehash_index < out->buckets[0]
                              : out->buckets[1] == 0);
}

static const struct stepwise_format format = {
    .array_offsets = {offsetof(struct hashtable, tables), offsetof(struct hashtable, tables) + 8},
    .bucket_bytes = BUCKET_BYTES,
    .read = read_hashtable,
};

struct counts {
    uint64_t entries, chained;
};

/* Bit 0: the last place holds a child bucket; bits 1 to 7: which places hold entries. Entries are
 * pointers to anything. */
static bool count(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct counts *counts = context;
    (void)offset;
    for (size_t bucket = 0; bucket + BUCKET_BYTES <= bytes; bucket += BUCKET_BYTES) {
        unsigned is_chained = piece[bucket] & 1u, presence = piece[bucket] >> 1;
        unsigned pointers = presence | is_chained << (ENTRIES_PER_BUCKET - 1);
        if (is_chained && presence >> (ENTRIES_PER_BUCKET - 1) != 0)
            return false;
        for (unsigned i = 0; i < ENTRIES_PER_BUCKET; i++)
            if ((pointers >> i & 1u) != 0 &&
                !layout_is_pointer(word_u64(piece, bucket + 8 + i * 8), 1))
                return false;
        counts->entries += (unsigned)__builtin_popcount(presence);
        counts->chained += is_chained;
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct counts counts = {0};
    if (view->blocks == NULL || !is_power_of_two(block->bytes) || block->bytes < BUCKET_BYTES ||
        !count(view->head, view->head_bytes, 0, &counts))
        return false;
    struct stepwise table;
    unsigned which;
    uint64_t object = stepwise_find(view, &format, block, &table, &which);
    counts = (struct counts){0};
    if (object == 0 ||
        !layout_scan(view, block->address, block->bytes, BUCKET_BYTES, count, &counts) ||
        counts.entries > table.used[which] ||
        (counts.chained == 0 && counts.entries != table.used[which]))
        return false;
    out->capacity = (table.buckets[0] + table.buckets[1]) * ENTRIES_PER_BUCKET;
    out->slot_bytes = BUCKET_BYTES / ENTRIES_PER_BUCKET;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_SLOT_BYTES;
    stepwise_fill(view, &format, block, object, &table, which, out);
    return true;
}

/* nextBucketExp(): BUCKET_FACTOR 5, BUCKET_DIVISOR 32, so that the buckets are at most 91 % full.
 */
static uint64_t capacity_for(uint64_t live)
{
    return live == 0 ? ENTRIES_PER_BUCKET
                     : next_power_of_two((live * 5 - 1) / 32 + 1) * ENTRIES_PER_BUCKET;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity / ENTRIES_PER_BUCKET * BUCKET_BYTES;
}

const struct layout layout_valkey_hashtable = {
    .name = "Valkey hashtable",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0, /* MAX_FILL_PERCENT_SOFT */
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .shrinks_by_itself = true,
    .shrinks_below = 0.13, /* MIN_FILL_PERCENT_SOFT */
    .values_are_boxed = true,
    .on_erase = "shrinks below 13 % load, while a child is saving below 3 %",
    .recreate = "no command does it: delete down to 13 % load, or restart the server from its data",
    .source =
        "Valkey 9.1.2, src/hashtable.c (since 8.1): struct hashtable, hashtableBucket, resize",
};
