/*
 * A set of 32-bit integers, four bytes a slot, 0 empty. Only keys 1..n: they are spread over 32
 * bits by an odd factor, which is a bijection. The value is worked out again: a set stores none.
 */
#include "scenario.h"

#define SPREAD 2654435761u /* Knuth's multiplier */

struct int_set {
    uint32_t *members;
    uint32_t mask;
    uint32_t count;
};

static uint32_t start(const struct int_set *set, uint32_t member)
{
    member ^= member >> 16;
    member *= 0x85ebca6bu;
    member ^= member >> 13;
    return member & set->mask;
}

static uint32_t *find_member(const struct int_set *set, uint32_t member)
{
    uint32_t i = start(set, member);
    while (set->members[i] != 0 && set->members[i] != member)
        i = (i + 1) & set->mask;
    return &set->members[i];
}

static void *create(void)
{
    struct int_set *set = must(malloc(sizeof *set));
    *set = (struct int_set){.members = must(calloc(512, sizeof(uint32_t))), .mask = 511};
    return set;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct int_set *set = table;
    (void)value;
    if (set->count > set->mask / 2) {
        struct int_set next = {.mask = set->mask * 2 + 1, .count = set->count};
        next.members = must(calloc((size_t)next.mask + 1, sizeof(uint32_t)));
        for (uint32_t i = 0; i <= set->mask; i++) {
            if (set->members[i] != 0)
                *find_member(&next, set->members[i]) = set->members[i];
        }
        free(set->members);
        *set = next;
    }
    uint32_t *member = find_member(set, (uint32_t)key * SPREAD);
    set->count += *member == 0;
    *member = (uint32_t)key * SPREAD;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    *value = key * 3 + 1;
    return *find_member(table, (uint32_t)key * SPREAD) != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct int_set *set = table;
    uint32_t *member = find_member(set, (uint32_t)key * SPREAD);
    if (*member == 0)
        return false;
    uint32_t hole = (uint32_t)(member - set->members);
    for (uint32_t i = (hole + 1) & set->mask; set->members[i] != 0; i = (i + 1) & set->mask) {
        if (((i - start(set, set->members[i])) & set->mask) >= ((i - hole) & set->mask)) {
            set->members[hole] = set->members[i];
            hole = i;
        }
    }
    set->members[hole] = 0;
    set->count--;
    return true;
}

static void destroy(void *table)
{
    free(((struct int_set *)table)->members);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct int_set *set = table;
    return (struct shape){
        .address = set->members, .capacity = (uint64_t)set->mask + 1, .live = set->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
