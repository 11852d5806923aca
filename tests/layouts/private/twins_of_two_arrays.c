/* Sets of two arrays each, keys and states, side by side in one object and filled with the same
 * keys: right after a growth the words beside each say the same. Then only one of them is swept.
 * As PROGRAM SCENARIO KEYS STATES GROWTH SETS: states of a byte or of four, which are as large
 * together as the keys were before; each grows by itself or all in one call; two sets or three.
 */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

#define KEYS     150000
#define SETS     3
#define FIRST    256
#define LOAD_DIV 4 /* three of four slots are used when a set grows */

enum state { STATE_EMPTY, STATE_LIVE, STATE_DELETED };

struct set {
    uint64_t *keys;
    void *states;
    uint64_t size, used;
};

static struct {
    uint64_t turns;
    struct set sets[SETS];
} all;
static unsigned set_count;
static size_t state_bytes;

static unsigned state_at(const struct set *set, uint64_t at)
{
    return state_bytes == 1 ? ((const uint8_t *)set->states)[at]
                            : ((const uint32_t *)set->states)[at];
}

static void set_state(struct set *set, uint64_t at, enum state state)
{
    if (state_bytes == 1)
        ((uint8_t *)set->states)[at] = (uint8_t)state;
    else
        ((uint32_t *)set->states)[at] = state;
}

static void allocate(struct set *set, uint64_t size)
{
    set->size = size;
    set->keys = must(calloc(size, sizeof(*set->keys)));
    set->states = must(calloc(size, state_bytes));
}

/* The slot of the key, or the one where it belongs. */
static uint64_t look_up(const struct set *set, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    uint64_t at = (hash ^ hash >> 32) & (set->size - 1);
    while (state_at(set, at) != STATE_EMPTY &&
           !(state_at(set, at) == STATE_LIVE && set->keys[at] == key))
        at = (at + 1) & (set->size - 1);
    return at;
}

static void place(struct set *set, uint64_t key)
{
    uint64_t at = look_up(set, key);
    set->keys[at] = key;
    set_state(set, at, STATE_LIVE);
}

static void move(struct set *set, const struct set *old)
{
    for (uint64_t at = 0; at < old->size; at++)
        if (state_at(old, at) == STATE_LIVE)
            place(set, old->keys[at]);
}

static void release(const struct set *set)
{
    free(set->keys);
    free(set->states);
}

/* All the new arrays before the first old one goes. */
static void grow(struct set *sets, unsigned count)
{
    struct set old[SETS];
    for (unsigned i = 0; i < count; i++) {
        old[i] = sets[i];
        allocate(&sets[i], sets[i].size * 2);
    }
    for (unsigned i = 0; i < count; i++)
        move(&sets[i], &old[i]);
    for (unsigned i = 0; i < count; i++)
        release(&old[i]);
}

static bool is_full(const struct set *set)
{
    return set->used >= set->size - set->size / LOAD_DIV;
}

static void put(struct set *set, uint64_t key, bool at_once)
{
    if (is_full(set)) {
        if (at_once)
            grow(all.sets, set_count);
        else
            grow(set, 1);
    }
    place(set, key);
    set->used++;
}

static void take_out(struct set *set, uint64_t key)
{
    uint64_t at = look_up(set, key);
    if (state_at(set, at) != STATE_LIVE)
        abort();
    set_state(set, at, STATE_DELETED);
    set->keys[at] = 0;
    set->used--;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = KEYS};
    if (argc != 6)
        return 2;
    bool is_hollow = strcmp(argv[1], "hollow") == 0;
    bool at_once = strcmp(argv[4], "at-once") == 0;
    struct keys keys = keys_new(argv[2], KEYS);
    state_bytes = strcmp(argv[3], "bytes") == 0 ? 1 : 4;
    set_count = strcmp(argv[5], "two") == 0 ? 2 : 3;
    for (unsigned set = 0; set < set_count; set++)
        allocate(&all.sets[set], FIRST);
    for (uint64_t i = 0; i < KEYS; i++, all.turns++)
        for (unsigned set = 0; set < set_count; set++)
            put(&all.sets[set], keys_at(&keys, i), at_once);
    for (uint64_t i = 0; is_hollow && i < KEYS; i++)
        if (i % 64 != 0)
            take_out(&all.sets[0], keys_at(&keys, i));
    HASHTRACK_SNAPSHOT("end");
    for (unsigned set = 0; set < set_count; set++) {
        const struct set *one = &all.sets[set];
        const struct shape shape = {.address = one->keys,
                                    .others = {one->states},
                                    .capacity = one->size,
                                    .live = one->used};
        table_truth(&kind, &shape, set == 0 && is_hollow ? "hollow" : "ok", "end", &keys, false);
    }
    for (unsigned set = 0; set < set_count; set++)
        release(&all.sets[set]);
    keys_free(&keys);
    return 0;
}
