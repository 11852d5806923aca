/*
 * Tables that lie in memory and grow as xmlHashTable and xmlDict do since libxml2 2.12, which is
 * newer than Debian 12's: written anew from a description of libxml2 2.16. See scenarios.h. Kinds:
 * hash, dict (nothing can be erased from it).
 */
#include "scenarios.h"

#include <stddef.h>

#define OCCUPIED  (1u << 31)
#define SLOTS_MIN 8u

struct hash {
    void *slots;
    unsigned size, elements;
    void *dict;
    unsigned seed;
};
struct dict {
    int references;
    void *slots;
    size_t size;
    unsigned elements;
    void *strings, *subdict;
    unsigned seed;
    size_t limit;
};

static bool is_dict;
/* Volatile, for nobody here reads what the compiler might leave out then. */
static volatile struct hash *hash;
static volatile struct dict *dict;

/* One slot: the hash, the name, and in a hash two more names and the payload. */
struct slot {
    unsigned hash;
    const char *name;
    const void *more[3];
};
static size_t slot_bytes;
static char *slots;
static uint64_t size, elements;

static void store_object(void)
{
    if (is_dict) {
        dict->slots = slots;
        dict->size = size;
        dict->elements = (unsigned)elements;
    } else {
        hash->slots = slots;
        hash->size = (unsigned)size;
        hash->elements = (unsigned)elements;
    }
}

static unsigned hash_of(uint64_t key)
{
    uint64_t mixed = (key + 1) * 0x9E3779B97F4A7C15u;
    return (unsigned)(mixed >> 32) | OCCUPIED;
}

static struct slot slot_at(uint64_t at)
{
    struct slot slot = {0};
    memcpy(&slot, slots + at * slot_bytes, slot_bytes);
    return slot;
}

static void put_slot(uint64_t at, const struct slot *slot)
{
    memcpy(slots + at * slot_bytes, slot, slot_bytes);
}

static uint64_t distance(const struct slot *slot, uint64_t at)
{
    return (at - slot->hash) & (size - 1);
}

/* Robin Hood: whoever is nearer to where its search begins gives way. */
static void place(struct slot slot)
{
    for (uint64_t at = slot.hash & (size - 1);; at = (at + 1) & (size - 1)) {
        struct slot there = slot_at(at);
        if (there.hash == 0) {
            put_slot(at, &slot);
            return;
        }
        if (distance(&there, at) < distance(&slot, at)) {
            put_slot(at, &slot);
            slot = there;
        }
    }
}

static void resize(uint64_t new_size)
{
    char *old = slots;
    uint64_t old_size = size;
    slots = calloc(new_size, slot_bytes);
    if (slots == NULL)
        abort();
    size = new_size;
    for (uint64_t i = 0; i < old_size; i++) {
        struct slot slot = {0};
        memcpy(&slot, old + i * slot_bytes, slot_bytes);
        if (slot.hash != 0)
            place(slot);
    }
    free(old);
}

static void create(uint64_t expected)
{
    hash = is_dict ? NULL : calloc(1, sizeof(*hash));
    dict = is_dict ? calloc(1, sizeof(*dict)) : NULL;
    if (hash == NULL && dict == NULL)
        abort();
    slot_bytes = is_dict ? offsetof(struct slot, more) : sizeof(struct slot);
    slots = NULL;
    size = elements = 0;
    if (is_dict) {
        dict->references = 1;
        dict->strings = calloc(1, 1000);
    }
    uint64_t wanted = SLOTS_MIN;
    while (wanted < expected)
        wanted *= 2;
    resize(wanted);
    store_object();
}

static void insert(uint64_t key)
{
    static const char text[] = "a name";
    if (elements + 1 > size / 8 * 7)
        resize(size * 2);
    place((struct slot){.hash = hash_of(key), .name = text, .more = {NULL, NULL, &slots}});
    elements++;
    store_object();
}

/* Moves the entries after it back, unless they are where their search begins. */
static void erase(uint64_t key)
{
    uint64_t at = hash_of(key) & (size - 1);
    while (slot_at(at).hash != hash_of(key))
        at = (at + 1) & (size - 1);
    for (;;) {
        uint64_t next = (at + 1) & (size - 1);
        struct slot slot = slot_at(next);
        if (slot.hash == 0 || distance(&slot, next) == 0)
            break;
        put_slot(at, &slot);
        at = next;
    }
    struct slot last = slot_at(at);
    last.hash = 0;
    put_slot(at, &last);
    elements--;
    store_object();
}

static void destroy(void)
{
    free(slots);
    if (dict != NULL)
        free(dict->strings);
    free((void *)dict);
    free((void *)hash);
}

static const void *address(void)
{
    return slots;
}

static uint64_t capacity(void)
{
    return size;
}

static uint64_t live(void)
{
    return elements;
}

static uint64_t bytes(void)
{
    return size * slot_bytes;
}

static void fix(uint64_t live)
{
    destroy();
    create(live);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {1, 7, 8, 56, 57, 1000, 20000, UINT64_MAX};
    is_dict = argc > 2 && strcmp(argv[2], "dict") == 0;
    const struct subject subject = {
        .implementation = is_dict ? "xmlDict 2.12" : "xmlHashTable 2.12",
        .entries = 100000,
        .create = create,
        .insert = insert,
        .erase = erase,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
