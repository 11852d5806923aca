/*
 * apr_hash_t of the Apache Portable Runtime as a program uses it; see scenarios.h. Kinds: grown,
 * copied (by apr_hash_copy(), which keeps the size and puts everything into one piece).
 */
#include "scenarios.h"

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_pools.h>

#define ENTRIES 300000u

static bool copied;
static apr_pool_t *pool;
static apr_hash_t *table;
static uint64_t keys[2 * ENTRIES];

static void create(uint64_t expected)
{
    (void)expected;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
    table = apr_hash_make(pool);
}

static void insert(uint64_t key)
{
    keys[key] = key;
    apr_hash_set(table, &keys[key], sizeof(keys[key]), &keys[key]);
    if (copied && key == ENTRIES - 1)
        table = apr_hash_copy(pool, table);
}

static void erase(uint64_t key)
{
    apr_hash_set(table, &keys[key], sizeof(keys[key]), NULL);
}

static void clear(void)
{
    apr_hash_clear(table);
}

static void destroy(void)
{
    apr_pool_destroy(pool);
}

/* The start of struct apr_hash_t, tables/apr_hash.c of APR 1.7; live() checks it. */
struct private_table {
    void *pool;
    const char *array;
    void *iterator[4];
    unsigned count, max;
};

static const struct private_table *inside(void)
{
    return (const void *)table;
}

static const void *address(void)
{
    return inside()->array;
}

static uint64_t capacity(void)
{
    return (uint64_t)inside()->max + 1;
}

static uint64_t live(void)
{
    if (apr_hash_count(table) != inside()->count)
        abort();
    return apr_hash_count(table);
}

static uint64_t bytes(void)
{
    return capacity() * sizeof(void *);
}

static void fix(uint64_t live)
{
    destroy();
    create(0);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 15, 16, 1000, 20000, UINT64_MAX};
    const struct subject subject = {
        .implementation = "apr_hash_t",
        .entries = ENTRIES,
        .create = create,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    copied = argc > 2 && strcmp(argv[2], "copied") == 0;
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
