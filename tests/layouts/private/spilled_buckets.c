/*
 * Buckets that are the first entry of their chain themselves; the others are in blocks of their
 * own, of the same two words. The table counts the buckets in use, by which it grows, and the
 * entries. The last entry of a bucket that is emptied leaves nothing; what stood behind a first one
 * moves up.
 */
#include "scenario.h"

enum { FIRST_BUCKETS = 37, ENTRIES = 150000 };

struct record {
    uint64_t key, value;
    char note[8];
};

struct bucket {
    struct record *record;
    struct bucket *next;
};

struct catalogue {
    struct bucket *buckets;
    uint64_t number, in_use, records;
};

static uint64_t home_of(uint64_t key, uint64_t number)
{
    key = (key ^ key >> 31) * 0xd1342543de82ef95u;
    return (key ^ key >> 30) % number;
}

static void put(struct catalogue *catalogue, struct record *record)
{
    struct bucket *bucket = &catalogue->buckets[home_of(record->key, catalogue->number)];
    if (!bucket->record) {
        bucket->record = record;
        catalogue->in_use++;
        return;
    }
    struct bucket *more = must(malloc(sizeof *more));
    *more = (struct bucket){record, bucket->next};
    bucket->next = more;
}

static void grow(struct catalogue *catalogue)
{
    struct catalogue old = *catalogue;
    catalogue->number = old.number * 2 + 1;
    catalogue->in_use = 0;
    catalogue->buckets = must(calloc(catalogue->number, sizeof *catalogue->buckets));
    for (uint64_t i = 0; i < old.number; i++) {
        if (old.buckets[i].record)
            put(catalogue, old.buckets[i].record);
        for (struct bucket *at = old.buckets[i].next; at;) {
            struct bucket *next = at->next;
            put(catalogue, at->record);
            free(at);
            at = next;
        }
    }
    free(old.buckets);
}

static void *catalogue_create(void)
{
    struct catalogue *catalogue = must(calloc(1, sizeof *catalogue));
    catalogue->number = FIRST_BUCKETS;
    catalogue->buckets = must(calloc(FIRST_BUCKETS, sizeof *catalogue->buckets));
    return catalogue;
}

static struct record *look_up(const struct catalogue *catalogue, uint64_t key)
{
    const struct bucket *at = &catalogue->buckets[home_of(key, catalogue->number)];
    for (; at && at->record; at = at->next)
        if (at->record->key == key)
            return at->record;
    return NULL;
}

static void catalogue_insert(void *table, uint64_t key, uint64_t value)
{
    struct catalogue *catalogue = table;
    struct record *record = look_up(catalogue, key);
    if (!record) {
        if (catalogue->in_use * 5 > catalogue->number * 4)
            grow(catalogue);
        record = must(calloc(1, sizeof *record));
        record->key = key;
        put(catalogue, record);
        catalogue->records++;
    }
    record->value = value;
}

static bool catalogue_find(void *table, uint64_t key, uint64_t *value)
{
    const struct record *record = look_up(table, key);
    *value = record ? record->value : 0;
    return record != NULL;
}

static bool catalogue_erase(void *table, uint64_t key)
{
    struct catalogue *catalogue = table;
    struct bucket *first = &catalogue->buckets[home_of(key, catalogue->number)];
    if (!first->record)
        return false;
    struct bucket *freed = NULL;
    if (first->record->key == key) {
        free(first->record);
        freed = first->next;
        *first = freed ? *freed : (struct bucket){0};
        catalogue->in_use -= freed == NULL;
    } else {
        struct bucket **link = &first->next;
        while (*link && (*link)->record->key != key)
            link = &(*link)->next;
        if (!*link)
            return false;
        freed = *link;
        free(freed->record);
        *link = freed->next;
    }
    free(freed);
    catalogue->records--;
    return true;
}

static void catalogue_destroy(void *table)
{
    struct catalogue *catalogue = table;
    for (uint64_t i = 0; i < catalogue->number; i++) {
        free(catalogue->buckets[i].record);
        for (struct bucket *at = catalogue->buckets[i].next; at;) {
            struct bucket *next = at->next;
            free(at->record);
            free(at);
            at = next;
        }
    }
    free(catalogue->buckets);
    free(catalogue);
}

static struct shape catalogue_shape(const void *table)
{
    const struct catalogue *catalogue = table;
    return (struct shape){
        .address = catalogue->buckets, .capacity = catalogue->number, .live = catalogue->records};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = ENTRIES,
        .hides_shape = true,
        .create = catalogue_create,
        .insert = catalogue_insert,
        .find = catalogue_find,
        .erase = catalogue_erase,
        .destroy = catalogue_destroy,
        .shape = catalogue_shape,
    };
    return run_scenario(argc, argv, &kind);
}
