/*
 * Slots with a hash and the address of a record. A removed one points at one object that stands for
 * all of them and keeps its hash. The object counts the records, and elsewhere the slots in use.
 */
#include "scenario.h"

struct record {
    uint64_t key, value;
    struct record *parent;
};

struct item {
    uint64_t hash;
    struct record *record;
};

struct directory {
    uint64_t mask, filled;
    struct item *items;
    char *title;
    int32_t readers, writers;
    uint64_t used;
};

static struct record removed;

static uint64_t hash(uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
    key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
    return key ^ (key >> 31);
}

static void *create(void)
{
    struct directory *directory = must(calloc(1, sizeof(*directory)));
    directory->mask = 15;
    directory->items = must(calloc(16, sizeof(struct item)));
    return directory;
}

/* The item with the key, else the first that may take it. */
static struct item *look_up(const struct directory *directory, uint64_t key)
{
    struct item *reusable = NULL;
    for (uint64_t at = hash(key), step = 1;; at += step++) {
        struct item *item = &directory->items[at & directory->mask];
        if (item->record == NULL)
            return reusable ? reusable : item;
        if (item->record == &removed)
            reusable = reusable ? reusable : item;
        else if (item->record->key == key)
            return item;
    }
}

static bool is_there(const struct item *item)
{
    return item->record != NULL && item->record != &removed;
}

static void resize(struct directory *directory)
{
    struct item *old = directory->items;
    uint64_t old_slots = directory->mask + 1;
    directory->mask = 2 * old_slots - 1;
    directory->items = must(calloc(2 * old_slots, sizeof(struct item)));
    for (uint64_t i = 0; i < old_slots; i++)
        if (is_there(&old[i]))
            *look_up(directory, old[i].record->key) = old[i];
    directory->filled = directory->used;
    free(old);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct directory *directory = table;
    if (directory->filled * 3 >= 2 * (directory->mask + 1))
        resize(directory);
    struct item *item = look_up(directory, key);
    if (!is_there(item)) {
        directory->filled += item->record == NULL;
        directory->used++;
        item->record = must(malloc(sizeof(struct record)));
        *item->record = (struct record){.key = key};
        item->hash = hash(key);
    }
    item->record->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct item *item = look_up(table, key);
    if (!is_there(item))
        return false;
    *value = item->record->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct directory *directory = table;
    struct item *item = look_up(directory, key);
    if (!is_there(item))
        return false;
    free(item->record);
    item->record = &removed;
    directory->used--;
    return true;
}

static void destroy(void *table)
{
    struct directory *directory = table;
    for (uint64_t i = 0; i <= directory->mask; i++)
        if (is_there(&directory->items[i]))
            free(directory->items[i].record);
    free(directory->items);
    free(directory);
}

static struct shape shape(const void *table)
{
    const struct directory *directory = table;
    return (struct shape){.address = directory->items,
                          .capacity = directory->mask + 1,
                          .live = directory->used,
                          .tombstones = directory->filled - directory->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 90000,
        .hides_shape = true,
        .leaves_tombstones = true,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape,
    };
    return run_scenario(argc, argv, &kind);
}
