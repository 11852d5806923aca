/*
 * Interned names as an interpreter keeps them: a deleted entry has no name any more and a truth
 * value in its place, and the count takes it along until the next growth.
 */
#include "scenario.h"

#include <string.h>

struct name {
    uint64_t key, value;
    uint32_t hash, length;
};

struct entry {
    struct name *name;
    uint32_t type; /* of what follows: 0 nothing, 1 a truth value */
    uint32_t is_true;
};

struct names {
    int32_t count, capacity;
    struct entry *entries;
};

static uint32_t hash(uint64_t key)
{
    uint32_t hash = 2166136261u;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (uint8_t)(key >> 8 * i)) * 16777619u;
    return hash;
}

static void *create(void)
{
    return must(calloc(1, sizeof(struct names)));
}

static struct entry *entry_of(struct entry *entries, int32_t capacity, uint64_t key)
{
    struct entry *tombstone = NULL;
    for (uint32_t i = hash(key);; i++) {
        struct entry *entry = &entries[i & (uint32_t)(capacity - 1)];
        if (entry->name == NULL && entry->type == 0)
            return tombstone ? tombstone : entry;
        if (entry->name == NULL)
            tombstone = tombstone ? tombstone : entry;
        else if (entry->name->key == key)
            return entry;
    }
}

static void adjust(struct names *names, int32_t capacity)
{
    struct entry *entries = must(calloc((size_t)capacity, sizeof(*entries)));
    names->count = 0;
    for (int32_t i = 0; i < names->capacity; i++) {
        struct name *name = names->entries[i].name;
        if (name == NULL)
            continue;
        entry_of(entries, capacity, name->key)->name = name;
        names->count++;
    }
    free(names->entries);
    names->entries = entries;
    names->capacity = capacity;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct names *names = table;
    if ((names->count + 1) * 4 > names->capacity * 3)
        adjust(names, names->capacity < 8 ? 8 : names->capacity * 2);
    struct entry *entry = entry_of(names->entries, names->capacity, key);
    if (entry->name == NULL) {
        names->count += entry->type == 0;
        entry->name = must(malloc(sizeof(struct name)));
        *entry->name = (struct name){.key = key, .hash = hash(key), .length = 8};
    }
    entry->name->value = value;
    entry->type = entry->is_true = 0;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct names *names = table;
    struct entry *entry = entry_of(names->entries, names->capacity, key);
    if (entry->name == NULL)
        return false;
    *value = entry->name->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct names *names = table;
    struct entry *entry = entry_of(names->entries, names->capacity, key);
    if (entry->name == NULL)
        return false;
    free(entry->name);
    *entry = (struct entry){.type = 1, .is_true = 1};
    return true;
}

static void destroy(void *table)
{
    struct names *names = table;
    for (int32_t i = 0; i < names->capacity; i++)
        free(names->entries[i].name);
    free(names->entries);
    free(names);
}

static struct shape shape(const void *table)
{
    const struct names *names = table;
    struct shape shape = {.address = names->entries, .capacity = (uint64_t)names->capacity};
    for (int32_t i = 0; i < names->capacity; i++) {
        shape.live += names->entries[i].name != NULL;
        shape.tombstones += names->entries[i].type == 1;
    }
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 90000,
        .hides_shape = true,
        .leaves_tombstones = true,
        .destroy_empties = true,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape,
    };
    return run_scenario(argc, argv, &kind);
}
