/*
 * libiberty's htab as a program uses it; see scenarios.h. Kinds: pointers (to entries), strings (as
 * they stand in somebody's text: at any address).
 */
#include "scenarios.h"

#include <libiberty/hashtab.h>

#define TEXT_BYTES 12u /* of one string: seven digits, and odd on purpose below */

static bool strings;
static char *text; /* of all strings */
static htab_t table;

#define KEYS 700000u

static void *element(uint64_t key)
{
    return strings ? text + key * (TEXT_BYTES - 1) : text + key * 16;
}

static hashval_t hash_element(const void *element)
{
    return strings ? htab_hash_string(element) : (hashval_t)((uintptr_t)element >> 4) * 2654435761u;
}

static int equal_elements(const void *left, const void *right)
{
    return strings ? strcmp(left, right) == 0 : left == right;
}

static void create(uint64_t expected)
{
    if (text == NULL)
        text = calloc(KEYS, 16);
    table = htab_create(expected * 4 / 3, hash_element, equal_elements, NULL);
    if (text == NULL || table == NULL)
        abort();
}

static void insert(uint64_t key)
{
    if (strings)
        snprintf(element(key), TEXT_BYTES - 1, "key-%06u", (unsigned)key);
    void **slot = htab_find_slot(table, element(key), INSERT);
    if (*slot != NULL)
        abort();
    *slot = element(key);
}

static void erase(uint64_t key)
{
    htab_remove_elt(table, element(key));
}

static void destroy(void)
{
    htab_delete(table);
}

static const void *address(void)
{
    return table->entries;
}

static uint64_t capacity(void)
{
    return htab_size(table);
}

static uint64_t live(void)
{
    return htab_elements(table);
}

static uint64_t tombstones(void)
{
    return table->n_deleted;
}

static uint64_t bytes(void)
{
    return capacity() * sizeof(void *);
}

static int stop(void **slot, void *context)
{
    (void)slot;
    (void)context;
    return 0;
}

static void fix(uint64_t live)
{
    (void)live;
    htab_traverse(table, stop, NULL);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 3, 100, 1000, 1023, 6000, 20000, UINT64_MAX};
    const struct subject subject = {
        .implementation = "libiberty htab",
        .entries = 300000,
        .create = create,
        .insert = insert,
        .erase = erase,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .tombstones = tombstones,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    strings = argc > 2 && strcmp(argv[2], "strings") == 0;
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
