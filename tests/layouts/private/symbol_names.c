/* An interpreter's symbols: as many buckets as anybody will ever need, names by djb2, of which
 * nothing is kept. */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define BUCKETS 262144u

struct symbol {
    struct symbol *next;
    char *name;
    uint64_t value;
};

struct symbols {
    struct symbol **bucket;
    unsigned used;
};

static uint32_t djb2(const char *s)
{
    uint32_t h = 5381;
    while (*s != '\0')
        h = (h << 5) + h + (unsigned char)*s++;
    return h;
}

static void write_name(char name[32], uint64_t key)
{
    snprintf(name, 32, "sym_%llx", (unsigned long long)key);
}

static struct symbol **place(struct symbols *t, const char *name)
{
    struct symbol **at = &t->bucket[djb2(name) % BUCKETS];
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static void *create(void)
{
    struct symbols *t = must(calloc(1, sizeof *t));
    t->bucket = must(calloc(BUCKETS, sizeof *t->bucket));
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct symbols *t = table;
    char name[32];
    write_name(name, key);
    struct symbol **at = place(t, name);
    if (*at == NULL) {
        *at = must(calloc(1, sizeof **at));
        (*at)->name = must(strdup(name));
        t->used++;
    }
    (*at)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[32];
    write_name(name, key);
    struct symbol *symbol = *place(table, name);
    if (symbol == NULL)
        return false;
    *value = symbol->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct symbols *t = table;
    char name[32];
    write_name(name, key);
    struct symbol **at = place(t, name), *gone = *at;
    if (gone == NULL)
        return false;
    *at = gone->next;
    free(gone->name);
    free(gone);
    t->used--;
    return true;
}

static void destroy(void *table)
{
    struct symbols *t = table;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct symbol *symbol = t->bucket[i], *next; symbol != NULL; symbol = next) {
            next = symbol->next;
            free(symbol->name);
            free(symbol);
        }
    free(t->bucket);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct symbols *t = table;
    return (struct shape){.address = t->bucket, .capacity = BUCKETS, .live = t->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
