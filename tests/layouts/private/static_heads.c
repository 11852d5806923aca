/*
 * Heads of chains that are a static variable, between others.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define HEADS (1u << 18)

typedef struct node {
    struct node *next;
    uint64_t value;
    char name[24];
} node_t;

static struct {
    int verbosity;
    char path[60];
} settings;
static node_t *heads[HEADS];
static size_t count;
static uint64_t asked_for[64];
static void *buffer; /* a program that allocates nothing is not looked at */

/* FNV-1a */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static void name_of(uint64_t key, char name[24])
{
    snprintf(name, 24, "k%llx", (unsigned long long)key);
}

static void *create(void)
{
    settings.verbosity = 1;
    asked_for[0] = 1;
    buffer = must(malloc(4096));
    return heads;
}

static node_t **look_up(uint64_t key)
{
    char name[24];
    name_of(key, name);
    node_t **link = &heads[hash_of(name) % HEADS];
    while (*link != NULL && strcmp((*link)->name, name) != 0)
        link = &(*link)->next;
    return link;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    node_t **link = look_up(key);
    (void)table;
    if (*link == NULL) {
        node_t *node = must(malloc(sizeof *node));
        name_of(key, node->name);
        node->next = NULL;
        *link = node;
        count++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    node_t *node = *look_up(key);
    (void)table;
    *value = node != NULL ? node->value : 0;
    return node != NULL;
}

static bool erase(void *table, uint64_t key)
{
    node_t **link = look_up(key), *node = *link;
    (void)table;
    if (node == NULL)
        return false;
    *link = node->next;
    free(node);
    count--;
    return true;
}

static void destroy(void *table)
{
    (void)table;
    free(buffer);
    for (uint32_t i = 0; i < HEADS; i++)
        for (node_t *node = heads[i], *next; node != NULL; node = next) {
            next = node->next;
            free(node);
        }
    memset(heads, 0, sizeof heads);
}

static struct shape shape(const void *table)
{
    (void)table;
    return (struct shape){.address = heads, .capacity = HEADS, .live = count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .is_within = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
