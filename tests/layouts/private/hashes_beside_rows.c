/*
 * Rows one behind the other, the last of which fills a gap, and an index of their names' hashes
 * beside the rows' numbers: made for many, so that no two of a few meet. MurmurHash2 of the names.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define PLACES 262144u
#define ROOM   150000u

enum { EMPTY, ERASED, FIRST };

struct row {
    char *name;
    size_t length;
    void (*release)(void *name);
    uint64_t key, value;
};

struct place {
    uint32_t hash, number;
};

struct rows {
    struct row *first, *behind, *room;
    struct place *index;
    size_t places, erased;
};

static uint32_t hash_of(const char *name)
{
    const uint32_t m = 0x5bd1e995;
    const unsigned char *at = (const unsigned char *)name;
    size_t length = strlen(name);
    uint32_t h = (uint32_t)length;
    for (; length >= 4; at += 4, length -= 4) {
        uint32_t k;
        memcpy(&k, at, 4);
        k *= m;
        h = h * m ^ (k ^ k >> 24) * m;
    }
    for (size_t i = length; i > 0; i--)
        h ^= (uint32_t)at[i - 1] << 8 * (i - 1);
    if (length > 0)
        h *= m;
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

static void write_name(char name[48], uint64_t key)
{
    snprintf(name, 48, "export/%llx-%u", (unsigned long long)key, (unsigned)(key % 7));
}

/* The place of the row, or where the search for it ends. */
static struct place *search(const struct rows *rows, const char *name)
{
    uint32_t hash = hash_of(name);
    for (uint32_t i = hash;; i++) {
        struct place *place = &rows->index[i & (PLACES - 1)];
        if (place->number == EMPTY || (place->number >= FIRST && place->hash == hash &&
                                       strcmp(rows->first[place->number - FIRST].name, name) == 0))
            return place;
    }
}

static void *create(void)
{
    struct rows *rows = must(calloc(1, sizeof *rows));
    rows->first = rows->behind = must(calloc(ROOM, sizeof *rows->first));
    rows->room = rows->first + ROOM;
    rows->index = must(calloc(PLACES, sizeof *rows->index));
    rows->places = PLACES;
    return rows;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct rows *rows = table;
    char name[48];
    write_name(name, key);
    struct place *place = search(rows, name);
    if (place->number == EMPTY) {
        *place = (struct place){hash_of(name), (uint32_t)(rows->behind - rows->first) + FIRST};
        *rows->behind++ = (struct row){must(strdup(name)), strlen(name), free, key, value};
    } else {
        rows->first[place->number - FIRST].value = value;
    }
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct rows *rows = table;
    char name[48];
    write_name(name, key);
    const struct place *place = search(rows, name);
    if (place->number != EMPTY)
        *value = rows->first[place->number - FIRST].value;
    return place->number != EMPTY;
}

static bool erase(void *table, uint64_t key)
{
    struct rows *rows = table;
    char name[48];
    write_name(name, key);
    struct place *place = search(rows, name);
    if (place->number == EMPTY)
        return false;
    struct row *row = &rows->first[place->number - FIRST], *last = rows->behind - 1;
    search(rows, last->name)->number = place->number;
    *place = (struct place){0, ERASED};
    free(row->name);
    *row = *last;
    *last = (struct row){0};
    rows->behind = last;
    rows->erased++;
    return true;
}

static void destroy(void *table)
{
    struct rows *rows = table;
    for (struct row *row = rows->first; row < rows->behind; row++)
        free(row->name);
    free(rows->first);
    free(rows->index);
    free(rows);
}

static struct shape shape(const void *table)
{
    const struct rows *rows = table;
    return (struct shape){.address = rows->index,
                          .others = {rows->first},
                          .capacity = PLACES,
                          .live = (uint64_t)(rows->behind - rows->first),
                          .tombstones = rows->erased};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ROOM - 100,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
