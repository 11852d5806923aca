/*
 * Chains whose first entry lies in the bucket: a pointer to a person, whether there is one, and the
 * link to further ones. Persons have their names in lists of one or two, which with them are longer
 * than the chains.
 */
#include "scenario.h"

struct name {
    uint64_t given, family;
    struct name *before;
};

struct person {
    uint64_t number;
    uint64_t value;
    struct name *before;
};

struct entry {
    struct person *person;
    unsigned char is_used;
    struct entry *further;
};

struct register_of {
    uint64_t size, which, room;
    struct entry *entries;
};

static uint64_t people; /* far from the object, where nothing tells whose they are */

/* Each about twice the one before. */
static const uint64_t sizes[] = {521, 1033, 2053, 4099, 8219, 16427, 32771, 65581, 131111, 262151};

static uint64_t place_of(const struct register_of *table, uint64_t number)
{
    number = (number ^ number >> 31) * 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 27) * 0xbf58476d1ce4e5b9u;
    return (number ^ number >> 33) % table->size;
}

static void put(struct register_of *table, struct person *person)
{
    struct entry *entry = &table->entries[place_of(table, person->number)];
    if (entry->is_used) {
        struct entry *behind = must(calloc(1, sizeof *behind));
        behind->further = entry->further;
        entry->further = behind;
        entry = behind;
    }
    entry->person = person;
    entry->is_used = 1;
}

static void enlarge(struct register_of *table)
{
    struct entry *old = table->entries;
    uint64_t size = table->size;
    table->size = sizes[++table->which];
    table->room = table->size * 9 / 10;
    table->entries = must(calloc(table->size, sizeof *table->entries));
    for (uint64_t i = 0; i < size; i++) {
        struct entry *behind = old[i].further;
        if (old[i].is_used)
            put(table, old[i].person);
        while (behind != NULL) {
            struct entry *next = behind->further;
            put(table, behind->person);
            free(behind);
            behind = next;
        }
    }
    free(old);
}

static void *create(void)
{
    struct register_of *table = must(calloc(1, sizeof *table));
    table->size = sizes[0];
    table->room = table->size * 9 / 10;
    table->entries = must(calloc(table->size, sizeof *table->entries));
    return table;
}

static struct entry *search(const struct register_of *table, uint64_t number)
{
    struct entry *entry = &table->entries[place_of(table, number)];
    while (entry != NULL && (!entry->is_used || entry->person->number != number))
        entry = entry->further;
    return entry;
}

static struct person *new_person(uint64_t number, uint64_t value)
{
    struct person *person = must(malloc(sizeof *person));
    *person = (struct person){number, value, NULL};
    for (uint64_t i = value % 16 == 0 ? 2 : 1; i > 0; i--) {
        struct name *name = must(malloc(sizeof *name));
        *name = (struct name){number, i, person->before};
        person->before = name;
    }
    return person;
}

static void free_person(struct person *person)
{
    for (struct name *name = person->before, *before; name != NULL; name = before) {
        before = name->before;
        free(name);
    }
    free(person);
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct register_of *table = opaque;
    struct entry *entry = search(table, key);
    if (entry != NULL) {
        entry->person->value = value;
        return;
    }
    if (people >= table->room)
        enlarge(table);
    put(table, new_person(key, value));
    people++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct entry *entry = search(table, key);
    if (entry != NULL)
        *value = entry->person->value;
    return entry != NULL;
}

static bool erase(void *opaque, uint64_t key)
{
    struct register_of *table = opaque;
    struct entry *entry = &table->entries[place_of(table, key)], *before = NULL;
    while (entry != NULL && (!entry->is_used || entry->person->number != key)) {
        before = entry;
        entry = entry->further;
    }
    if (entry == NULL)
        return false;
    free_person(entry->person);
    struct entry *behind = entry->further;
    if (before != NULL) {
        before->further = behind;
        free(entry);
    } else if (behind != NULL) {
        *entry = *behind;
        free(behind);
    } else {
        *entry = (struct entry){0};
    }
    people--;
    return true;
}

static void destroy(void *opaque)
{
    struct register_of *table = opaque;
    for (uint64_t i = 0; i < table->size; i++) {
        if (table->entries[i].is_used)
            free_person(table->entries[i].person);
        while (table->entries[i].further != NULL) {
            struct entry *behind = table->entries[i].further;
            table->entries[i].further = behind->further;
            free_person(behind->person);
            free(behind);
        }
    }
    free(table->entries);
    free(table);
}

static struct shape shape(const void *opaque)
{
    const struct register_of *table = opaque;
    return (struct shape){.address = table->entries, .capacity = table->size, .live = people};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
