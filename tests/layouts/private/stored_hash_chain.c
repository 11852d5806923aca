/* A symbol table of a fixed size: nodes keep the hash of their name, the names are compared last.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define HASH_SIZE (1 << 18)

typedef struct symbol {
    char name[20];
    unsigned int hash;
    struct symbol *link;
    uint64_t value;
} Symbol;

typedef struct {
    Symbol **symbols;
    long n_symbols;
    unsigned int hash_mask;
} SymbolTable;

/* One-at-a-time (Jenkins). */
static unsigned int hash_name(const char *name)
{
    unsigned int h = 0;
    for (; *name != '\0'; name++) {
        h += (unsigned char)*name;
        h += h << 10;
        h ^= h >> 6;
    }
    h += h << 3;
    h ^= h >> 11;
    return h + (h << 15);
}

static Symbol **lookup(SymbolTable *st, const char *name, unsigned int hash)
{
    Symbol **s = &st->symbols[hash & st->hash_mask];
    while (*s != NULL && ((*s)->hash != hash || strcmp((*s)->name, name) != 0))
        s = &(*s)->link;
    return s;
}

static void name_of(uint64_t key, char name[20])
{
    snprintf(name, 20, "s%llx", (unsigned long long)key);
}

static void *create(void)
{
    SymbolTable *st = must(calloc(1, sizeof *st));
    st->symbols = must(calloc(HASH_SIZE, sizeof *st->symbols));
    st->hash_mask = HASH_SIZE - 1;
    return st;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    SymbolTable *st = table;
    char name[20];
    name_of(key, name);
    unsigned int hash = hash_name(name);
    Symbol **s = lookup(st, name, hash);
    if (*s == NULL) {
        *s = must(calloc(1, sizeof **s));
        memcpy((*s)->name, name, sizeof name);
        (*s)->hash = hash;
        st->n_symbols++;
    }
    (*s)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[20];
    name_of(key, name);
    Symbol *s = *lookup(table, name, hash_name(name));
    if (s != NULL)
        *value = s->value;
    return s != NULL;
}

static bool erase(void *table, uint64_t key)
{
    SymbolTable *st = table;
    char name[20];
    name_of(key, name);
    Symbol **s = lookup(st, name, hash_name(name)), *gone = *s;
    if (gone == NULL)
        return false;
    *s = gone->link;
    free(gone);
    st->n_symbols--;
    return true;
}

static void destroy(void *table)
{
    SymbolTable *st = table;
    for (int i = 0; i < HASH_SIZE; i++)
        for (Symbol *s = st->symbols[i], *next; s != NULL; s = next) {
            next = s->link;
            free(s);
        }
    free(st->symbols);
    free(st);
}

static struct shape shape(const void *table)
{
    const SymbolTable *st = table;
    return (struct shape){
        .address = st->symbols, .capacity = HASH_SIZE, .live = (uint64_t)st->n_symbols};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 190000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
