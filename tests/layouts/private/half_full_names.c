/*
 * Names and what they stand for in two arrays, never more than half of them in use. The slots come
 * from malloc; a name that is NULL is all that makes one free, and erasing leaves its hash, its
 * length and the value.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"

struct name {
    uint64_t hash;
    char *text;
    size_t length;
};

struct names {
    size_t length, capacity;
    struct name *names;
    uint64_t *values;
};

static struct name name_of(uint64_t key)
{
    char text[24];
    struct name name = {.hash = 0xcbf29ce484222325u};
    name.length = (size_t)snprintf(text, sizeof text, "_f%" PRIx64, key);
    for (size_t i = 0; i < name.length; i++)
        name.hash = (name.hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    name.hash ^= name.hash >> 32;
    name.text = must(strdup(text));
    return name;
}

static size_t seek(const struct names *names, const struct name *name)
{
    size_t at = name->hash & (names->capacity - 1);
    while (names->names[at].text &&
           (names->names[at].hash != name->hash || strcmp(names->names[at].text, name->text) != 0))
        at = (at + 1) & (names->capacity - 1);
    return at;
}

static void set_up(struct names *names, size_t capacity)
{
    names->capacity = capacity;
    names->names = must(malloc(capacity * sizeof *names->names));
    names->values = must(malloc(capacity * sizeof *names->values));
    for (size_t i = 0; i < capacity; i++)
        names->names[i].text = NULL;
}

static void *create(void)
{
    struct names *names = must(calloc(1, sizeof *names));
    set_up(names, 32);
    return names;
}

static void grow(struct names *names)
{
    struct names old = *names;
    set_up(names, old.capacity * 2);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.names[i].text) {
            size_t at = seek(names, &old.names[i]);
            names->names[at] = old.names[i];
            names->values[at] = old.values[i];
        }
    free(old.names);
    free(old.values);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct names *names = table;
    struct name name = name_of(key);
    if (names->capacity / 2 < names->length)
        grow(names);
    size_t at = seek(names, &name);
    names->names[at] = name;
    names->values[at] = value;
    names->length++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct names *names = table;
    struct name name = name_of(key);
    size_t at = seek(names, &name);
    free(name.text);
    if (names->names[at].text)
        *value = names->values[at];
    return names->names[at].text != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct names *names = table;
    struct name name = name_of(key);
    size_t mask = names->capacity - 1, hole = seek(names, &name);
    free(name.text);
    if (!names->names[hole].text)
        return false;
    free(names->names[hole].text);
    for (size_t at = hole; at = (at + 1) & mask, names->names[at].text;) {
        size_t home = names->names[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        names->names[hole] = names->names[at];
        names->values[hole] = names->values[at];
        hole = at;
    }
    names->names[hole].text = NULL;
    names->length--;
    return true;
}

static void destroy(void *table)
{
    struct names *names = table;
    for (size_t i = 0; i < names->capacity; i++)
        free(names->names[i].text);
    free(names->names);
    free(names->values);
    free(names);
}

static struct shape shape(const void *table)
{
    const struct names *names = table;
    return (struct shape){.address = names->names,
                          .others = {names->values},
                          .capacity = names->capacity,
                          .live = names->length};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 60000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
