/*
 * Linear probing with a hash of its own and one size from the beginning; erasing moves what follows
 * back. The hash is not kept.
 */
#include "scenario.h"

enum { ROOM = 1 << 18 };

typedef struct {
    uint64_t key, value;
} item_t;

static item_t *items;
static size_t item_count;

static size_t own_hash(uint64_t key)
{
    uint64_t a = key * 0x3c79ac492ba7b653u, b = (key >> 32 | key << 32) ^ 0x1c69b3f74ac4ae35u;
    a ^= a >> 33;
    b *= 0x6a09e667f3bcc909u;
    return (size_t)((a + (b >> 19)) ^ (b >> 41)) & (ROOM - 1);
}

static size_t seek(uint64_t key)
{
    size_t at = own_hash(key);
    while (items[at].key != 0 && items[at].key != key)
        at = (at + 1) & (ROOM - 1);
    return at;
}

static void *create(void)
{
    items = must(calloc(ROOM, sizeof(*items)));
    return items;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    size_t at = seek(key);
    (void)table;
    item_count += items[at].key == 0;
    items[at] = (item_t){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    size_t at = seek(key);
    (void)table;
    *value = items[at].value;
    return items[at].key == key;
}

static bool erase(void *table, uint64_t key)
{
    size_t hole = seek(key), at = hole;
    (void)table;
    if (items[hole].key == 0)
        return false;
    item_count--;
    for (;;) {
        items[hole] = (item_t){0, 0};
        do {
            at = (at + 1) & (ROOM - 1);
            if (items[at].key == 0)
                return true;
        } while (((at - own_hash(items[at].key)) & (ROOM - 1)) < ((at - hole) & (ROOM - 1)));
        items[hole] = items[at];
        hole = at;
    }
}

static void destroy(void *table)
{
    free(table);
}

static struct shape shape(const void *table)
{
    return (struct shape){.address = table, .capacity = ROOM, .live = item_count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
