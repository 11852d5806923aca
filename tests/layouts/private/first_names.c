/*
 * Chains of nodes that are three addresses each, of a link, a name and a value, with the first node
 * of each chain in the table, as Dovecot's are. Seen as heads of one pointer all words are
 * addresses.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { PLACES = 131101 }; /* a prime */

struct node {
    struct node *further;
    char *name;
    uint64_t *value;
};

struct directory {
    uint64_t size, people;
    struct node *nodes;
};

/* Weinberger's, as in the ELF format. */
static uint64_t place_of(const struct directory *table, const char *name)
{
    uint32_t hash = 0, high;
    for (; *name != 0; name++) {
        hash = (hash << 4) + (unsigned char)*name;
        high = hash & 0xf0000000u;
        hash = (hash ^ high >> 24) & ~high;
    }
    return hash % table->size;
}

static void name_of(char name[32], uint64_t key)
{
    snprintf(name, 32, "user.%llu@example", (unsigned long long)key);
}

static void *create(void)
{
    struct directory *table = must(calloc(1, sizeof *table));
    table->size = PLACES;
    table->nodes = must(calloc(table->size, sizeof *table->nodes));
    return table;
}

static struct node *search(const struct directory *table, uint64_t key)
{
    char name[32];
    name_of(name, key);
    struct node *node = &table->nodes[place_of(table, name)];
    while (node != NULL && (node->name == NULL || strcmp(node->name, name) != 0))
        node = node->further;
    return node;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct directory *table = opaque;
    struct node *node = search(table, key);
    if (node != NULL) {
        *node->value = value;
        return;
    }
    char name[32];
    name_of(name, key);
    node = &table->nodes[place_of(table, name)];
    if (node->name != NULL) {
        struct node *behind = must(calloc(1, sizeof *behind));
        behind->further = node->further;
        node->further = behind;
        node = behind;
    }
    node->name = must(strdup(name));
    node->value = must(malloc(sizeof *node->value));
    *node->value = value;
    table->people++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct node *node = search(table, key);
    if (node != NULL)
        *value = *node->value;
    return node != NULL;
}

static bool erase(void *opaque, uint64_t key)
{
    struct directory *table = opaque;
    struct node *node = search(table, key);
    char name[32];
    if (node == NULL)
        return false;
    free(node->name);
    free(node->value);
    table->people--;
    name_of(name, key);
    struct node *before = &table->nodes[place_of(table, name)], *behind = node->further;
    if (node != before) {
        while (before->further != node)
            before = before->further;
        before->further = behind;
        free(node);
    } else if (behind != NULL) {
        *node = *behind;
        free(behind);
    } else {
        *node = (struct node){0};
    }
    return true;
}

static void destroy(void *opaque)
{
    struct directory *table = opaque;
    for (uint64_t i = 0; i < table->size; i++)
        for (struct node *node = &table->nodes[i], *further; node != NULL; node = further) {
            further = node->further;
            free(node->name);
            free(node->value);
            if (node != &table->nodes[i])
                free(node);
        }
    free(table->nodes);
    free(table);
}

static struct shape shape(const void *opaque)
{
    const struct directory *table = opaque;
    return (struct shape){.address = table->nodes, .capacity = table->size, .live = table->people};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
