/* Chunks of fourteen entries behind as many bytes of their hashes, a byte that says how many
 * entries a chunk should hold and one that counts those that went on to others, as in a well-known
 * library; but the object is the program's own. Memory comes from posix_memalign: only the bytes in
 * front of each chunk are cleared. */
#include "scenario.h"

#include <string.h>

#define PLACES 14u
#define FULL   12u /* entries of a chunk, on average, before the table grows */
#define TAG    0x80u
#define MOST   255u /* a count that is not kept any longer */

struct entry {
    uint64_t key, value;
};

struct chunk {
    uint8_t tags[PLACES];
    uint8_t limit; /* in the first chunk only */
    uint8_t passed_on;
    struct entry entries[PLACES];
};

struct chunks {
    uint64_t seed;
    size_t mask;
    struct chunk *first;
    uint32_t entries, growths;
};

static uint64_t hash(const struct chunks *t, uint64_t key)
{
    key = (key ^ t->seed) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 29;
}

static uint8_t tag_of(uint64_t h)
{
    return (uint8_t)(h >> 56 | TAG);
}

static struct chunk *chunk_at(const struct chunks *t, uint64_t number)
{
    return &t->first[number & t->mask];
}

static struct chunk *empty_chunks(size_t number)
{
    void *memory = NULL;
    if (posix_memalign(&memory, 16, number * sizeof(struct chunk)) != 0)
        abort();
    struct chunk *first = must(memory);
    for (size_t i = 0; i < number; i++)
        memset(&first[i], 0, offsetof(struct chunk, entries));
    first->limit = FULL;
    return first;
}

static void place_entry(struct chunks *t, uint64_t key, uint64_t value)
{
    uint64_t h = hash(t, key);
    for (uint64_t at = h;; at += 2u * tag_of(h) + 1) {
        struct chunk *chunk = chunk_at(t, at);
        for (unsigned i = 0; i < PLACES; i++) {
            if (chunk->tags[i] != 0)
                continue;
            chunk->tags[i] = tag_of(h);
            chunk->entries[i] = (struct entry){key, value};
            return;
        }
        chunk->passed_on += chunk->passed_on != MOST;
    }
}

static struct chunk *lookup(const struct chunks *t, uint64_t key, unsigned *place)
{
    uint64_t h = hash(t, key), at = h;
    for (size_t tried = 0; tried <= t->mask; tried++, at += 2u * tag_of(h) + 1) {
        struct chunk *chunk = chunk_at(t, at);
        for (*place = 0; *place < PLACES; ++*place)
            if (chunk->tags[*place] == tag_of(h) && chunk->entries[*place].key == key)
                return chunk;
        if (chunk->passed_on == 0)
            break;
    }
    return NULL;
}

static void grow(struct chunks *t)
{
    struct chunks old = *t;
    t->mask = t->mask * 2 + 1;
    t->first = empty_chunks(t->mask + 1);
    t->growths++;
    for (size_t i = 0; i <= old.mask; i++)
        for (unsigned place = 0; place < PLACES; place++)
            if (old.first[i].tags[place] != 0)
                place_entry(t, old.first[i].entries[place].key, old.first[i].entries[place].value);
    free(old.first);
}

static void *create(void)
{
    struct chunks *t = must(malloc(sizeof *t));
    *t = (struct chunks){.seed = 0x5bf03635d1b7ef29u, .mask = 3, .first = empty_chunks(4)};
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct chunks *t = table;
    unsigned place;
    struct chunk *known = lookup(t, key, &place);
    if (known != NULL) {
        known->entries[place].value = value;
        return;
    }
    if (t->entries >= (t->mask + 1) * FULL)
        grow(t);
    place_entry(t, key, value);
    t->entries++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    unsigned place;
    const struct chunk *chunk = lookup(table, key, &place);
    if (chunk != NULL)
        *value = chunk->entries[place].value;
    return chunk != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct chunks *t = table;
    unsigned place;
    struct chunk *found = lookup(t, key, &place);
    if (found == NULL)
        return false;
    uint64_t h = hash(t, key);
    found->tags[place] = 0;
    for (uint64_t at = h; chunk_at(t, at) != found; at += 2u * tag_of(h) + 1)
        chunk_at(t, at)->passed_on -= chunk_at(t, at)->passed_on != MOST;
    t->entries--;
    return true;
}

static void destroy(void *table)
{
    free(((struct chunks *)table)->first);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct chunks *t = table;
    return (struct shape){
        .address = t->first, .capacity = (t->mask + 1) * FULL, .live = t->entries};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .alike = "folly::F14ValueMap",
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
