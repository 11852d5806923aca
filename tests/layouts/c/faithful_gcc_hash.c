/*
 * A table that lies in memory and grows as GCC's hash_table<> does, which no library has: written
 * anew from a description of gcc 12. See scenarios.h. Kinds: set (pointers, empty 0, deleted 1),
 * map (the same with 40 bytes of value), int (numbers, empty -1, deleted -2, which are their own
 * hash).
 */
#include "scenarios.h"

#include <stddef.h>

/* As hash_table<> has them, behind each other. */
static struct {
    char before[40]; /* the table is a member of something else */
    void *slots;
    uint64_t size, elements, deleted;
    unsigned searches, collisions;
    unsigned prime_index;
    bool in_garbage_collected_memory, sanitize;
} table;

struct slot_form {
    size_t bytes;
    uint64_t empty, deleted; /* what it begins with then */
    bool is_number;
};
static const struct slot_form *form;

/* The largest primes below 2^3, 2^4 and so on. */
static uint64_t prime(unsigned index)
{
    static const unsigned char below[] = {1, 3, 1,  3,  1, 5, 3, 3, 9, 3,
                                          1, 3, 19, 15, 1, 5, 1, 3, 9};
    return (8ull << index) - below[index];
}

static unsigned higher_prime_index(uint64_t least)
{
    unsigned index = 0;
    while (prime(index) < least)
        index++;
    return index;
}

static uint64_t *slot_at(uint64_t i)
{
    return (uint64_t *)(void *)((char *)table.slots + i * form->bytes);
}

static uint64_t word_of(uint64_t key)
{
    return form->is_number ? key : 0x500000000000u + key * 16;
}

static unsigned hash_of(uint64_t word)
{
    return form->is_number ? (unsigned)word : (unsigned)((word >> 4) * 2654435761u);
}

static void allocate(unsigned prime_index)
{
    table.prime_index = prime_index;
    table.size = prime(prime_index);
    table.slots = calloc(table.size, form->bytes);
    if (table.slots == NULL)
        abort();
    for (uint64_t i = 0; form->empty != 0 && i < table.size; i++)
        *slot_at(i) = form->empty;
}

/* The slot of this word, or the first empty one, or a deleted one before it. */
static uint64_t *find(uint64_t word, bool insert)
{
    unsigned hash = hash_of(word);
    uint64_t at = hash % table.size, step = 1 + hash % (table.size - 2);
    uint64_t *first_deleted = NULL;
    table.searches++;
    for (;; at = (at + step) % table.size, table.collisions++) {
        uint64_t *slot = slot_at(at);
        if (*slot == word)
            return slot;
        if (*slot == form->deleted && first_deleted == NULL)
            first_deleted = slot;
        if (*slot != form->empty)
            continue;
        if (insert && first_deleted != NULL) {
            table.deleted--;
            return first_deleted;
        }
        table.elements += insert;
        return slot;
    }
}

static void expand(void)
{
    void *old = table.slots;
    uint64_t size = table.size, live = table.elements - table.deleted;
    bool change = live * 2 > size || (live * 8 < size && size > 32);
    allocate(change ? higher_prime_index(live * 2) : table.prime_index);
    table.elements = table.deleted = 0;
    for (uint64_t i = 0; i < size; i++) {
        uint64_t word;
        memcpy(&word, (char *)old + i * form->bytes, sizeof(word));
        if (word != form->empty && word != form->deleted)
            *find(word, true) = word;
    }
    free(old);
}

static void create(uint64_t expected)
{
    table.elements = table.deleted = 0;
    allocate(higher_prime_index(expected ? expected * 4 / 3 : 13));
}

static void insert(uint64_t key)
{
    if (table.size * 3 <= table.elements * 4)
        expand();
    uint64_t *slot = find(word_of(key), true);
    memset(slot, 0xee, form->bytes);
    *slot = word_of(key);
}

static void erase(uint64_t key)
{
    *find(word_of(key), false) = form->deleted;
    table.deleted++;
}

/* empty() of a table that is not too big: the values stay. */
static void clear(void)
{
    for (uint64_t i = 0; i < table.size; i++)
        *slot_at(i) = form->empty;
    table.elements = table.deleted = 0;
}

static void destroy(void)
{
    free(table.slots);
}

static const void *address(void)
{
    return table.slots;
}

static uint64_t capacity(void)
{
    return table.size;
}

static uint64_t live(void)
{
    return table.elements - table.deleted;
}

static uint64_t tombstones(void)
{
    return table.deleted;
}

static uint64_t bytes(void)
{
    return table.size * form->bytes;
}

/* traverse() */
static void fix(uint64_t live)
{
    if (live * 8 < table.size)
        expand();
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 3, 100, 1000, 20000, UINT64_MAX};
    static const struct slot_form set = {8, 0, 1, false}, map = {48, 0, 1, false},
                                  number = {16, 0xffffffff, 0xfffffffe, true};
    const char *kind = argc > 2 ? argv[2] : "set";
    form = strcmp(kind, "map") == 0 ? &map : strcmp(kind, "int") == 0 ? &number : &set;
    const struct subject subject = {
        .implementation = "GCC hash_table",
        .entries = 150000,
        .create = create,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .tombstones = tombstones,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
