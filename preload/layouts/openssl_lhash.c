/*
 * OpenSSL's LHASH: linear hashing, so that one bucket is split at a time, into an array that
 * doubles when it is used up. The object's six numbers follow from two of them, and every entry
 * keeps its hash, which names its bucket.
 */
#include "chained.h"
#include "words.h"

/* struct lhash_st, crypto/lhash/lhash_local.h: the array's address, its functions, these numbers.
 */
struct numbers {
    uint32_t buckets, allocated; /* num_nodes, num_alloc_nodes */
    uint32_t split, split_limit; /* p, pmax */
    uint64_t up_load, down_load;
    uint64_t items;
};
#define COMPARE_OFFSET 8 /* and the hash function after it */

/* OpenSSL 1.1.1 to 3.2 have two functions, 3.3 has four more; 1.1.0 has a lock after the two. */
static const size_t numbers_offsets[] = {24, 56, 32};
#define NUMBERS_OFFSETS (sizeof(numbers_offsets) / sizeof(numbers_offsets[0]))
#define OBJECT_BYTES    (56 + sizeof(struct numbers))

/* struct lhash_node_st */
#define ENTRY_NEXT  8
#define ENTRY_HASH  16
#define ENTRY_BYTES 24

#define MIN_NODES 16u
#define UP_LOAD   2u /* entries a bucket at which one more bucket is split */

static bool numbers_fit(const struct numbers *numbers, const struct block *array)
{
    return numbers->allocated == array->bytes / 8 &&
           numbers->split_limit == numbers->allocated / 2 &&
           numbers->split < numbers->split_limit &&
           numbers->buckets == numbers->split_limit + numbers->split;
}

static bool read_object(const struct layout_view *view, uint64_t address, const struct block *array,
                        struct chained_table *table)
{
    unsigned char object[OBJECT_BYTES];
    if (!layout_read(view, address, object, sizeof(object)) ||
        !layout_is_pointer(word_u64(object, COMPARE_OFFSET), 1) ||
        !layout_is_pointer(word_u64(object, COMPARE_OFFSET + 8), 1))
        return false;
    for (size_t i = 0; i < NUMBERS_OFFSETS; i++) {
        struct numbers numbers;
        memcpy(&numbers, object + numbers_offsets[i], sizeof(numbers));
        if (!numbers_fit(&numbers, array))
            continue;
        table->capacity = numbers.allocated;
        table->live = numbers.items;
        return true;
    }
    return false;
}

/* getrn(): the hash modulo the allocated buckets, or modulo half of them while the bucket is not
 * split. */
static bool entry_fits(const struct chained_table *table, const unsigned char *entry,
                       uint64_t bucket)
{
    uint64_t half = table->capacity / 2;
    return word_u64(entry, ENTRY_HASH) % half == bucket % half;
}

static const struct chained_layout chained = {
    .array_offset = 0,
    .entry_bytes = ENTRY_BYTES,
    .next_offset = ENTRY_NEXT,
    .read_object = read_object,
    .entry_fits = entry_fits,
};

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    return is_power_of_two(block->bytes) && chained_recognise(view, block, 0, &chained, out);
}

/* OPENSSL_LH_insert() splits one bucket when it finds two entries for each, expand() doubles the
 * array when it splits the last but one: 2 to 4 times the buckets in use are allocated. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t buckets = live == 0 ? 0 : (live - 1) / UP_LOAD + 1;
    uint64_t capacity = MIN_NODES;
    while (capacity <= buckets && capacity < 1ULL << 62)
        capacity *= 2;
    return capacity;
}

const struct layout layout_openssl_lhash = {
    .name = "OpenSSL LHASH",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 2.0,
    /* 1.0, in truth. A table that shrank by itself is left at 0.5, and not to be called hollow. */
    .load_after_growth = 0.9,
    .capacity_for = capacity_for,
    /* It does when entries are deleted one by one, and then it is never hollow. What is hollow was
     * flushed or had its down_load set to 0: that stays. */
    .shrinks_by_itself = false,
    .values_are_boxed = true,
    .on_erase = "gives back a bucket at each delete, unless its down_load is 0",
    .recreate = "lh_TYPE_free() it and insert what is left into a new one (lh_TYPE_new)",
    .source = "OpenSSL 1.1.0 to 4.0, crypto/lhash/lhash.c: expand, contract, getrn",
};
