/* Linear hashing whose array of heads is doubled when a round ends: the buckets of the round are
 * split one by one while entries come in, so that those which were split hold half as many as the
 * others. What it holds is counted by a part of the program that the table knows nothing of; that
 * the heads are copied when the array grows looks like a vector. */
#include "scenario.h"

#include <string.h>

struct member {
    uint32_t hash;
    uint32_t weight;
    uint64_t key;
    uint64_t value;
    struct member *after;
};

struct club {
    struct member **first;
    uint32_t mask;   /* of the round: buckets at its beginning, less one */
    uint32_t halved; /* so many of them were split */
};

static uint64_t members; /* of the only club there is */

static uint32_t mix32(uint64_t key)
{
    uint32_t h = (uint32_t)(key ^ key >> 32);
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static struct member **bucket_of(const struct club *c, uint32_t hash)
{
    uint32_t at = hash & c->mask;
    return &c->first[at < c->halved ? hash & (2 * c->mask + 1) : at];
}

static void *create(void)
{
    struct club *c = must(malloc(sizeof *c));
    *c = (struct club){.first = must(calloc(32, sizeof *c->first)), .mask = 15};
    return c;
}

static void halve(struct club *c)
{
    struct member **low = &c->first[c->halved], **high = &c->first[c->halved + c->mask + 1];
    struct member *member = *low;
    *low = *high = NULL;
    c->halved++;
    for (struct member *after; member; member = after) {
        struct member **bucket = bucket_of(c, member->hash);
        after = member->after;
        member->after = *bucket;
        *bucket = member;
    }
    if (c->halved <= c->mask)
        return;
    size_t buckets = 2 * ((size_t)c->mask + 1);
    struct member **wider = must(calloc(2 * buckets, sizeof *wider));
    memcpy(wider, c->first, buckets * sizeof *wider);
    free(c->first);
    *c = (struct club){.first = wider, .mask = (uint32_t)buckets - 1};
}

static struct member **seek(const struct club *c, uint64_t key)
{
    uint32_t hash = mix32(key);
    struct member **at = bucket_of(c, hash);
    while (*at && ((*at)->hash != hash || (*at)->key != key))
        at = &(*at)->after;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct club *c = table;
    struct member **at = seek(c, key);
    if (*at) {
        (*at)->value = value;
        return;
    }
    struct member *member = must(malloc(sizeof *member));
    *member = (struct member){.hash = mix32(key), .weight = 1, .key = key, .value = value};
    *at = member;
    if (++members > 2 * ((uint64_t)c->mask + 1 + c->halved))
        halve(c);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct member *member = *seek(table, key);
    if (member)
        *value = member->value;
    return member != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct member **at = seek(table, key), *member = *at;
    if (!member)
        return false;
    *at = member->after;
    free(member);
    members--;
    return true;
}

static void destroy(void *table)
{
    struct club *c = table;
    for (uint64_t i = 0; i <= 2 * (uint64_t)c->mask + 1; i++)
        for (struct member *member = c->first[i], *after; member; member = after) {
            after = member->after;
            free(member);
        }
    free(c->first);
    free(c);
}

static struct shape shape(const void *table)
{
    const struct club *c = table;
    return (struct shape){
        .address = c->first, .capacity = 2 * ((uint64_t)c->mask + 1), .live = members};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 700000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
