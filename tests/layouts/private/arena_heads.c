/*
 * Heads of chains in an arena, in which what they lead to lies as well, behind a text.
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

#define ARENA_BYTES (40u << 20)
#define TEXT_BYTES  30000u

static unsigned char *arena;
static size_t taken;
static node_t **heads, *erased;
static size_t count;

static void *take(size_t bytes)
{
    void *memory = arena + taken;
    taken += (bytes + 15) & ~(size_t)15;
    return memory;
}

static node_t *take_node(void)
{
    node_t *node = erased;
    if (node == NULL)
        return take(sizeof *node);
    erased = node->next;
    return node;
}

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
    arena = must(malloc(ARENA_BYTES));
    taken = 0;
    memset(take(TEXT_BYTES), 'x', TEXT_BYTES);
    heads = take(HEADS * sizeof(node_t *));
    memset(heads, 0, HEADS * sizeof(node_t *));
    return arena;
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
        node_t *node = take_node();
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
    node->next = erased;
    erased = node;
    count--;
    return true;
}

static void destroy(void *table)
{
    (void)table;
    free(arena);
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
