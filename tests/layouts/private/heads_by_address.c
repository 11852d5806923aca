/*
 * Lists of what is known about objects, by where these lie: two shifts of the address, so that not
 * only those are neighbours that lie beside each other. Made once, in whole cache lines.
 */
#include "scenario.h"

#define BUCKETS 300007u

struct note {
    struct note *next;
    uint64_t object;
    uint64_t value;
};

struct notes {
    struct note **buckets;
    size_t live;
};

static struct note **bucket_of(const struct notes *notes, uint64_t object)
{
    return &notes->buckets[((uint32_t)(object >> 4) ^ (uint32_t)(object >> 9)) % BUCKETS];
}

static void *create(void)
{
    struct notes *notes = must(calloc(1, sizeof *notes));
    size_t bytes = (BUCKETS * sizeof(struct note *) + 63) & ~(size_t)63;
    notes->buckets = must(aligned_alloc(64, bytes));
    for (size_t i = 0; i < bytes / sizeof(struct note *); i++)
        notes->buckets[i] = NULL;
    return notes;
}

static struct note **look_up(const struct notes *notes, uint64_t object)
{
    struct note **link = bucket_of(notes, object);
    while (*link != NULL && (*link)->object != object)
        link = &(*link)->next;
    return link;
}

static void insert(void *table, uint64_t object, uint64_t value)
{
    struct notes *notes = table;
    struct note **link = look_up(notes, object);
    if (*link == NULL) {
        *link = must(calloc(1, sizeof **link));
        (*link)->object = object;
        notes->live++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t object, uint64_t *value)
{
    struct notes *notes = table;
    struct note **link = look_up(notes, object);
    if (*link == NULL)
        return false;
    *value = (*link)->value;
    return true;
}

static bool erase(void *table, uint64_t object)
{
    struct notes *notes = table;
    struct note **link = look_up(notes, object), *note = *link;
    if (note == NULL)
        return false;
    *link = note->next;
    free(note);
    notes->live--;
    return true;
}

static void destroy(void *table)
{
    struct notes *notes = table;
    for (size_t i = 0; i < BUCKETS; i++)
        while (notes->buckets[i] != NULL) {
            struct note *next = notes->buckets[i]->next;
            free(notes->buckets[i]);
            notes->buckets[i] = next;
        }
    free(notes->buckets);
    free(notes);
}

static struct shape shape(const void *table)
{
    const struct notes *notes = table;
    return (struct shape){.address = notes->buckets, .capacity = BUCKETS, .live = notes->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 450000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
