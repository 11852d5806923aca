/*
 * Subscribers by name, in as many slots as there may ever be. The name is a string with its length
 * and no zero behind it; what says that a slot is free is a room that no string has, and the rest
 * of the slot is never written. Names are hashed by a function of this program's own.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SLOTS     65536u
#define NO_STRING (1ull << 63) /* as room */

struct string {
    uint64_t room;
    char *text;
    size_t length;
};

struct subscriber {
    struct string name;
    uint64_t value;
    uint32_t since, calls;
};

struct subscribers {
    struct subscriber *slots;
    size_t mask, count;
};

static uint64_t turned(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

/* Of the first bytes of the text, which anything may lie behind. */
APART static uint64_t hash(const char *text, size_t length)
{
    uint64_t low = 0x736f6d6570736575u, high = 0x646f72616e646f6du;
    for (size_t i = 0; i < length; i++) {
        low = turned(low + (unsigned char)text[i], 13) ^ high;
        high = turned(high + low, 17);
        low *= 0x9e3779b97f4a7c15u;
    }
    return low ^ high ^ low >> 31;
}

static size_t write_name(char name[48], uint64_t key)
{
    return (size_t)snprintf(name, 48, "sip:%llu@voice.example", (unsigned long long)key * 13);
}

/* The slot with the name, or the free one where it would be. */
static struct subscriber *look_up(const struct subscribers *all, const char *name, size_t length)
{
    for (size_t i = hash(name, length);; i++) {
        struct subscriber *slot = &all->slots[i & all->mask];
        if (slot->name.room == NO_STRING ||
            (slot->name.length == length && memcmp(slot->name.text, name, length) == 0))
            return slot;
    }
}

static void *create(void)
{
    struct subscribers *all = must(malloc(sizeof *all));
    *all =
        (struct subscribers){.slots = must(malloc(SLOTS * sizeof *all->slots)), .mask = SLOTS - 1};
    for (size_t i = 0; i < SLOTS; i++)
        all->slots[i].name.room = NO_STRING;
    return all;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct subscribers *all = table;
    char name[48];
    const size_t length = write_name(name, key);
    struct subscriber *slot = look_up(all, name, length);
    if (slot->name.room == NO_STRING) {
        char *text = must(malloc(length + 3));
        memset(text, '~', length + 3);
        memcpy(text, name, length);
        slot->name = (struct string){.room = length + 3, .text = text, .length = length};
        slot->since = 1700000000u + (uint32_t)all->count;
        slot->calls = 0;
        all->count++;
    }
    slot->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[48];
    const size_t length = write_name(name, key);
    const struct subscriber *slot = look_up(table, name, length);
    if (slot->name.room == NO_STRING)
        return false;
    *value = slot->value;
    return true;
}

/* What follows is moved back. */
static bool erase(void *table, uint64_t key)
{
    struct subscribers *all = table;
    char name[48];
    struct subscriber *hole = look_up(all, name, write_name(name, key));
    if (hole->name.room == NO_STRING)
        return false;
    free(hole->name.text);
    all->count--;
    for (size_t at = (size_t)(hole - all->slots), next = at;;) {
        next = (next + 1) & all->mask;
        struct subscriber *slot = &all->slots[next];
        if (slot->name.room == NO_STRING)
            break;
        size_t home = hash(slot->name.text, slot->name.length);
        if (((next - home) & all->mask) >= ((next - at) & all->mask)) {
            *hole = *slot;
            hole = slot;
            at = next;
        }
    }
    memset(hole, 0, sizeof *hole);
    hole->name.room = NO_STRING;
    return true;
}

static void destroy(void *table)
{
    struct subscribers *all = table;
    for (size_t i = 0; i < SLOTS; i++)
        if (all->slots[i].name.room != NO_STRING)
            free(all->slots[i].name.text);
    free(all->slots);
    free(all);
}

static struct shape shape(const void *table)
{
    const struct subscribers *all = table;
    return (struct shape){.address = all->slots, .capacity = all->mask + 1, .live = all->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 40000,
                                              .never_grows = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
