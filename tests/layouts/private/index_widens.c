/* Entries in the order of their coming, and an index of their numbers, of as few bytes as will do:
 * one, two, then four. At a rehash the index goes first, then both are made anew. An erased entry
 * loses its key and keeps its place, and so does its number. */
#include "scenario.h"

typedef struct pair {
    const uint64_t *key;
    uint64_t *value;
    uint32_t hash;
} pair;

typedef struct table {
    uint32_t live, rows;
    pair *pairs;
    uint32_t room, used;
    void *index;
} table;

static uint32_t hash_of(uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    key = (key ^ key >> 29) * 0x9e6c63d0876a9a47u;
    return (uint32_t)(key ^ key >> 32);
}

static uint32_t number_at(const table *t, uint32_t row)
{
    if (t->room < 0x100)
        return ((const uint8_t *)t->index)[row];
    if (t->room < 0x10000)
        return ((const uint16_t *)t->index)[row];
    return ((const uint32_t *)t->index)[row];
}

static void set_number(table *t, uint32_t row, uint32_t number)
{
    if (t->room < 0x100)
        ((uint8_t *)t->index)[row] = (uint8_t)number;
    else if (t->room < 0x10000)
        ((uint16_t *)t->index)[row] = (uint16_t)number;
    else
        ((uint32_t *)t->index)[row] = number;
}

static void make(table *t, uint32_t rows)
{
    t->rows = rows;
    t->room = rows / 3 * 2;
    t->used = 0;
    t->pairs = must(calloc(t->room, sizeof *t->pairs));
    t->index = must(calloc(rows, t->room < 0x100 ? 1 : t->room < 0x10000 ? 2 : 4));
}

static uint32_t locate(const table *t, uint64_t key, uint32_t hash)
{
    uint32_t row = hash & (t->rows - 1), step = 0, number;
    while ((number = number_at(t, row)) != 0) {
        const pair *at = &t->pairs[number - 1];
        if (at->key && at->hash == hash && *at->key == key)
            break;
        row = (row + ++step) & (t->rows - 1);
    }
    return row;
}

static void append(table *t, const pair *added)
{
    uint32_t row = locate(t, *added->key, added->hash);
    t->pairs[t->used++] = *added;
    set_number(t, row, t->used);
}

static void rehash(table *t)
{
    pair *before = t->pairs;
    uint32_t used = t->used, rows = 8;
    while (rows < t->live * 3)
        rows *= 2;
    free(t->index);
    make(t, rows);
    for (uint32_t i = 0; i < used; i++)
        if (before[i].key)
            append(t, &before[i]);
    free(before);
}

static void *create(void)
{
    table *t = must(calloc(1, sizeof *t));
    make(t, 32);
    return t;
}

static pair *find_pair(const table *t, uint64_t key)
{
    uint32_t number = number_at(t, locate(t, key, hash_of(key)));
    return number ? &t->pairs[number - 1] : NULL;
}

static void insert(void *of, uint64_t key, uint64_t value)
{
    table *t = of;
    pair *there = find_pair(t, key);
    if (there) {
        *there->value = value;
        return;
    }
    if (t->used >= t->room)
        rehash(t);
    uint64_t *entry = must(malloc(6 * sizeof *entry));
    entry[0] = key;
    entry[1] = value;
    append(t, &(pair){.key = &entry[0], .value = &entry[1], .hash = hash_of(key)});
    t->live++;
}

static bool find(void *of, uint64_t key, uint64_t *value)
{
    const pair *there = find_pair(of, key);
    if (there)
        *value = *there->value;
    return there != NULL;
}

static bool erase(void *of, uint64_t key)
{
    table *t = of;
    pair *there = find_pair(t, key);
    if (!there)
        return false;
    free(there->value - 1);
    there->key = NULL;
    t->live--;
    return true;
}

static void destroy(void *of)
{
    table *t = of;
    for (uint32_t i = 0; i < t->used; i++)
        if (t->pairs[i].key)
            free(t->pairs[i].value - 1);
    free(t->pairs);
    free(t->index);
    free(t);
}

static struct shape shape(const void *of)
{
    const table *t = of;
    return (struct shape){
        .address = t->index, .others = {t->pairs}, .capacity = t->rows, .live = t->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
