/*
 * A preprocessor's macros: names in the slots beside what they stand for, which bears the name as
 * well. Erasing marks the name and leaves the rest; the table counts the slots that were ever used.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SLOTS  131072u
#define ERASED ((char *)-1)

struct macro {
    uint32_t line, file;
    char *name;
    uint64_t body;
};

struct slot {
    char *name;
    int length;
    struct macro *macro;
};

struct macros {
    struct slot *slots;
    int room, used;
};

static uint64_t fnv(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
    return hash;
}

static char *name_of(uint64_t key)
{
    char name[32];
    snprintf(name, sizeof(name), "CONFIG_%llX", (unsigned long long)key);
    return must(strdup(name));
}

static void *create(void)
{
    struct macros *macros = must(calloc(1, sizeof(*macros)));
    macros->room = SLOTS;
    macros->slots = must(calloc(SLOTS, sizeof(*macros->slots)));
    return macros;
}

static struct slot *seek(const struct macros *macros, const char *name, struct slot **free_slot)
{
    *free_slot = NULL;
    for (uint64_t at = fnv(name);; at++) {
        struct slot *slot = &macros->slots[at % SLOTS];
        if (*free_slot == NULL && (slot->name == NULL || slot->name == ERASED))
            *free_slot = slot;
        if (slot->name == NULL)
            return NULL;
        if (slot->name != ERASED && strcmp(slot->name, name) == 0)
            return slot;
    }
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct macros *macros = table;
    struct slot *free_slot;
    char *name = name_of(key);
    struct slot *slot = seek(macros, name, &free_slot);
    if (slot != NULL) {
        slot->macro->body = value;
        free(name);
        return;
    }
    macros->used += free_slot->name == NULL;
    if (free_slot->macro == NULL)
        free_slot->macro = must(calloc(1, sizeof(struct macro)));
    else
        free(free_slot->macro->name);
    *free_slot->macro = (struct macro){.name = name, .body = value};
    free_slot->name = name;
    free_slot->length = (int)strlen(name);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct slot *free_slot;
    char *name = name_of(key);
    const struct slot *slot = seek(table, name, &free_slot);
    free(name);
    if (slot != NULL)
        *value = slot->macro->body;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct slot *free_slot;
    char *name = name_of(key);
    struct slot *slot = seek(table, name, &free_slot);
    free(name);
    if (slot != NULL)
        slot->name = ERASED;
    return slot != NULL;
}

static void destroy(void *table)
{
    struct macros *macros = table;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (macros->slots[i].macro != NULL) {
            free(macros->slots[i].macro->name);
            free(macros->slots[i].macro);
        }
    free(macros->slots);
    free(macros);
}

static struct shape shape(const void *table)
{
    const struct macros *macros = table;
    struct shape shape = {.address = macros->slots, .capacity = SLOTS};
    for (uint32_t i = 0; i < SLOTS; i++) {
        shape.tombstones += macros->slots[i].name == ERASED;
        shape.live += macros->slots[i].name != NULL && macros->slots[i].name != ERASED;
    }
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 70000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
