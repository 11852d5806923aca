/*
 * All entries on one list, those of a bucket behind each other; a bucket is how many they are and
 * the first of them. Buckets fill what the allocator really gave, which is a little more than what
 * it was asked for. Where the last entry of a bucket goes the pointer stays, to the next one's.
 */
#include "scenario.h"

#include <malloc.h>
#include <string.h>

struct member {
    struct member *next, *previous;
    uint64_t key, value;
};

struct bucket {
    unsigned many;
    struct member *first;
};

struct group {
    unsigned size, members;
    struct member *all;
    struct bucket *buckets;
};

static struct bucket *bucket_of(const struct group *group, uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return &group->buckets[(uint32_t)(key ^ key >> 31) % group->size];
}

static void put(struct group *group, struct member *member)
{
    struct bucket *bucket = bucket_of(group, member->key);
    struct member *behind = bucket->many++ > 0 ? bucket->first : group->all;
    member->next = behind;
    member->previous = behind ? behind->previous : NULL;
    if (behind)
        behind->previous = member;
    if (member->previous)
        member->previous->next = member;
    else
        group->all = member;
    bucket->first = member;
}

static void resize(struct group *group, unsigned size)
{
    struct member *member = group->all, *next;
    free(group->buckets);
    group->buckets = must(malloc(size * sizeof *group->buckets));
    group->size = (unsigned)(malloc_usable_size(group->buckets) / sizeof *group->buckets);
    memset(group->buckets, 0, group->size * sizeof *group->buckets);
    for (group->all = NULL; member != NULL; member = next) {
        next = member->next;
        put(group, member);
    }
}

static void *create(void)
{
    struct group *group = must(calloc(1, sizeof *group));
    resize(group, 8);
    return group;
}

static struct member *search(const struct group *group, uint64_t key)
{
    const struct bucket *bucket = bucket_of(group, key);
    struct member *member = bucket->first;
    for (unsigned left = bucket->many; left > 0; left--, member = member->next)
        if (member->key == key)
            return member;
    return NULL;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct group *group = table;
    struct member *member = search(group, key);
    if (member == NULL) {
        member = must(malloc(sizeof *member));
        *member = (struct member){.key = key};
        if (++group->members > 2 * group->size)
            resize(group, 3 * group->members);
        put(group, member);
    }
    member->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct member *member = search(table, key);
    if (member != NULL)
        *value = member->value;
    return member != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct group *group = table;
    struct member *member = search(group, key);
    struct bucket *bucket = bucket_of(group, key);
    if (member == NULL)
        return false;
    if (member->previous)
        member->previous->next = member->next;
    else
        group->all = member->next;
    if (member->next)
        member->next->previous = member->previous;
    if (bucket->first == member)
        bucket->first = member->next;
    bucket->many--;
    group->members--;
    free(member);
    return true;
}

static void destroy(void *table)
{
    struct group *group = table;
    for (struct member *member = group->all, *next; member != NULL; member = next) {
        next = member->next;
        free(member);
    }
    free(group->buckets);
    free(group);
}

static struct shape shape(const void *table)
{
    const struct group *group = table;
    return (struct shape){
        .address = group->buckets, .capacity = group->size, .live = group->members};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
