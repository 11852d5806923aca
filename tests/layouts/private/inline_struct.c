/* Session records of 128 bytes inside the slots: what boxing is about. */
#include <string.h>

#include "scenario.h"

struct session {
    uint64_t balance;
    char user[64];
    uint32_t flags;
    uint32_t visits;
    uint64_t stamps[6];
};

_Static_assert(sizeof(struct session) == 128, "the case is about values of 128 bytes");

struct session_slot {
    uint64_t id; /* 0: vacant */
    struct session session;
};

struct sessions {
    struct session_slot *slots;
    size_t slot_count;
    size_t online;
};

static size_t first_slot(const struct sessions *s, uint64_t id)
{
    id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
    id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
    return (id ^ (id >> 31)) % s->slot_count;
}

static size_t slot_after(const struct sessions *s, size_t slot)
{
    return slot + 1 == s->slot_count ? 0 : slot + 1;
}

static struct session_slot *slot_for(const struct sessions *s, uint64_t id)
{
    size_t i = first_slot(s, id);
    while (s->slots[i].id != 0 && s->slots[i].id != id)
        i = slot_after(s, i);
    return &s->slots[i];
}

static void *create(void)
{
    struct sessions *s = must(calloc(1, sizeof *s));
    s->slot_count = 32;
    s->slots = must(calloc(s->slot_count, sizeof *s->slots));
    return s;
}

static void insert(void *table, uint64_t id, uint64_t value)
{
    struct sessions *s = table;
    if (s->online + 1 > s->slot_count / 4 * 3) {
        struct sessions wider = {.slot_count = s->slot_count * 2, .online = s->online};
        wider.slots = must(calloc(wider.slot_count, sizeof *wider.slots));
        for (size_t i = 0; i < s->slot_count; i++) {
            if (s->slots[i].id != 0)
                memcpy(slot_for(&wider, s->slots[i].id), &s->slots[i], sizeof s->slots[i]);
        }
        free(s->slots);
        *s = wider;
    }
    struct session_slot *slot = slot_for(s, id);
    s->online += slot->id == 0;
    slot->id = id;
    slot->session.balance = value;
    slot->session.visits++;
    for (int i = 0; i < 6; i++)
        slot->session.stamps[i] = 1700000000u + id % 86400 + (uint64_t)i;
    strcpy(slot->session.user, "a user with a name of some length");
}

static bool find(void *table, uint64_t id, uint64_t *value)
{
    struct session_slot *slot = slot_for(table, id);
    *value = slot->session.balance;
    return slot->id != 0;
}

static bool erase(void *table, uint64_t id)
{
    struct sessions *s = table;
    struct session_slot *slot = slot_for(s, id);
    if (slot->id == 0)
        return false;
    memset(slot, 0, sizeof *slot);
    s->online--;
    /* Whoever stands in the rest of the run is put in again. */
    for (size_t i = slot_after(s, (size_t)(slot - s->slots)); s->slots[i].id != 0;
         i = slot_after(s, i)) {
        struct session_slot moving = s->slots[i];
        memset(&s->slots[i], 0, sizeof s->slots[i]);
        *slot_for(s, moving.id) = moving;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct sessions *)table)->slots);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct sessions *s = table;
    return (struct shape){.address = s->slots, .capacity = s->slot_count, .live = s->online};
}

int main(int argc, char **argv)
{
    /* Fewer entries than the others: at 136 bytes a slot this is 17 MiB. */
    static const struct private_table kind = {.entries = 90000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
