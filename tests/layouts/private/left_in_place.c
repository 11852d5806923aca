/*
 * Slots hold the number of a row, in an array elsewhere, and half of its key's hash, by which names
 * are told apart before they are compared: not the half that names the slot. Made once for all
 * entries to come, as the logarithm in it says. Erasing marks the number alone, and puts the last
 * row in the place of the one that goes.
 */
#include "scenario.h"

#define BITS    17u
#define FREE    UINT32_MAX
#define DELETED (UINT32_MAX - 1)

struct row {
    uint64_t key, value, expires;
};

struct slot {
    uint32_t row, check;
};

struct map {
    struct slot *slots;
    struct row *rows;
    size_t used, room;
    unsigned bits;
    uint32_t count, deleted;
};

static APART uint64_t hash(uint64_t key)
{
    key = (key ^ key >> 29) * 0xc2b2ae3d27d4eb4fu;
    key = (key ^ key >> 31) * 0x165667b19e3779f9u;
    return key ^ key >> 32;
}

static void *create(void)
{
    struct map *map = must(calloc(1, sizeof *map));
    map->bits = BITS;
    map->slots = must(malloc(sizeof *map->slots << BITS));
    for (size_t i = 0; i >> BITS == 0; i++)
        map->slots[i] = (struct slot){.row = FREE};
    return map;
}

static size_t slot_behind(const struct map *map, size_t i)
{
    return (i + 1) & (((size_t)1 << map->bits) - 1);
}

/* The slot with the key, or the first that can take it. */
static struct slot *look_up(const struct map *map, uint64_t key)
{
    const uint64_t hashed = hash(key);
    struct slot *reusable = NULL;
    for (size_t i = hashed >> (64 - map->bits);; i = slot_behind(map, i)) {
        struct slot *slot = &map->slots[i];
        if (slot->row == FREE)
            return reusable ? reusable : slot;
        if (slot->row == DELETED)
            reusable = reusable ? reusable : slot;
        else if (slot->check == (uint32_t)hashed && map->rows[slot->row].key == key)
            return slot;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct map *map = table;
    struct slot *slot = look_up(map, key);
    if (slot->row == FREE || slot->row == DELETED) {
        map->deleted -= slot->row == DELETED;
        if (map->used == map->room) {
            map->room = map->room ? map->room * 2 : 64;
            map->rows = must(realloc(map->rows, map->room * sizeof *map->rows));
        }
        *slot = (struct slot){.row = (uint32_t)map->used++, .check = (uint32_t)hash(key)};
        map->count++;
    }
    map->rows[slot->row] = (struct row){.key = key, .value = value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct map *map = table;
    struct slot *slot = look_up(map, key);
    if (slot->row == FREE || slot->row == DELETED)
        return false;
    *value = map->rows[slot->row].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct map *map = table;
    struct slot *slot = look_up(map, key);
    if (slot->row == FREE || slot->row == DELETED)
        return false;
    uint32_t row = slot->row, last = (uint32_t)--map->used;
    slot->row = DELETED;
    map->deleted++;
    map->count--;
    if (row != last) {
        look_up(map, map->rows[last].key)->row = row;
        map->rows[row] = map->rows[last];
    }
    return true;
}

static void destroy(void *table)
{
    struct map *map = table;
    free(map->slots);
    free(map->rows);
    free(map);
}

static struct shape shape(const void *table)
{
    const struct map *map = table;
    return (struct shape){.address = map->slots,
                          .others = {map->rows},
                          .capacity = (uint64_t)1 << map->bits,
                          .live = map->count,
                          .tombstones = map->deleted};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 90000,
        .never_grows = true,
        .leaves_tombstones = true,
        .is_within = true, /* full, nothing tells which slots are in use */
        .hides_shape = true,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape};
    return run_scenario(argc, argv, &kind);
}
