/* Open addressing over pointers to objects, in memory of the program's own allocator, which keeps
 * each block's size in the four bytes before it: slots and objects lie between two words. Each
 * object names an older one, which is no chain of a bucket. */
#include "scenario.h"

#include <string.h>

#define BETWEEN_WORDS __attribute__((packed, aligned(4)))

struct BETWEEN_WORDS object {
    uint64_t key;
    const struct object *owner; /* of a third of them */
    uint64_t value;
};

struct BETWEEN_WORDS slot {
    struct object *object;
};

struct objects {
    struct slot *slots;
    uint64_t room;
    struct object *newest;
};

static uint64_t count; /* of the only set there is */

static void *take(size_t bytes)
{
    uint32_t *block = must(malloc(sizeof(uint32_t) + bytes));
    *block = (uint32_t)bytes;
    memset(block + 1, 0, bytes);
    return block + 1;
}

static void give(void *memory)
{
    free((uint32_t *)memory - 1);
}

static struct slot *seek(struct slot *slots, uint64_t room, uint64_t key)
{
    uint64_t at = key * 0xd6e8feb86659fd93u;
    for (at = (at ^ at >> 32) * 0xd6e8feb86659fd93u >> 20;; at++) {
        struct slot *slot = &slots[at & (room - 1)];
        if (slot->object == NULL || slot->object->key == key)
            return slot;
    }
}

static void *create(void)
{
    struct objects *t = must(calloc(1, sizeof *t));
    t->room = 64;
    t->slots = take(t->room * sizeof *t->slots);
    return t;
}

/* Puts all that are left into slots of their own again. */
static void lay_anew(struct objects *t, uint64_t room)
{
    struct slot *slots = take(room * sizeof *slots);
    for (uint64_t i = 0; i < t->room; i++)
        if (t->slots[i].object)
            seek(slots, room, t->slots[i].object->key)->object = t->slots[i].object;
    give(t->slots);
    t->slots = slots;
    t->room = room;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct objects *t = table;
    if (++count * 10 > t->room * 7)
        lay_anew(t, t->room * 2);
    struct object *object = take(sizeof *object);
    object->key = key;
    object->value = value;
    object->owner = key % 3 == 0 ? t->newest : NULL;
    t->newest = object;
    seek(t->slots, t->room, key)->object = object;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct objects *t = table;
    const struct object *object = seek(t->slots, t->room, key)->object;
    if (object)
        *value = object->value;
    return object != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct objects *t = table;
    struct slot *slot = seek(t->slots, t->room, key);
    if (!slot->object)
        return false;
    t->newest = t->newest == slot->object ? NULL : t->newest;
    give(slot->object);
    slot->object = NULL;
    count--;
    uint64_t at = (uint64_t)(slot - t->slots);
    for (at = (at + 1) & (t->room - 1); t->slots[at].object; at = (at + 1) & (t->room - 1)) {
        struct object *object = t->slots[at].object;
        t->slots[at].object = NULL;
        seek(t->slots, t->room, object->key)->object = object;
    }
    return true;
}

static void destroy(void *table)
{
    struct objects *t = table;
    for (uint64_t i = 0; i < t->room; i++)
        if (t->slots[i].object)
            give(t->slots[i].object);
    give(t->slots);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct objects *t = table;
    return (struct shape){.address = t->slots, .capacity = t->room, .live = count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
