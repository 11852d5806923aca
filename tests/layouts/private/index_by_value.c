/*
 * One block: two words in front, rows in the order in which they came, each with the number of the
 * next one of its bucket and its hash, and twice as many buckets behind them. What points at it
 * goes from hand to hand and keeps the logarithm of its size alone. A row that is erased stays
 * where it is, without its key, and comes out of its bucket; nobody counts. Full of rows, it is
 * made twice as large.
 */
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

#define END (-1)

struct row {
    int32_t next;
    uint32_t hash;
    uint64_t *key; /* NULL: erased */
    uint64_t value[2];
};

struct block {
    int32_t uses, fresh;
    struct row rows[];
};

struct handle {
    struct block *block;
    uint8_t kind, bits;
};

/* By another one other entries meet; of those that are left in a hollow table perhaps none. */
static uint32_t seed = 0x31415926u;

static uint32_t hash_of(uint64_t key)
{
    uint32_t hash = seed;
    for (unsigned i = 0; i < 64; i += 16) {
        hash ^= (uint32_t)(key >> i & 0xffff) * 0x9f3b1d65u;
        hash = (hash << 13 | hash >> 19) * 5 + 0x2f6e84a1u;
    }
    hash = (hash ^ hash >> 15) * 0x7a3c19bbu;
    return hash ^ hash >> 14;
}

static int32_t *buckets_of(struct handle handle)
{
    return (int32_t *)(void *)&handle.block->rows[(size_t)1 << handle.bits];
}

static int32_t *bucket_of(struct handle handle, uint32_t hash)
{
    return &buckets_of(handle)[hash & (((uint32_t)2 << handle.bits) - 1)];
}

static struct handle made(uint8_t bits)
{
    size_t rows = (size_t)1 << bits;
    size_t bytes = sizeof(struct block) + rows * (sizeof(struct row) + 2 * sizeof(int32_t));
    struct handle handle = {.block = must(malloc(bytes)), .kind = 7, .bits = bits};
    handle.block->uses = 1;
    handle.block->fresh = 0;
    for (size_t i = 0; i < rows; i++)
        handle.block->rows[i] = (struct row){.next = (int32_t)i - 1};
    for (size_t i = 0; i < 2 * rows; i++)
        buckets_of(handle)[i] = END;
    return handle;
}

static struct row *row_of(struct handle handle, uint64_t key)
{
    uint32_t hash = hash_of(key);
    for (int32_t at = *bucket_of(handle, hash); at != END; at = handle.block->rows[at].next) {
        struct row *row = &handle.block->rows[at];
        if (row->hash == hash && *row->key == key)
            return row;
    }
    return NULL;
}

static struct row *added(struct handle handle, uint32_t hash)
{
    int32_t at = handle.block->fresh++, *bucket = bucket_of(handle, hash);
    struct row *row = &handle.block->rows[at];
    row->next = *bucket;
    row->hash = hash;
    *bucket = at;
    return row;
}

static struct handle doubled(struct handle old)
{
    struct handle handle = made(old.bits + 1);
    for (size_t i = 0; i < (size_t)1 << old.bits; i++) {
        const struct row *from = &old.block->rows[i];
        if (!from->key)
            continue;
        struct row *to = added(handle, from->hash);
        to->key = from->key;
        memcpy(to->value, from->value, sizeof(to->value));
    }
    free(old.block);
    return handle;
}

static void *create(void)
{
    struct handle *handle = must(malloc(sizeof(*handle)));
    *handle = made(3);
    return handle;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct handle *handle = table;
    struct row *row = row_of(*handle, key);
    if (!row) {
        if (handle->block->fresh == 1 << handle->bits)
            *handle = doubled(*handle);
        row = added(*handle, hash_of(key));
        row->key = must(malloc(sizeof(uint64_t)));
        *row->key = key;
    }
    row->value[0] = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct row *row = row_of(*(struct handle *)table, key);
    if (row)
        *value = row->value[0];
    return row != NULL;
}

static bool erase(void *table, uint64_t key)
{
    const struct handle *handle = table;
    struct row *row = row_of(*handle, key);
    if (!row)
        return false;
    int32_t number = (int32_t)(row - handle->block->rows);
    int32_t *link = bucket_of(*handle, row->hash);
    while (*link != number)
        link = &handle->block->rows[*link].next;
    *link = row->next;
    free(row->key);
    row->key = NULL;
    return true;
}

static void destroy(void *table)
{
    struct handle *handle = table;
    for (int32_t i = 0; i < handle->block->fresh; i++)
        free(handle->block->rows[i].key);
    free(handle->block);
    free(handle);
}

static struct shape shape_of(const void *table)
{
    const struct handle *handle = table;
    struct shape shape = {.address = handle->block, .capacity = (uint64_t)1 << handle->bits};
    for (int32_t i = 0; i < handle->block->fresh; i++)
        shape.live += handle->block->rows[i].key != NULL;
    return shape;
}

int main(int argc, char **argv)
{
    const struct private_table kind = {.entries = 45000,
                                       .create = create,
                                       .insert = insert,
                                       .find = find,
                                       .erase = erase,
                                       .destroy = destroy,
                                       .shape = shape_of};
    if (argc > 3)
        seed = (uint32_t)strtoul(argv[3], NULL, 10);
    return run_scenario(argc, argv, &kind);
}
