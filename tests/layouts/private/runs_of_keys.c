/*
 * Chains by a stored hash that is a poor one: names that are numbered one after the other are in
 * buckets one behind the other, so that all of a run differ in nothing but the bits that name
 * these.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define BUCKETS (1u << 18)

typedef struct entry {
    struct entry *next;
    unsigned hash;
    char *name;
    uint64_t value;
} entry_t;

typedef struct {
    void *pool;
    entry_t **buckets;
    unsigned count, mask;
} runs_t;

static unsigned hash_of(const char *name)
{
    unsigned hash = 0x9e3779b9u;
    while (*name != '\0')
        hash = hash * 33 + (unsigned char)*name++;
    return hash;
}

static void *create(void)
{
    runs_t *t = must(calloc(1, sizeof *t));
    t->buckets = must(calloc(BUCKETS, sizeof *t->buckets));
    t->mask = BUCKETS - 1;
    return t;
}

static entry_t **look_up(const runs_t *t, const char *name)
{
    unsigned hash = hash_of(name);
    entry_t **link = &t->buckets[hash & t->mask];
    while (*link != NULL && ((*link)->hash != hash || strcmp((*link)->name, name) != 0))
        link = &(*link)->next;
    return link;
}

static char *name_of(uint64_t key, char name[40])
{
    snprintf(name, 40, "session-%llu", (unsigned long long)key);
    return name;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    runs_t *t = table;
    char name[40];
    entry_t **link = look_up(t, name_of(key, name));
    if (*link == NULL) {
        *link = must(calloc(1, sizeof **link));
        (*link)->hash = hash_of(name);
        (*link)->name = must(strdup(name));
        t->count++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[40];
    entry_t *entry = *look_up(table, name_of(key, name));
    if (entry != NULL)
        *value = entry->value;
    return entry != NULL;
}

static bool erase(void *table, uint64_t key)
{
    runs_t *t = table;
    char name[40];
    entry_t **link = look_up(t, name_of(key, name)), *entry = *link;
    if (entry == NULL)
        return false;
    *link = entry->next;
    free(entry->name);
    free(entry);
    t->count--;
    return true;
}

static void destroy(void *table)
{
    runs_t *t = table;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (entry_t *entry = t->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry->name);
            free(entry);
        }
    free(t->buckets);
    free(t);
}

static struct shape shape(const void *table)
{
    const runs_t *t = table;
    return (struct shape){.address = t->buckets, .capacity = BUCKETS, .live = t->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
