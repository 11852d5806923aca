/*
 * Bash's hash table, behind associative arrays, variables, functions and remembered commands: an
 * array of chains. Its object says how many buckets and entries there are, which vectors say as
 * well; so what proves it are the entries. Each has a key, the hash of that key, and stands where
 * the hash leads. A table without entries has no proof and is not recognised.
 */
#include "buckets.h"
#include "object.h"

#define CAPACITY_MIN  128 /* DEFAULT_HASH_BUCKETS, hashlib.h */
#define CAPACITY_MAX  (1u << 28)
#define KEY_BYTES_MAX 512 /* of a longer key the hash is believed */

/* HASH_TABLE and BUCKET_CONTENTS, hashlib.h of Bash 4.0 to 5.2. */
struct table {
    uint64_t buckets;
    int32_t capacity, live;
};

struct entry {
    uint64_t next, key, data;
    uint32_t hash;
    int32_t times_found;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct hashed_buckets *found = context;
    struct table table;
    if (!layout_read(view, address, &table, sizeof(table)) ||
        table.buckets != found->block->address || table.live <= 0)
        return false;
    found->live = (uint64_t)table.live;
    found->capacity = (uint64_t)table.capacity;
    return found->capacity == found->block->bytes / 8;
}

/* hash_string(), hashlib.c: FNV-1 of the characters, which are signed. Reads whole words: these do
 * not reach over the end of a page. */
static bool key_hashes_to(const struct layout_view *view, uint64_t key, uint32_t hash)
{
    uint32_t found = 2166136261u;
    for (uint64_t word_at = key & ~7ull; word_at < key + KEY_BYTES_MAX; word_at += 8) {
        uint64_t word;
        if (!layout_read_u64(view, word_at, &word))
            return false;
        for (uint64_t at = word_at < key ? key - word_at : 0; at < 8; at++) {
            uint8_t byte = (uint8_t)(word >> (8 * at));
            if (byte == 0)
                return found == hash;
            found = (found * 16777619u) ^ (uint32_t)(int32_t)(int8_t)byte;
        }
    }
    return true;
}

static bool bucket_of(const struct layout_view *view, uint64_t address, void *context,
                      uint64_t *bucket)
{
    const struct hashed_buckets *table = context;
    struct entry entry;
    if (!layout_read(view, address, &entry, sizeof(entry)) || !layout_is_pointer(entry.key, 1) ||
        (entry.next != 0 && !layout_is_pointer(entry.next, 8)) ||
        !key_hashes_to(view, entry.key, entry.hash))
        return false;
    *bucket = entry.hash & (table->capacity - 1);
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    static const struct hashed_buckets_form form = {
        .fits = table_fits, .bucket_of = bucket_of, .are_blocks = true};
    return is_power_of_two(block->bytes) && block->bytes >= 8ULL * CAPACITY_MIN &&
           block->bytes <= 8ULL * CAPACITY_MAX && hashed_buckets_recognise(view, block, &form, out);
}

/* A new array begins with ASSOC_HASH_BUCKETS, assoc.h, and takes four times as many when it has two
 * entries a bucket and gets another one (hash_insert). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 1024;
    while (capacity * 2 < live && capacity < CAPACITY_MAX)
        capacity *= 4;
    return capacity;
}

const struct layout layout_bash_hash = {
    .name = "Bash hash table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 2.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks",
    .recreate = "s=$(declare -p a); unset a; eval \"$s\"",
    .source = "Bash 5.2.15, hashlib.h and hashlib.c: HASH_TABLE, BUCKET_CONTENTS, hash_insert; "
              "assoc.h",
};
