/* As a kernel module would: each bucket is the head of a ring that runs through a member in the
 * middle of the entries. */
#include "scenario.h"

#define SHIFT   17
#define BUCKETS (1u << SHIFT)

struct list_head {
    struct list_head *next, *prev;
};

struct conn {
    uint32_t saddr, daddr;
    uint64_t hash;
    uint64_t bytes;
    struct list_head hash_list;
    uint64_t cookie;
};

struct conn_table {
    struct list_head *hash;
    uint32_t shift;
    uint32_t nr;
};

#define entry_of(ptr) ((struct conn *)(void *)((char *)(ptr)-offsetof(struct conn, hash_list)))

static uint64_t hash_conn(uint64_t key)
{
    uint64_t h = key ^ 0x51ed270b9f3a1c75u;
    for (int round = 0; round < 3; round++) {
        h *= 0xd6e8feb86659fd93u;
        h ^= h >> 32;
    }
    return h;
}

static struct conn *lookup(struct conn_table *t, uint64_t key, uint64_t hash)
{
    struct list_head *head = &t->hash[hash >> (64 - SHIFT)];
    for (struct list_head *pos = head->next; pos != head; pos = pos->next)
        if (entry_of(pos)->hash == hash && entry_of(pos)->cookie == key)
            return entry_of(pos);
    return NULL;
}

static void *create(void)
{
    struct conn_table *t = must(malloc(sizeof *t));
    t->hash = must(malloc(BUCKETS * sizeof *t->hash));
    t->shift = SHIFT;
    t->nr = 0;
    for (uint32_t i = 0; i < BUCKETS; i++)
        t->hash[i].next = t->hash[i].prev = &t->hash[i];
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct conn_table *t = table;
    uint64_t hash = hash_conn(key);
    struct conn *c = lookup(t, key, hash);
    if (c == NULL) {
        struct list_head *head = &t->hash[hash >> (64 - SHIFT)];
        c = must(malloc(sizeof *c));
        *c = (struct conn){.saddr = (uint32_t)key, .hash = hash, .cookie = key};
        c->hash_list = (struct list_head){.next = head->next, .prev = head};
        head->next->prev = &c->hash_list;
        head->next = &c->hash_list;
        t->nr++;
    }
    c->bytes = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct conn *c = lookup(table, key, hash_conn(key));
    if (c != NULL)
        *value = c->bytes;
    return c != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct conn_table *t = table;
    struct conn *c = lookup(t, key, hash_conn(key));
    if (c == NULL)
        return false;
    c->hash_list.prev->next = c->hash_list.next;
    c->hash_list.next->prev = c->hash_list.prev;
    free(c);
    t->nr--;
    return true;
}

static void destroy(void *table)
{
    struct conn_table *t = table;
    for (uint32_t i = 0; i < BUCKETS; i++)
        while (t->hash[i].next != &t->hash[i])
            erase(t, entry_of(t->hash[i].next)->cookie);
    free(t->hash);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct conn_table *t = table;
    return (struct shape){.address = t->hash, .capacity = BUCKETS, .live = t->nr};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
