/*
 * Names in nodes, in a prime number of lists from the beginning. The hash goes over the characters
 * in a way of its own, and is not kept.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { LISTS = 150001 };

struct person {
    struct person *next;
    char name[28];
    int32_t age;
    uint64_t number;
};

struct people {
    struct person **lists;
    int count;
};

static unsigned list_of(const char *name)
{
    unsigned h = 40503, shift = 3;
    while (*name != '\0') {
        h = (h << 6) - h + (unsigned char)*name++ * (2 * shift + 1);
        shift = (shift + 5) & 15;
        h ^= h >> 11;
    }
    return h % LISTS;
}

static void name_of(uint64_t key, char *name)
{
    snprintf(name, 28, "%llx@example", (unsigned long long)key);
}

static struct person **place(struct people *p, const char *name)
{
    struct person **at = &p->lists[list_of(name)];
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static void *create(void)
{
    struct people *p = must(calloc(1, sizeof(*p)));
    p->lists = must(calloc(LISTS, sizeof(*p->lists)));
    return p;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct people *p = table;
    char name[28];
    name_of(key, name);
    struct person **at = place(p, name);
    if (*at == NULL) {
        *at = must(calloc(1, sizeof(**at)));
        memcpy((*at)->name, name, sizeof(name));
        p->count++;
    }
    (*at)->number = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[28];
    name_of(key, name);
    struct person *person = *place(table, name);
    if (person != NULL)
        *value = person->number;
    return person != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct people *p = table;
    char name[28];
    name_of(key, name);
    struct person **at = place(p, name), *person = *at;
    if (person == NULL)
        return false;
    *at = person->next;
    free(person);
    p->count--;
    return true;
}

static void destroy(void *table)
{
    struct people *p = table;
    for (int i = 0; i < LISTS; i++)
        for (struct person *person = p->lists[i], *next; person != NULL; person = next) {
            next = person->next;
            free(person);
        }
    free(p->lists);
    free(p);
}

static struct shape shape(const void *table)
{
    const struct people *p = table;
    return (struct shape){.address = p->lists, .capacity = LISTS, .live = (uint64_t)p->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
