/* Chains that readers walk without a lock: each ends with the odd address of its own bucket, so
 * that a reader who was led into another chain notices. A counter of writers lies beside each head.
 */
#include "scenario.h"

#include <string.h>

struct member {
    struct member *rest;
    uint64_t key, value;
};

struct place {
    uint64_t writes;
    struct member *head;
};

struct lookaside {
    size_t members, bits;
    struct place *places;
};

static struct member *end_of(const struct place *place)
{
    return (struct member *)((uintptr_t)place | 1);
}

static bool is_end(const struct member *member)
{
    return ((uintptr_t)member & 1) != 0;
}

static struct place *place_in(struct place *places, size_t bits, uint64_t key)
{
    key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return &places[(key ^ key >> 29) * UINT64_C(0xd6e8feb86659fd93) >> (64 - bits)];
}

static struct place *new_places(size_t bits)
{
    struct place *places = must(malloc(sizeof(struct place) << bits));
    for (size_t i = 0; i < (size_t)1 << bits; i++)
        places[i] = (struct place){.head = end_of(&places[i])};
    return places;
}

static void *create(void)
{
    struct lookaside *table = must(malloc(sizeof *table));
    *table = (struct lookaside){.bits = 5, .places = new_places(5)};
    return table;
}

static void push(struct place *place, struct member *member)
{
    member->rest = place->head;
    place->head = member;
    place->writes++;
}

static void widen(struct lookaside *table)
{
    struct place *wider = new_places(table->bits + 1);
    for (size_t i = 0; i < (size_t)1 << table->bits; i++)
        for (struct member *member = table->places[i].head, *rest; !is_end(member); member = rest) {
            rest = member->rest;
            push(place_in(wider, table->bits + 1, member->key), member);
        }
    free(table->places);
    table->places = wider;
    table->bits++;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    struct lookaside *table = memory;
    const struct member *member = place_in(table->places, table->bits, key)->head;
    while (!is_end(member) && member->key != key)
        member = member->rest;
    if (is_end(member))
        return false;
    *value = member->value;
    return true;
}

static bool erase(void *memory, uint64_t key)
{
    struct lookaside *table = memory;
    struct place *place = place_in(table->places, table->bits, key);
    for (struct member **at = &place->head; !is_end(*at); at = &(*at)->rest) {
        struct member *member = *at;
        if (member->key != key)
            continue;
        *at = member->rest;
        place->writes++;
        free(member);
        table->members--;
        return true;
    }
    return false;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct lookaside *table = memory;
    erase(table, key);
    if (table->members * 8 >= (size_t)7 << table->bits)
        widen(table);
    struct member *member = must(malloc(sizeof *member));
    *member = (struct member){.key = key, .value = value};
    push(place_in(table->places, table->bits, key), member);
    table->members++;
}

static void destroy(void *memory)
{
    struct lookaside *table = memory;
    for (size_t i = 0; i < (size_t)1 << table->bits; i++)
        for (struct member *member = table->places[i].head, *rest; !is_end(member); member = rest) {
            rest = member->rest;
            free(member);
        }
    free(table->places);
    free(table);
}

static struct shape shape(const void *memory)
{
    const struct lookaside *table = memory;
    return (struct shape){
        .address = table->places, .capacity = (uint64_t)1 << table->bits, .live = table->members};
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
