/* Tables side by side, made larger in one call with all the new arrays before the first old one
 * goes, and none of which the object counts: what stands in the arrays tells that they are two.
 * As PROGRAM SCENARIO KEYS SLOTS WHOSE: slots that are keys, pointers to entries, or heads of
 * chains; both tables with the same keys, or each with its own. Hollow is the second.
 */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define ENTRIES  100000
#define SETS     2
#define FIRST    256
#define LOAD_DIV 4 /* three of four slots are used when both grow */

enum slots { SLOTS_KEYS, SLOTS_POINTERS, SLOTS_HEADS };

struct entry {
    struct entry *next;
    uint64_t key;
};

/* Slots are keys, 0 for an empty and 1 for a deleted one, or pointers with the same marks. */
static struct {
    uint64_t *slots[SETS];
    uint64_t size;
} both;
static enum slots slots_are;

static struct entry *entry_at(uint64_t slot)
{
    return (struct entry *)(uintptr_t)slot;
}

static uint64_t key_in(uint64_t slot)
{
    return slots_are == SLOTS_KEYS || slot <= 1 ? slot : entry_at(slot)->key;
}

/* The slot of the key, or the one where it belongs. */
static uint64_t *look_up(uint64_t *slots, uint64_t size, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    uint64_t at = (hash ^ hash >> 32) & (size - 1);
    while (slots_are != SLOTS_HEADS && slots[at] != 0 && key_in(slots[at]) != key)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static void place(uint64_t *slots, uint64_t size, uint64_t word)
{
    uint64_t *slot = look_up(slots, size, key_in(word));
    if (slots_are == SLOTS_HEADS)
        entry_at(word)->next = entry_at(*slot);
    *slot = word;
}

static void move(uint64_t *slots, uint64_t size, uint64_t word)
{
    while (word > 1) {
        uint64_t next = slots_are == SLOTS_HEADS ? (uint64_t)(uintptr_t)entry_at(word)->next : 0;
        place(slots, size, word);
        word = next;
    }
}

static void grow(void)
{
    uint64_t *slots[SETS], size = both.size * 2;
    for (unsigned set = 0; set < SETS; set++)
        slots[set] = must(calloc(size, sizeof(*slots[set])));
    for (unsigned set = 0; set < SETS; set++)
        for (uint64_t i = 0; i < both.size; i++)
            move(slots[set], size, both.slots[set][i]);
    for (unsigned set = 0; set < SETS; set++) {
        free(both.slots[set]);
        both.slots[set] = slots[set];
    }
    both.size = size;
}

static void put(unsigned set, uint64_t key)
{
    uint64_t word = key;
    if (slots_are != SLOTS_KEYS) {
        struct entry *entry = must(malloc(sizeof *entry));
        *entry = (struct entry){NULL, key};
        word = (uint64_t)(uintptr_t)entry;
    }
    place(both.slots[set], both.size, word);
}

static void take_out(unsigned set, uint64_t key)
{
    uint64_t *slot = look_up(both.slots[set], both.size, key);
    if (slots_are == SLOTS_HEADS) {
        struct entry *entry = entry_at(*slot), *before = NULL;
        for (; entry->key != key; entry = entry->next)
            before = entry;
        if (before)
            before->next = entry->next;
        else
            *slot = (uint64_t)(uintptr_t)entry->next;
        free(entry);
        return;
    }
    if (key_in(*slot) != key)
        abort();
    if (slots_are == SLOTS_POINTERS)
        free(entry_at(*slot));
    *slot = 1;
}

static struct shape shape_of(unsigned set)
{
    struct shape shape = {.address = both.slots[set], .capacity = both.size};
    for (uint64_t i = 0; i < both.size; i++) {
        uint64_t slot = both.slots[set][i];
        shape.live += slot > 1;
        shape.tombstones += slot == 1;
        while (slots_are == SLOTS_HEADS && slot != 0 && entry_at(slot)->next != NULL) {
            slot = (uint64_t)(uintptr_t)entry_at(slot)->next;
            shape.live++;
        }
    }
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = ENTRIES};
    if (argc != 5)
        return 2;
    bool is_hollow = strcmp(argv[1], "hollow") == 0;
    slots_are = strcmp(argv[3], "keys") == 0       ? SLOTS_KEYS
                : strcmp(argv[3], "pointers") == 0 ? SLOTS_POINTERS
                                                   : SLOTS_HEADS;
    struct keys keys[SETS];
    for (unsigned set = 0; set < SETS; set++) {
        keys[set] = keys_new(argv[2], ENTRIES);
        keys[set].first = strcmp(argv[4], "own") == 0 ? set * 2 * ENTRIES : 0;
        both.slots[set] = must(calloc(FIRST, sizeof(*both.slots[set])));
    }
    both.size = FIRST;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        if (i >= both.size - both.size / LOAD_DIV)
            grow();
        for (unsigned set = 0; set < SETS; set++)
            put(set, keys_at(&keys[set], i));
    }
    for (uint64_t i = 0; is_hollow && i < ENTRIES; i++)
        if (i % 64 != 0)
            take_out(SETS - 1, keys_at(&keys[SETS - 1], i));
    HASHTRACK_SNAPSHOT("end");
    for (unsigned set = 0; set < SETS; set++) {
        const struct shape shape = shape_of(set);
        table_truth(&kind, &shape, set == SETS - 1 && is_hollow ? "hollow" : "ok", "end",
                    &keys[set], false);
        free(both.slots[set]);
        keys_free(&keys[set]);
    }
    return 0;
}
