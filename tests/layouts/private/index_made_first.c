/*
 * Pairs of a hash and an entry's number, probed linearly. The table makes its next index, lets go
 * of the old one, and fills it then from the entries; an index without room for another mark is
 * made anew at the same size. Numbers of the table are kept as ends of its memory only.
 */
#include "scenario.h"

#include <string.h>

#define NONE UINT32_MAX
#define GONE (UINT32_MAX - 1)

struct place {
    uint32_t hash, number;
};

struct item {
    uint64_t key;
    uint32_t hash, weight;
    uint64_t value;
};

struct index {
    struct place *places, *places_end;
    struct item *items, *items_end, *items_room;
    struct place *spare; /* as many places before the end as may still be taken */
};

static uint32_t fold(uint64_t key)
{
    key ^= key >> 31;
    key *= 0x7fb5d329728ea185u;
    key ^= key >> 27;
    key *= 0x81dadef4bc2dd44du;
    return (uint32_t)(key >> 33);
}

static size_t places_of(const struct index *index)
{
    return (size_t)(index->places_end - index->places);
}

static void make_places(struct index *index, size_t count)
{
    struct place *places = must(malloc(count * sizeof *places));
    memset(places, 0xff, count * sizeof *places);
    free(index->places);
    index->places = places;
    index->places_end = places + count;
    index->spare = index->places_end - count * 2 / 3;
    for (struct item *item = index->items; item < index->items_end; item++) {
        size_t at = item->hash & (count - 1);
        while (places[at].number != NONE)
            at = (at + 1) & (count - 1);
        places[at] = (struct place){item->hash, (uint32_t)(item - index->items)};
        index->spare++;
    }
}

static struct place *look_up(const struct index *index, uint64_t key)
{
    size_t mask = places_of(index) - 1;
    uint32_t hash = fold(key);
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct place *place = &index->places[at];
        if (place->number == NONE)
            return NULL;
        if (place->number != GONE && place->hash == hash && index->items[place->number].key == key)
            return place;
    }
}

static void *create(void)
{
    struct index *index = must(calloc(1, sizeof *index));
    make_places(index, 64);
    return index;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct index *index = table;
    struct place *place = look_up(index, key);
    if (place) {
        index->items[place->number].value = value;
        return;
    }
    size_t used = (size_t)(index->items_end - index->items);
    if (index->spare == index->places_end)
        make_places(index, places_of(index) << (used * 2 > places_of(index)));
    if (index->items_end == index->items_room) {
        size_t room = used + used / 2 + 24;
        index->items = must(realloc(index->items, room * sizeof *index->items));
        index->items_end = index->items + used;
        index->items_room = index->items + room;
    }
    size_t mask = places_of(index) - 1, at = fold(key) & mask;
    while (index->places[at].number != NONE)
        at = (at + 1) & mask;
    index->places[at] = (struct place){fold(key), (uint32_t)used};
    *index->items_end++ = (struct item){.key = key, .hash = fold(key), .value = value};
    index->spare++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct index *index = table;
    const struct place *place = look_up(index, key);
    if (place)
        *value = index->items[place->number].value;
    return place != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct index *index = table;
    struct place *place = look_up(index, key);
    if (!place)
        return false;
    struct item *item = &index->items[place->number], *last = index->items_end - 1;
    if (item != last) {
        look_up(index, last->key)->number = place->number;
        *item = *last;
    }
    index->items_end--;
    *place = (struct place){.hash = NONE, .number = GONE};
    return true;
}

static void destroy(void *table)
{
    struct index *index = table;
    free(index->places);
    free(index->items);
    free(index);
}

static struct shape shape(const void *table)
{
    const struct index *index = table;
    uint64_t live = (uint64_t)(index->items_end - index->items), gone = 0;
    for (const struct place *place = index->places; place < index->places_end; place++)
        gone += place->number == GONE;
    return (struct shape){.address = index->places,
                          .others = {index->items},
                          .capacity = places_of(index),
                          .live = live,
                          .tombstones = gone};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
