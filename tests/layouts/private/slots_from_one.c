/*
 * A table of variables of a fixed size, as POSIX' hcreate() makes one: there is a prime number of
 * slots and one more, the first of which is never used, and each keeps the number of the slot that
 * its name leads to.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { SLOTS = 100003 };

struct variable {
    uint32_t used; /* 0: not; else the slot that the name leads to */
    char *name;
    uint64_t value;
    void *callback;
};

struct environment {
    struct variable *variables;
    uint32_t size, filled;
};

static uint32_t slot_for(const struct environment *table, const char *name)
{
    uint32_t length = (uint32_t)strlen(name), number = length;
    while (length-- > 0)
        number = (number << 4) + (unsigned char)name[length];
    number %= table->size;
    return number == 0 ? 1 : number;
}

static void name_of(char name[32], uint64_t key)
{
    snprintf(name, 32, "%c%06llx_%s", (char)('a' + key % 23),
             (unsigned long long)(key * 40503 & 0xffffff), key % 3 ? "addr" : "bootcmd");
}

static void *create(void)
{
    struct environment *table = must(calloc(1, sizeof *table));
    table->size = SLOTS;
    table->variables = must(calloc(table->size + 1, sizeof *table->variables));
    return table;
}

/* The name's slot, or the free one at which the search for it ends. */
static struct variable *slot_of(const struct environment *table, const char *name)
{
    uint32_t home = slot_for(table, name), step = 1 + home % (table->size - 2), at = home;
    while (table->variables[at].used != 0 &&
           (table->variables[at].used != home || strcmp(table->variables[at].name, name) != 0))
        at = at <= step ? table->size + at - step : at - step;
    return &table->variables[at];
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct environment *table = opaque;
    char name[32];
    name_of(name, key);
    struct variable *variable = slot_of(table, name);
    if (variable->used == 0) {
        *variable = (struct variable){slot_for(table, name), must(strdup(name)), 0, NULL};
        table->filled++;
    }
    variable->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[32];
    name_of(name, key);
    const struct variable *variable = slot_of(table, name);
    if (variable->used != 0)
        *value = variable->value;
    return variable->used != 0;
}

static void destroy(void *opaque)
{
    struct environment *table = opaque;
    for (uint32_t i = 0; i <= table->size; i++)
        free(table->variables[i].name);
    free(table->variables);
    free(table);
}

static struct shape shape(const void *opaque)
{
    const struct environment *table = opaque;
    return (struct shape){
        .address = table->variables, .capacity = table->size, .live = table->filled};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 125000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
