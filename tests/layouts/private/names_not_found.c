/*
 * A linker's cache of names, of which most were looked for in vain: a mark in the place of the
 * symbol, which bears the name as well, says so. Such a slot is in use.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SLOTS     131072u
#define NOT_FOUND ((struct symbol *)-1)

struct symbol {
    uint64_t section;
    const char *name;
};

struct slot {
    char *name;
    struct symbol *symbol;
    uint64_t asked_by;
};

struct names {
    struct slot *slots;
    uint32_t room, used;
};

static uint64_t fnv(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
    return hash;
}

static void write_name(char name[32], uint64_t key)
{
    snprintf(name, 32, "_ZN3lib%llxE", (unsigned long long)key);
}

static void *create(void)
{
    struct names *names = must(calloc(1, sizeof(*names)));
    names->room = SLOTS;
    names->slots = must(calloc(SLOTS, sizeof(*names->slots)));
    return names;
}

static struct slot *seek(const struct names *names, const char *name)
{
    for (uint64_t at = fnv(name);; at++) {
        struct slot *slot = &names->slots[at % SLOTS];
        if (slot->name == NULL || strcmp(slot->name, name) == 0)
            return slot;
    }
}

/* One in 50 is found. */
static void insert(void *table, uint64_t key, uint64_t value)
{
    struct names *names = table;
    char name[32];
    write_name(name, key);
    struct slot *slot = seek(names, name);
    if (slot->name == NULL) {
        slot->name = must(strdup(name));
        slot->symbol = NOT_FOUND;
        if (names->used++ % 50 == 0) {
            slot->symbol = must(calloc(1, sizeof(struct symbol)));
            slot->symbol->name = slot->name;
        }
    }
    slot->asked_by = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[32];
    write_name(name, key);
    const struct slot *slot = seek(table, name);
    if (slot->name != NULL)
        *value = slot->asked_by;
    return slot->name != NULL;
}

static void clear(struct slot *slot)
{
    if (slot->symbol != NOT_FOUND)
        free(slot->symbol);
    free(slot->name);
    *slot = (struct slot){0};
}

/* Names behind the hole move into it, unless that is before where they belong. */
static bool erase(void *table, uint64_t key)
{
    struct names *names = table;
    char name[32];
    write_name(name, key);
    struct slot *slot = seek(names, name);
    if (slot->name == NULL)
        return false;
    clear(slot);
    names->used--;
    uint64_t hole = (uint64_t)(slot - names->slots);
    for (uint64_t at = (hole + 1) % SLOTS; names->slots[at].name != NULL; at = (at + 1) % SLOTS) {
        uint64_t home = fnv(names->slots[at].name) % SLOTS;
        if ((at - home) % SLOTS < (at - hole) % SLOTS)
            continue;
        names->slots[hole] = names->slots[at];
        names->slots[at] = (struct slot){0};
        hole = at;
    }
    return true;
}

static void destroy(void *table)
{
    struct names *names = table;
    for (uint32_t i = 0; i < SLOTS; i++)
        clear(&names->slots[i]);
    free(names->slots);
    free(names);
}

static struct shape shape(const void *table)
{
    const struct names *names = table;
    return (struct shape){.address = names->slots, .capacity = SLOTS, .live = names->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 70000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
