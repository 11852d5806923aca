/*
 * Chains by a poor hash, of one of the two fields of the key alone: a hundred entries are in each
 * bucket that is used, and none is alone there.
 */
#include "scenario.h"

enum { BUCKETS = 1 << 15, GROUPS = 300 };

typedef struct member {
    uint32_t group, part;
    struct member *next;
    uint64_t key, value;
} member_t;

typedef struct {
    member_t **heads;
    uint64_t count;
} members_t;

static uint32_t group_of(uint64_t key)
{
    return (uint32_t)(key % GROUPS) + 1;
}

static uint32_t bucket_of(uint32_t group)
{
    return group * 0x9e3779b1u & (BUCKETS - 1);
}

static void *create(void)
{
    members_t *t = must(calloc(1, sizeof *t));
    t->heads = must(calloc(BUCKETS, sizeof *t->heads));
    return t;
}

static member_t **look_up(const members_t *t, uint64_t key)
{
    member_t **link = &t->heads[bucket_of(group_of(key))];
    while (*link != NULL && (*link)->key != key)
        link = &(*link)->next;
    return link;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    members_t *t = table;
    member_t *member = *look_up(t, key);
    if (member == NULL) {
        member_t **head = &t->heads[bucket_of(group_of(key))];
        member = must(malloc(sizeof *member));
        *member = (member_t){
            .group = group_of(key), .part = (uint32_t)(key >> 9) + 1, .next = *head, .key = key};
        *head = member;
        t->count++;
    }
    member->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    member_t *member = *look_up(table, key);
    if (member != NULL)
        *value = member->value;
    return member != NULL;
}

static bool erase(void *table, uint64_t key)
{
    members_t *t = table;
    member_t **link = look_up(t, key), *member = *link;
    if (member == NULL)
        return false;
    *link = member->next;
    free(member);
    t->count--;
    return true;
}

static void destroy(void *table)
{
    members_t *t = table;
    for (uint32_t i = 0; i < BUCKETS; i++)
        for (member_t *member = t->heads[i], *next; member != NULL; member = next) {
            next = member->next;
            free(member);
        }
    free(t->heads);
    free(t);
}

static struct shape shape(const void *table)
{
    const members_t *t = table;
    return (struct shape){.address = t->heads, .capacity = BUCKETS, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 30000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
