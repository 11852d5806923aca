/*
 * Vectors that copy what they held when they are resized, out of an allocator that aligns: heads of
 * chains and links, both numbers, are cleared after that and built anew. What is erased is replaced
 * by the last one.
 */
#include <string.h>

#include "scenario.h"

#define NOTHING (-1)

/* The block's own address stands in front of what is handed out. */
static void *aligned_new(size_t bytes)
{
    char *block = must(malloc(bytes + 16 + sizeof(void *)));

    char *memory = (char *)(((uintptr_t)block + sizeof(void *) + 15) & ~(uintptr_t)15);
    ((void **)(void *)memory)[-1] = block;
    return memory;
}

static void *block_of(const void *memory)
{
    return ((void *const *)memory)[-1];
}

static void *resized(void *memory, size_t old_bytes, size_t bytes)
{
    void *larger = aligned_new(bytes);
    if (memory) {
        memcpy(larger, memory, old_bytes);
        free(block_of(memory));
    }
    return larger;
}

struct store {
    int32_t *heads, *links;
    uint64_t *keys, *values;
    int32_t count, room;
};

static int32_t place_of(uint64_t key, int32_t room)
{
    uint64_t mixed = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    mixed = (mixed ^ mixed >> 27) * 0x81dadef4bc2dd44du;
    return (int32_t)((uint32_t)(mixed >> 33) & (uint32_t)(room - 1));
}

static void hang(struct store *store, int32_t number)
{
    int32_t place = place_of(store->keys[number], store->room);
    store->links[number] = store->heads[place];
    store->heads[place] = number;
}

static void enlarge(struct store *store)
{
    size_t before = (size_t)store->room, after = before ? before * 2 : 16;
    store->values = resized(store->values, before * 8, after * 8);
    store->keys = resized(store->keys, before * 8, after * 8);
    store->heads = resized(store->heads, before * 4, after * 4);
    store->links = resized(store->links, before * 4, after * 4);
    store->room = (int32_t)after;
    for (size_t i = 0; i < after; i++)
        store->heads[i] = store->links[i] = NOTHING;
    for (int32_t number = 0; number < store->count; number++)
        hang(store, number);
}

static int32_t number_of(const struct store *store, uint64_t key)
{
    int32_t number = store->room ? store->heads[place_of(key, store->room)] : NOTHING;
    while (number != NOTHING && store->keys[number] != key)
        number = store->links[number];
    return number;
}

static void unhang(struct store *store, int32_t number)
{
    int32_t *link = &store->heads[place_of(store->keys[number], store->room)];
    while (*link != number)
        link = &store->links[*link];
    *link = store->links[number];
}

static void *create(void)
{
    return calloc(1, sizeof(struct store));
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct store *store = table;
    int32_t number = number_of(store, key);
    if (number != NOTHING) {
        store->values[number] = value;
        return;
    }
    if (store->count == store->room)
        enlarge(store);
    store->keys[store->count] = key;
    store->values[store->count] = value;
    hang(store, store->count++);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct store *store = table;
    int32_t number = number_of(store, key);
    if (number != NOTHING)
        *value = store->values[number];
    return number != NOTHING;
}

static bool erase(void *table, uint64_t key)
{
    struct store *store = table;
    int32_t number = number_of(store, key), last = store->count - 1;
    if (number == NOTHING)
        return false;
    unhang(store, number);
    if (number != last) {
        unhang(store, last);
        store->keys[number] = store->keys[last];
        store->values[number] = store->values[last];
        hang(store, number);
    }
    store->count--;
    return true;
}

static void destroy(void *table)
{
    struct store *store = table;
    free(block_of(store->heads));
    free(block_of(store->links));
    free(block_of(store->keys));
    free(block_of(store->values));
    free(store);
}

static struct shape shape_of(const void *table)
{
    const struct store *store = table;
    return (struct shape){.address = block_of(store->heads),
                          .others = {block_of(store->keys), block_of(store->links)},
                          .capacity = (uint64_t)store->room,
                          .live = (uint64_t)store->count};
}

int main(int argc, char **argv)
{
    const struct private_table kind = {.entries = 400000,
                                       .create = create,
                                       .insert = insert,
                                       .find = find,
                                       .erase = erase,
                                       .destroy = destroy,
                                       .shape = shape_of};
    return run_scenario(argc, argv, &kind);
}
