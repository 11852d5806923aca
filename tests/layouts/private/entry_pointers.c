/* Open addressing over pointers to interned objects, which keep their hash; a static object marks
 * deleted slots. Double hashing. */
#include "scenario.h"

#define TABLE_SIZE (1ul << 18)

typedef struct atom {
    unsigned refs;
    unsigned kind;
    unsigned long hash;
    uint64_t key, value;
} atom_t;

typedef struct {
    atom_t **slot;
    unsigned long used, deleted;
} atoms_t;

static atom_t tombstone;

static unsigned long hash_atom(uint64_t key)
{
    unsigned long h = key + 0x1234567;
    h ^= h << 21;
    h ^= h >> 35;
    h ^= h << 4;
    return h * 0x2545f4914f6cdd1dul;
}

static unsigned long locate(const atoms_t *a, uint64_t key)
{
    unsigned long h = hash_atom(key) >> 3, i = h & (TABLE_SIZE - 1);
    unsigned long step = (h >> 40 | 1) & (TABLE_SIZE - 1);
    while (a->slot[i] != NULL && (a->slot[i] == &tombstone || a->slot[i]->key != key))
        i = (i + step) & (TABLE_SIZE - 1);
    return i;
}

static void *create(void)
{
    atoms_t *a = must(calloc(1, sizeof *a));
    a->slot = must(calloc(TABLE_SIZE, sizeof *a->slot));
    return a;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    atoms_t *a = table;
    unsigned long i = locate(a, key);
    if (a->slot[i] == NULL) {
        a->slot[i] = must(malloc(sizeof(atom_t)));
        *a->slot[i] = (atom_t){.refs = 1, .hash = hash_atom(key) >> 3, .key = key};
        a->used++;
    }
    a->slot[i]->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    atoms_t *a = table;
    unsigned long i = locate(a, key);
    if (a->slot[i] != NULL)
        *value = a->slot[i]->value;
    return a->slot[i] != NULL;
}

static bool erase(void *table, uint64_t key)
{
    atoms_t *a = table;
    unsigned long i = locate(a, key);
    if (a->slot[i] == NULL)
        return false;
    free(a->slot[i]);
    a->slot[i] = &tombstone;
    a->used--;
    a->deleted++;
    return true;
}

static void destroy(void *table)
{
    atoms_t *a = table;
    for (unsigned long i = 0; i < TABLE_SIZE; i++)
        if (a->slot[i] != &tombstone)
            free(a->slot[i]);
    free(a->slot);
    free(a);
}

static struct shape shape(const void *table)
{
    const atoms_t *a = table;
    return (struct shape){
        .address = a->slot, .capacity = TABLE_SIZE, .live = a->used, .tombstones = a->deleted};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 170000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
