/*
 * A table of this program's own that is filled, swept down to ten entries and, just before the
 * program ends, rebuilt in another way for each argument, so small that its new array is not
 * tracked: with "resized" by the function that grows it, with "copied" into one that is a local
 * variable and then takes its place, with "replaced" by another object. With "destroyed" it is not
 * rebuilt but taken apart, after a list of the keys that are left was made.
 */
#include <stdlib.h>
#include <string.h>

struct slot {
    unsigned long key;
    long value[3];
};

struct table {
    struct slot *slots;
    size_t capacity, entries;
};

struct keys {
    unsigned long *keys;
    size_t count;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct slot *slot_of(const struct table *table, unsigned long key)
{
    size_t i = key * 0x9e3779b97f4a7c15UL >> 20 & (table->capacity - 1);
    while (table->slots[i].key != 0 && table->slots[i].key != key)
        i = (i + 1) & (table->capacity - 1);
    return &table->slots[i];
}

static void resize(struct table *table, size_t capacity)
{
    struct table old = *table;
    table->slots = must(calloc(capacity, sizeof(struct slot))); /* GROWS HERE */
    table->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key != 0)
            *slot_of(table, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

static void put(struct table *table, const struct slot *slot)
{
    if (table->entries * 4 >= table->capacity * 3)
        resize(table, table->capacity ? table->capacity * 2 : 16);
    *slot_of(table, slot->key) = *slot;
    table->entries++;
}

/* All but the first ten, and those that are left where they are to be found. */
static void sweep(struct table *table)
{
    struct slot left[10];
    for (unsigned long key = 1; key <= 10; key++)
        left[key - 1] = *slot_of(table, key * 7919);
    memset(table->slots, 0, table->capacity * sizeof(struct slot));
    table->entries = 0;
    for (size_t i = 0; i < 10; i++)
        put(table, &left[i]);
}

static void copy(struct table *to, const struct table *from)
{
    for (size_t i = 0; i < from->capacity; i++)
        if (from->slots[i].key != 0)
            put(to, &from->slots[i]);
}

static struct table *sessions;
static struct keys left;

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    sessions = must(calloc(1, sizeof(*sessions)));
    for (unsigned long key = 1; key <= 100000; key++)
        put(sessions, &(struct slot){.key = key * 7919, .value = {(long)key}});
    sweep(sessions);
    if (strcmp(how, "resized") == 0) {
        resize(sessions, 16);
    } else if (strcmp(how, "copied") == 0) {
        struct table small = {0};
        copy(&small, sessions);
        free(sessions->slots);
        *sessions = small;
    } else if (strcmp(how, "replaced") == 0) {
        struct table *small = must(calloc(1, sizeof(*small)));
        copy(small, sessions);
        free(sessions->slots);
        free(sessions);
        sessions = small;
    } else if (strcmp(how, "destroyed") == 0) {
        left.keys = must(malloc(10 * sizeof(*left.keys)));
        for (size_t i = 0; i < sessions->capacity; i++)
            if (sessions->slots[i].key != 0)
                left.keys[left.count++] = sessions->slots[i].key;
        free(sessions->slots);
        free(sessions);
    }
    return 0;
}
