/*
 * C tables and their owners: uthash, khash, and a table that no layout knows. Prints a line
 * "CAPACITY NAME" for each: check_owners.py compares the report.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "private_table.h"

#ifdef HAVE_UTHASH
#include <uthash.h>
#endif
#ifdef HAVE_KHASH
#include <htslib/khash.h>

KHASH_MAP_INIT_INT64(numbers, uint64_t)
#endif

/* As in a server: a pointer to an array of databases that point at their tables. */
struct database {
    int number;
    struct table *dict;
};

static struct server {
    char name[20];
    struct table sessions;
    struct database *databases;
} server;
static struct table users;
static struct hidden *g_hidden; /* a type that this file does not know */
static struct server *g_server;

#ifdef HAVE_UTHASH
struct item {
    uint64_t value;
    uint64_t key;
    UT_hash_handle hh;
};

static struct item *items;

static void fill_items(unsigned count, const char *owner)
{
    for (uint64_t key = 0; key < count; key++) {
        struct item *item = calloc(1, sizeof(*item));
        if (!item)
            abort();
        item->key = mix(key);
        HASH_ADD(hh, items, key, sizeof(item->key), item);
    }
    /* Each was the first one when it was freed, and still says so. */
    for (unsigned i = 0; i < count / 10 * 9; i++) {
        struct item *first = items;
        HASH_DEL(items, first);
        free(first);
    }
    printf("%u %s\n", items->hh.tbl->num_buckets, owner);
}
#endif

#ifdef HAVE_KHASH
__attribute__((used)) static struct {
    int number;
    khash_t(numbers) * by_key;
} g_index;

static void fill_numbers(khash_t(numbers) * numbers, unsigned count, const char *owner)
{
    int result;
    for (uint64_t key = 0; key < count; key++)
        kh_put(numbers, numbers, key, &result);
    printf("%u %s\n", kh_n_buckets(numbers), owner);
}
#endif

int main(void)
{
    server.databases = calloc(100, sizeof(*server.databases));
    g_server = calloc(1, sizeof(*g_server));
    if (!server.databases || !g_server)
        return 1;
    server.databases[42].dict = calloc(1, sizeof(struct table));
    if (!server.databases[42].dict)
        return 1;
    g_hidden = hidden_make();
    fill(&users, 4000, "users");
    fill(&server.sessions, 8000, "server.sessions");
    fill(&g_server->sessions, 16000, "g_server->sessions");
    fill(hidden_table(g_hidden), 128000, "g_hidden->shards[0]->table");
    fill(server.databases[42].dict, 32000, "server.databases[42].dict");
#ifdef HAVE_UTHASH
    fill_items(200000, "items");
#endif
#ifdef HAVE_KHASH
    g_index.by_key = kh_init(numbers);
    fill_numbers(g_index.by_key, 400000, "g_index.by_key");
#endif
    return 0;
}
