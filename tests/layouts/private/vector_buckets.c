/* Each bucket is a small vector of entries, which keeps its block when it is emptied. */
#include "scenario.h"

#define CROWD 2u /* entries for each bucket when there get to be more of them */

struct pair {
    uint64_t key;
    uint64_t value;
};

struct shelf {
    struct pair *pairs;
    uint32_t used;
    uint32_t room;
};

struct library {
    size_t pairs;
    struct shelf *shelves;
    size_t count;
};

static size_t shelf_of(uint64_t key, size_t count)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return (key ^ key >> 33) & (count - 1);
}

static void push(struct shelf *shelf, struct pair pair)
{
    if (shelf->used == shelf->room) {
        shelf->room = shelf->room ? 2 * shelf->room : 2;
        shelf->pairs = must(realloc(shelf->pairs, shelf->room * sizeof *shelf->pairs));
    }
    shelf->pairs[shelf->used++] = pair;
}

static struct pair *pair_in(const struct shelf *shelf, uint64_t key)
{
    for (uint32_t i = 0; i < shelf->used; i++)
        if (shelf->pairs[i].key == key)
            return &shelf->pairs[i];
    return NULL;
}

static void *create(void)
{
    struct library *l = must(calloc(1, sizeof *l));
    l->count = 16;
    l->shelves = must(calloc(l->count, sizeof *l->shelves));
    return l;
}

static void widen(struct library *l)
{
    size_t count = 2 * l->count;
    struct shelf *wider = must(calloc(count, sizeof *wider));
    for (size_t i = 0; i < l->count; i++) {
        for (uint32_t j = 0; j < l->shelves[i].used; j++)
            push(&wider[shelf_of(l->shelves[i].pairs[j].key, count)], l->shelves[i].pairs[j]);
        free(l->shelves[i].pairs);
    }
    free(l->shelves);
    l->shelves = wider;
    l->count = count;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct library *l = table;
    struct pair *known = pair_in(&l->shelves[shelf_of(key, l->count)], key);
    if (known) {
        known->value = value;
        return;
    }
    if (l->pairs >= CROWD * l->count)
        widen(l);
    push(&l->shelves[shelf_of(key, l->count)], (struct pair){key, value});
    l->pairs++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct library *l = table;
    const struct pair *known = pair_in(&l->shelves[shelf_of(key, l->count)], key);
    if (known)
        *value = known->value;
    return known != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct library *l = table;
    struct shelf *shelf = &l->shelves[shelf_of(key, l->count)];
    struct pair *known = pair_in(shelf, key);
    if (!known)
        return false;
    *known = shelf->pairs[--shelf->used];
    l->pairs--;
    return true;
}

static void destroy(void *table)
{
    struct library *l = table;
    for (size_t i = 0; i < l->count; i++)
        free(l->shelves[i].pairs);
    free(l->shelves);
    free(l);
}

static struct shape shape(const void *table)
{
    const struct library *l = table;
    return (struct shape){.address = l->shelves, .capacity = l->count, .live = l->pairs};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
