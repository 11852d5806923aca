/* Names of which each has a number for as long as it is used: an array of pointers to them, in
 * which free places hold the next free number, doubled and one more, and a hash of numbers, each
 * the first of a chain whose links are in the atoms. Two atoms a bucket before it grows. */
#include "scenario.h"

#include <string.h>

struct atom {
    uint64_t key, value;
    uint32_t hash, next;
};

struct atoms {
    uint64_t unrelated[2];
    uint32_t hash_size, count, room, first_free;
    uint32_t *hash;
    struct atom **array;
};

static uint32_t hash_of(uint64_t key)
{
    uint32_t hash = 1;
    for (unsigned i = 0; i < sizeof key; i++)
        hash = hash * 263 + (unsigned char)(key >> 8 * i);
    return hash & 0x3fffffff;
}

static void resize(struct atoms *atoms, uint32_t size)
{
    uint32_t *hash = must(calloc(size, sizeof *hash));
    for (uint32_t i = 0; i < atoms->hash_size; i++)
        for (uint32_t number = atoms->hash[i], next; number != 0; number = next) {
            struct atom *atom = atoms->array[number];
            next = atom->next;
            atom->next = hash[atom->hash & (size - 1)];
            hash[atom->hash & (size - 1)] = number;
        }
    free(atoms->hash);
    atoms->hash = hash;
    atoms->hash_size = size;
}

static void add_room(struct atoms *atoms)
{
    uint32_t room = atoms->room * 3 / 2, first = atoms->room ? atoms->room : 1;
    if (room < 200)
        room = 200;
    atoms->array = must(realloc(atoms->array, room * sizeof *atoms->array));
    if (atoms->room == 0)
        atoms->array[0] = must(calloc(1, sizeof **atoms->array)); /* no number of any name */
    for (uint32_t i = first; i < room; i++)
        atoms->array[i] = (struct atom *)(uintptr_t)((i + 1 < room ? i + 1 : 0) * 2 + 1);
    atoms->first_free = first;
    atoms->room = room;
}

static void *create(void)
{
    struct atoms *atoms = must(calloc(1, sizeof *atoms));
    resize(atoms, 256);
    return atoms;
}

static uint32_t *find_link(const struct atoms *atoms, uint64_t key)
{
    uint32_t *link = &atoms->hash[hash_of(key) & (atoms->hash_size - 1)];
    while (*link != 0 && atoms->array[*link]->key != key)
        link = &atoms->array[*link]->next;
    return link;
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct atoms *atoms = memory;
    uint32_t number = *find_link(atoms, key);
    if (number != 0)
        *value = atoms->array[number]->value;
    return number != 0;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct atoms *atoms = memory;
    uint32_t number = *find_link(atoms, key);
    if (number != 0) {
        atoms->array[number]->value = value;
        return;
    }
    if (atoms->first_free == 0)
        add_room(atoms);
    number = atoms->first_free;
    atoms->first_free = (uint32_t)((uintptr_t)atoms->array[number] >> 1);
    struct atom *atom = atoms->array[number] = must(malloc(sizeof *atom));
    *atom = (struct atom){.key = key, .value = value, .hash = hash_of(key)};
    uint32_t *head = &atoms->hash[atom->hash & (atoms->hash_size - 1)];
    atom->next = *head;
    *head = number;
    if (++atoms->count == 2 * atoms->hash_size)
        resize(atoms, 2 * atoms->hash_size);
}

static bool erase(void *memory, uint64_t key)
{
    struct atoms *atoms = memory;
    uint32_t *link = find_link(atoms, key), number = *link;
    if (number == 0)
        return false;
    struct atom *atom = atoms->array[number];
    *link = atom->next;
    free(atom);
    atoms->array[number] = (struct atom *)(uintptr_t)(atoms->first_free * UINT64_C(2) + 1);
    atoms->first_free = number;
    atoms->count--;
    return true;
}

static void destroy(void *memory)
{
    struct atoms *atoms = memory;
    for (uint32_t i = 0; i < atoms->room; i++)
        if (!((uintptr_t)atoms->array[i] & 1))
            free(atoms->array[i]);
    free(atoms->hash);
    free(atoms->array);
    free(atoms);
}

static struct shape shape(const void *memory)
{
    const struct atoms *atoms = memory;
    return (struct shape){.address = atoms->hash,
                          .others = {atoms->array},
                          .capacity = atoms->hash_size,
                          .live = atoms->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 600000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
