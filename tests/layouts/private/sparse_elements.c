/* A sparse array of elements with a list of the free ones inside it and a bit for each that is in
 * use, and an index of numbers of elements, which is freed before the larger one is filled anew.
 * The hash spreads keys in sequence evenly: no bucket is empty when the index is outgrown, so that
 * it is then what a permutation and its inverse are that are made anew, and may be missed. How many
 * elements there are is the difference of two counts. */
#include "scenario.h"

#include <string.h>

#define NOTHING (-1)

struct element {
    uint64_t name;
    uint64_t value;
    int32_t next_in_bucket, bucket;
};

union place {
    struct element element;
    struct {
        int32_t previous, next;
    } free;
};

struct sparse_set {
    char name[48];
    union place *places;
    int32_t places_used, places_room;
    uint32_t *in_use;
    int32_t bits_room, first_free, free_places;
    int32_t *index;
    int32_t index_size;
};

/* What identifies an element: no two keys have the same. */
static uint64_t name_of(uint64_t key)
{
    return key * UINT64_C(0x9fb21c651e98df25);
}

static int32_t *bucket_of(const struct sparse_set *set, uint64_t name)
{
    return &set->index[(uint32_t)name & (uint32_t)(set->index_size - 1)];
}

static void link_into_index(struct sparse_set *set, int32_t number)
{
    struct element *element = &set->places[number].element;
    int32_t *bucket = bucket_of(set, element->name);
    element->bucket = (int32_t)(bucket - set->index);
    element->next_in_bucket = *bucket;
    *bucket = number;
}

static void make_index(struct sparse_set *set, int32_t size)
{
    free(set->index);
    set->index_size = size;
    set->index = must(malloc((size_t)size * sizeof *set->index));
    memset(set->index, 0xff, (size_t)size * sizeof *set->index);
    for (int32_t number = 0; number < set->places_used; number++)
        if (set->in_use[number / 32] >> number % 32 & 1)
            link_into_index(set, number);
}

static void *create(void)
{
    struct sparse_set *set = must(calloc(1, sizeof *set));
    set->first_free = NOTHING;
    make_index(set, 1);
    return set;
}

static int32_t new_place(struct sparse_set *set)
{
    if (set->free_places > 0) {
        int32_t number = set->first_free;
        set->first_free = set->places[number].free.next;
        set->free_places--;
        return number;
    }
    if (set->places_used == set->places_room) {
        int32_t room = set->places_room + set->places_room * 3 / 8 + 16;
        union place *places = must(malloc((size_t)room * sizeof *places));
        if (set->places_used > 0)
            memcpy(places, set->places, (size_t)set->places_used * sizeof *places);
        free(set->places);
        set->places = places;
        set->places_room = room;
    }
    if (set->places_used == set->bits_room) {
        int32_t room = set->bits_room ? set->bits_room * 2 : 128;
        set->in_use = must(realloc(set->in_use, (size_t)room / 8));
        memset((char *)set->in_use + set->bits_room / 8, 0, (size_t)(room - set->bits_room) / 8);
        set->bits_room = room;
    }
    return set->places_used++;
}

static int32_t *find_link(const struct sparse_set *set, uint64_t key)
{
    uint64_t name = name_of(key);
    int32_t *link = bucket_of(set, name);
    while (*link != NOTHING && set->places[*link].element.name != name)
        link = &set->places[*link].element.next_in_bucket;
    return link;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct sparse_set *set = memory;
    int32_t number = *find_link(set, key);
    if (number != NOTHING)
        *value = set->places[number].element.value;
    return number != NOTHING;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct sparse_set *set = memory;
    int32_t number = *find_link(set, key);
    if (number != NOTHING) {
        set->places[number].element.value = value;
        return;
    }
    number = new_place(set);
    set->in_use[number / 32] |= UINT32_C(1) << number % 32;
    set->places[number].element = (struct element){.name = name_of(key), .value = value};
    int32_t size = 1, elements = set->places_used - set->free_places;
    while (elements >= 4 && size < elements / 2 + 8)
        size *= 2;
    if (size > set->index_size)
        make_index(set, size);
    else
        link_into_index(set, number);
}

static bool erase(void *memory, uint64_t key)
{
    struct sparse_set *set = memory;
    int32_t *link = find_link(set, key), number = *link;
    if (number == NOTHING)
        return false;
    *link = set->places[number].element.next_in_bucket;
    set->in_use[number / 32] &= ~(UINT32_C(1) << number % 32);
    if (set->first_free != NOTHING)
        set->places[set->first_free].free.previous = number;
    set->places[number].free.previous = NOTHING;
    set->places[number].free.next = set->first_free;
    set->first_free = number;
    set->free_places++;
    return true;
}

static void destroy(void *memory)
{
    struct sparse_set *set = memory;
    free(set->index);
    free(set->in_use);
    free(set->places);
    free(set);
}

static struct shape shape(const void *memory)
{
    const struct sparse_set *set = memory;
    return (struct shape){.address = set->index,
                          .others = {set->places},
                          .capacity = (uint64_t)set->index_size,
                          .live = (uint64_t)(set->places_used - set->free_places)};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .ids_look_like_an_array = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
