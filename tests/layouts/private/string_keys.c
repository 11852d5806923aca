/*
 * An interning table: slots are pointers to strings which carry their own 32-bit hash; an erased
 * slot points at one static mark, as CPython's sets do.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"

struct interned {
    uint32_t hash;
    uint32_t references;
    uint64_t value;
    char text[];
};

struct interner {
    struct interned **slots;
    uint32_t size;
    uint32_t live;
    uint32_t dummies;
};

static struct interned dummy;

/* djb2 (Bernstein). */
static uint32_t hash_text(const char *text)
{
    uint32_t hash = 5381;
    while (*text != '\0')
        hash = hash * 33 + (unsigned char)*text++;
    return hash ^ (hash >> 15);
}

static char *name_of(uint64_t key, char name[32])
{
    snprintf(name, 32, "symbol_%" PRIx64, key);
    return name;
}

static uint32_t slot_of(const struct interner *in, const char *text)
{
    uint32_t hash = hash_text(text), i = hash & (in->size - 1);
    for (uint32_t step = 1; in->slots[i] != NULL; i = (i + step++) & (in->size - 1)) {
        if (in->slots[i] != &dummy && in->slots[i]->hash == hash &&
            strcmp(in->slots[i]->text, text) == 0)
            return i;
    }
    return i;
}

static void resize(struct interner *in, uint32_t size)
{
    struct interned **slots = must(calloc(size, sizeof *slots));
    for (uint32_t i = 0; i < in->size; i++) {
        struct interned *string = in->slots[i];
        if (string == NULL || string == &dummy)
            continue;
        uint32_t at = string->hash & (size - 1);
        for (uint32_t step = 1; slots[at] != NULL; step++)
            at = (at + step) & (size - 1);
        slots[at] = string;
    }
    free(in->slots);
    in->slots = slots;
    in->size = size;
    in->dummies = 0;
}

static void *create(void)
{
    struct interner *in = must(calloc(1, sizeof *in));
    resize(in, 128);
    return in;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct interner *in = table;
    char name[32];
    if ((in->live + in->dummies + 1) * 3 > in->size * 2)
        resize(in, in->live * 3 > in->size ? in->size * 2 : in->size);
    uint32_t slot = slot_of(in, name_of(key, name));
    if (in->slots[slot] == NULL) {
        struct interned *string = must(malloc(sizeof *string + strlen(name) + 1));
        string->hash = hash_text(name);
        string->references = 1;
        strcpy(string->text, name);
        in->slots[slot] = string;
        in->live++;
    }
    in->slots[slot]->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct interner *in = table;
    char name[32];
    struct interned *string = in->slots[slot_of(in, name_of(key, name))];
    if (string != NULL)
        *value = string->value;
    return string != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct interner *in = table;
    char name[32];
    uint32_t slot = slot_of(in, name_of(key, name));
    if (in->slots[slot] == NULL)
        return false;
    free(in->slots[slot]);
    in->slots[slot] = &dummy;
    in->live--;
    in->dummies++;
    return true;
}

static void destroy(void *table)
{
    struct interner *in = table;
    for (uint32_t i = 0; i < in->size; i++) {
        if (in->slots[i] != &dummy)
            free(in->slots[i]);
    }
    free(in->slots);
    free(in);
}

static struct shape shape(const void *table)
{
    const struct interner *in = table;
    return (struct shape){
        .address = in->slots, .capacity = in->size, .live = in->live, .tombstones = in->dummies};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 220000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
