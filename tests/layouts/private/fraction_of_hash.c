/* Lists, 90,000 of them from the beginning, named by how large a part of all hashes is below an
 * entry's, which keeps its hash. */
#include "scenario.h"

#define LISTS 90000u

struct link {
    struct link *after;
    uint32_t hash;
    uint64_t id, value;
};

struct lists {
    struct link **heads;
    size_t links;
};

/* The sum of the key's bytes, shifted and mixed as they are added. */
static uint32_t hash_of(uint64_t id)
{
    uint32_t hash = 0x31415926u;
    for (unsigned i = 0; i < 64; i += 8) {
        hash += (uint32_t)(id >> i & 0xff) * 0x1b873593u;
        hash ^= hash >> 15;
        hash *= 0x2c1b3c6du;
        hash ^= hash << 7;
    }
    return hash ^ hash >> 16;
}

static struct link **list_of(const struct lists *lists, uint32_t hash)
{
    return &lists->heads[(uint64_t)hash * LISTS >> 32];
}

static void *create(void)
{
    struct lists *lists = must(calloc(1, sizeof *lists));
    lists->heads = must(calloc(LISTS, sizeof *lists->heads));
    return lists;
}

static struct link **locate(const struct lists *lists, uint64_t id)
{
    const uint32_t hash = hash_of(id);
    struct link **at = list_of(lists, hash);
    while (*at && ((*at)->hash != hash || (*at)->id != id))
        at = &(*at)->after;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct lists *lists = table;
    struct link *link = *locate(lists, key), **head;
    if (link) {
        link->value = value;
        return;
    }
    head = list_of(lists, hash_of(key));
    link = must(malloc(sizeof *link));
    *link = (struct link){*head, hash_of(key), key, value};
    *head = link;
    lists->links++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct link *link = *locate(table, key);
    if (link)
        *value = link->value;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct lists *lists = table;
    struct link **at = locate(lists, key), *link = *at;
    if (!link)
        return false;
    *at = link->after;
    free(link);
    lists->links--;
    return true;
}

static void destroy(void *table)
{
    struct lists *lists = table;
    for (size_t i = 0; i < LISTS; i++)
        for (struct link *link = lists->heads[i], *after; link; link = after) {
            after = link->after;
            free(link);
        }
    free(lists->heads);
    free(lists);
}

static struct shape shape(const void *table)
{
    const struct lists *lists = table;
    return (struct shape){.address = lists->heads, .capacity = LISTS, .live = lists->links};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 70000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
