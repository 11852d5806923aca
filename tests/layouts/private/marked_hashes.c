/* Keys, records and hashes as columns of one block, the logarithm of whose length stands in the
 * lowest bits of the pointer to it. Erasing marks the hash, and clears it where nothing lies
 * behind; key and record stay. */
#include "scenario.h"

#include <string.h>

#define LINE 64u
#define MARK (1u << 31)

struct record {
    uint64_t value;
    uint64_t checks[2];
};

struct columns {
    uintptr_t tagged;
    size_t count;
};

static size_t room(const struct columns *c)
{
    return (size_t)1 << (c->tagged & (LINE - 1));
}

static uint64_t *keys_of(const struct columns *c)
{
    return (uint64_t *)(c->tagged & ~(uintptr_t)(LINE - 1));
}

static struct record *records_of(const struct columns *c)
{
    return (struct record *)(void *)(keys_of(c) + room(c));
}

static uint32_t *hashes_of(const struct columns *c)
{
    return (uint32_t *)(void *)(records_of(c) + room(c));
}

static uint32_t hash_of(uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return ((uint32_t)(key >> 32) & ~MARK) | 1u << 30; /* neither empty nor marked */
}

static struct columns columns_new(unsigned bits)
{
    size_t slots = (size_t)1 << bits;
    size_t bytes = slots * (sizeof(uint64_t) + sizeof(struct record) + sizeof(uint32_t));
    void *block = must(aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE));
    struct columns c = {.tagged = (uintptr_t)block | bits};
    memset(hashes_of(&c), 0, slots * sizeof(uint32_t));
    return c;
}

static size_t look(const struct columns *c, uint64_t key)
{
    size_t mask = room(c) - 1;
    uint32_t hash = hash_of(key);
    for (size_t at = hash & mask; hashes_of(c)[at] != 0; at = (at + 1) & mask)
        if (hashes_of(c)[at] == hash && keys_of(c)[at] == key)
            return at;
    return SIZE_MAX;
}

static void put(struct columns *c, uint64_t key, struct record record)
{
    size_t mask = room(c) - 1, at = hash_of(key) & mask;
    while (hashes_of(c)[at] != 0 && !(hashes_of(c)[at] & MARK))
        at = (at + 1) & mask;
    keys_of(c)[at] = key;
    records_of(c)[at] = record;
    hashes_of(c)[at] = hash_of(key);
    c->count++;
}

static void enlarge(struct columns *c)
{
    struct columns old = *c;
    *c = columns_new((unsigned)(old.tagged & (LINE - 1)) + 1);
    for (size_t i = 0; i < room(&old); i++)
        if (hashes_of(&old)[i] != 0 && !(hashes_of(&old)[i] & MARK))
            put(c, keys_of(&old)[i], records_of(&old)[i]);
    free(keys_of(&old));
}

static void *create(void)
{
    struct columns *c = must(malloc(sizeof *c));
    *c = columns_new(4);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct columns *c = table;
    size_t at = look(c, key);
    if (at != SIZE_MAX) {
        records_of(c)[at].value = value;
        return;
    }
    if ((c->count + 1) * 4 > room(c) * 3)
        enlarge(c);
    put(c, key, (struct record){value, {key ^ value, ~key}});
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    size_t at = look(table, key);
    if (at != SIZE_MAX)
        *value = records_of(table)[at].value;
    return at != SIZE_MAX;
}

static bool erase(void *table, uint64_t key)
{
    struct columns *c = table;
    size_t at = look(c, key);
    if (at == SIZE_MAX)
        return false;
    bool is_last = hashes_of(c)[(at + 1) & (room(c) - 1)] == 0;
    hashes_of(c)[at] = is_last ? 0 : hashes_of(c)[at] | MARK;
    c->count--;
    return true;
}

static void destroy(void *table)
{
    struct columns *c = table;
    free(keys_of(c));
    free(c);
}

static struct shape shape(const void *table)
{
    const struct columns *c = table;
    return (struct shape){.address = keys_of(c), .capacity = room(c), .live = c->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 50000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
