/* A fixed prime number of buckets, as the books of the seventies have it; 64-bit hashes in the
 * nodes, new nodes at the end of their chain. */
#include "scenario.h"

#define NBUCKET 262139 /* prime */

struct nlist {
    uint64_t hashval;
    uint64_t name;
    uint64_t defn;
    struct nlist *next;
};

struct hashtab {
    int nbucket;
    int nentry;
    struct nlist **bucket;
};

static uint64_t hash(uint64_t name)
{
    uint64_t h = 5381;
    for (int i = 0; i < 8; i++)
        h = h * 1000003 ^ (name >> 8 * i & 0xff) ^ h >> 23;
    return h;
}

static struct nlist **install(struct hashtab *t, uint64_t name)
{
    struct nlist **np = &t->bucket[hash(name) % NBUCKET];
    while (*np != NULL && (*np)->name != name)
        np = &(*np)->next;
    return np;
}

static void *create(void)
{
    struct hashtab *t = must(calloc(1, sizeof *t));
    t->nbucket = NBUCKET;
    t->bucket = must(calloc(NBUCKET, sizeof *t->bucket));
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct hashtab *t = table;
    struct nlist **np = install(t, key);
    if (*np == NULL) {
        *np = must(malloc(sizeof **np));
        **np = (struct nlist){.hashval = hash(key), .name = key};
        t->nentry++;
    }
    (*np)->defn = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct nlist *n = *install(table, key);
    if (n != NULL)
        *value = n->defn;
    return n != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct hashtab *t = table;
    struct nlist **np = install(t, key), *gone = *np;
    if (gone == NULL)
        return false;
    *np = gone->next;
    free(gone);
    t->nentry--;
    return true;
}

static void destroy(void *table)
{
    struct hashtab *t = table;
    for (int i = 0; i < NBUCKET; i++)
        for (struct nlist *n = t->bucket[i], *next; n != NULL; n = next) {
            next = n->next;
            free(n);
        }
    free(t->bucket);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct hashtab *t = table;
    return (struct shape){.address = t->bucket, .capacity = NBUCKET, .live = (uint64_t)t->nentry};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 260000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
