/* One block for each size of the table: 4-byte numbers of entries, looked up by triangular probing,
 * and behind them the entries in the order in which they came. What is erased stays behind as a
 * hole until the next rebuild, and its number as a mark. */
#include "scenario.h"

#include <string.h>

enum { FREE = 0, ERASED = 1, FIRST = 2 };

struct item {
    uint64_t key, value;
    bool is_there;
};

struct shelf {
    uint32_t *index;
    uint32_t size, used, holes; /* places in the index; items that are or were there */
};

static struct item *items_of(const struct shelf *shelf)
{
    return (struct item *)(void *)(shelf->index + shelf->size);
}

static uint32_t room_of(uint32_t size)
{
    return size / 4 * 3;
}

static void new_block(struct shelf *shelf, uint32_t size)
{
    *shelf = (struct shelf){.size = size};
    shelf->index = must(calloc(1, size * sizeof(uint32_t) + room_of(size) * sizeof(struct item)));
}

static uint32_t *place_of(const struct shelf *shelf, uint64_t key)
{
    uint64_t hash = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    uint32_t mask = shelf->size - 1, at = (uint32_t)(hash >> 24) & mask;
    for (uint32_t step = 1; shelf->index[at] != FREE; at = (at + step++) & mask) {
        if (shelf->index[at] == ERASED)
            continue;
        const struct item *item = &items_of(shelf)[shelf->index[at] - FIRST];
        if (item->is_there && item->key == key)
            break;
    }
    return &shelf->index[at];
}

static void append(struct shelf *shelf, uint64_t key, uint64_t value)
{
    *place_of(shelf, key) = shelf->used + FIRST;
    items_of(shelf)[shelf->used++] = (struct item){key, value, true};
}

static void rebuild(struct shelf *shelf)
{
    struct shelf old = *shelf;
    uint32_t left = old.used - old.holes;
    new_block(shelf, left * 2 > room_of(old.size) ? old.size * 2 : old.size);
    for (uint32_t i = 0; i < old.used; i++) {
        const struct item *item = &items_of(&old)[i];
        if (item->is_there)
            append(shelf, item->key, item->value);
    }
    free(old.index);
}

static void *create(void)
{
    struct shelf *shelf = must(malloc(sizeof *shelf));
    new_block(shelf, 16);
    return shelf;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct shelf *shelf = table;
    uint32_t number = *place_of(shelf, key);
    if (number == FREE)
        return false;
    *value = items_of(shelf)[number - FIRST].value;
    return true;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct shelf *shelf = table;
    uint32_t number = *place_of(shelf, key);
    if (number != FREE) {
        items_of(shelf)[number - FIRST].value = value;
        return;
    }
    if (shelf->used == room_of(shelf->size))
        rebuild(shelf);
    append(shelf, key, value);
}

static bool erase(void *table, uint64_t key)
{
    struct shelf *shelf = table;
    uint32_t *place = place_of(shelf, key);
    if (*place == FREE)
        return false;
    items_of(shelf)[*place - FIRST] = (struct item){0};
    *place = ERASED;
    shelf->holes++;
    return true;
}

static void destroy(void *table)
{
    struct shelf *shelf = table;
    free(shelf->index);
    free(shelf);
}

static struct shape shape(const void *table)
{
    const struct shelf *shelf = table;
    return (struct shape){.address = shelf->index,
                          .capacity = shelf->size,
                          .live = shelf->used - shelf->holes,
                          .tombstones = shelf->holes};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
