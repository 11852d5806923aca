/* A cache of a fixed number of handles, as large as a cache line holds: a hash of the key beside
 * what the cache needs, and a word that says how often it is referred to. Erasing sets that to zero
 * and leaves the rest; whoever comes next takes the handle. */
#include "scenario.h"

#include <string.h>

#define BITS    15
#define HANDLES ((size_t)1 << BITS)

struct handle {
    uint64_t hash;
    uint64_t key;
    uint64_t *value;
    uint32_t charge;
    uint32_t references; /* 0: free */
    uint64_t unused[2];
};

struct cache {
    uint32_t mask, references; /* of all */
    struct handle *handles;
    size_t charge, count;
};

static uint64_t hash_of(uint64_t key)
{
    key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    key = (key ^ key >> 27) * 0x81dadef4bc2dd44du;
    return key ^ key >> 33;
}

/* Handles are not passed over, so all that hash to a place and may have been put behind it are
 * looked at. */
#define MOST_PROBES 192

static struct handle *look(const struct cache *c, uint64_t key)
{
    uint64_t hash = hash_of(key);
    for (size_t probe = 0; probe < MOST_PROBES; probe++) {
        struct handle *handle = &c->handles[(hash + probe) & c->mask];
        if (handle->references != 0 && handle->hash == hash && handle->key == key)
            return handle;
    }
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cache *c = table;
    struct handle *handle = look(c, key);
    uint64_t hash = hash_of(key);
    if (handle == NULL) {
        size_t probe = 0;
        while (c->handles[(hash + probe) & c->mask].references != 0)
            if (++probe == MOST_PROBES)
                abort(); /* so many never lie behind each other at this load */
        handle = &c->handles[(hash + probe) & c->mask];
        handle->hash = hash;
        handle->key = key;
        handle->value = must(malloc(sizeof *handle->value));
        handle->charge = 48 + (uint32_t)(hash >> 60);
        handle->references = 1;
        c->charge += handle->charge;
        c->count++;
    }
    *handle->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct handle *handle = look(table, key);
    if (handle != NULL)
        *value = *handle->value;
    return handle != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct cache *c = table;
    struct handle *handle = look(c, key);
    if (handle == NULL)
        return false;
    free(handle->value);
    handle->references = 0;
    c->charge -= handle->charge;
    c->count--;
    return true;
}

/* Handles of what was in the cache before, and is not any more. */
#define WARM     900
#define WARM_KEY ((uint64_t)1 << 62)

static void *create(void)
{
    struct cache *c = must(malloc(sizeof *c));
    *c = (struct cache){.mask = HANDLES - 1, .handles = must(calloc(HANDLES, sizeof *c->handles))};
    for (uint64_t i = 1; i <= WARM; i++)
        insert(c, WARM_KEY - i, i);
    for (uint64_t i = 1; i <= WARM; i++)
        if (!erase(c, WARM_KEY - i))
            abort();
    return c;
}

static void destroy(void *table)
{
    struct cache *c = table;
    for (size_t i = 0; i <= c->mask; i++)
        if (c->handles[i].references != 0)
            free(c->handles[i].value);
    free(c->handles);
    free(c);
}

static struct shape shape(const void *table)
{
    const struct cache *c = table;
    return (struct shape){
        .address = c->handles, .capacity = (uint64_t)c->mask + 1, .live = c->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 20000,
                                              .never_grows = true,
                                              .keeps_erased = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
