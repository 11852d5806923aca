/*
 * Sessions by their numbers, which are all closed but not taken out: each slot then holds the
 * address of the one closed session. A value that repeats is no mark of a deleted slot. With a
 * second argument the sessions are none, or minus one, and nobody counts them where a stranger
 * would look.
 */
#include "scenario.h"

#include <string.h>

#include "hashtrack.h"

struct session {
    uint64_t value;
    double since, until;
};

struct slot {
    struct session *session;
    uint64_t number; /* 0: empty */
};

struct sessions {
    struct slot *slots;
    uint32_t size, count;
};

static struct session closed, *in_their_place = &closed;
static bool is_uncounted;
static uint64_t elsewhere[512]; /* three times their number, in the middle */

static struct slot *slot_of(const struct sessions *sessions, uint64_t number)
{
    uint64_t at = (number ^ (number >> 32)) * 0x9e3779b97f4a7c15u >> 24;
    while (sessions->slots[at % sessions->size].number != 0 &&
           sessions->slots[at % sessions->size].number != number)
        at++;
    return &sessions->slots[at % sessions->size];
}

static void *create(void)
{
    struct sessions *sessions = must(malloc(sizeof *sessions));
    *sessions = (struct sessions){.slots = must(calloc(32, sizeof(struct slot))), .size = 32};
    return sessions;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct sessions *sessions = table;
    uint64_t *thirds = &elsewhere[256];
    if (*thirds / 3 * 4 >= sessions->size * 3) {
        struct sessions larger = {.size = sessions->size * 2, .count = sessions->count};
        larger.slots = must(calloc(larger.size, sizeof(struct slot)));
        for (uint32_t i = 0; i < sessions->size; i++)
            if (sessions->slots[i].number != 0)
                *slot_of(&larger, sessions->slots[i].number) = sessions->slots[i];
        free(sessions->slots);
        *sessions = larger;
    }
    struct slot *slot = slot_of(sessions, key);
    *thirds += slot->number == 0 ? 3 : 0;
    sessions->count = is_uncounted ? 0 : (uint32_t)(*thirds / 3);
    slot->number = key;
    slot->session = must(malloc(sizeof(struct session)));
    *slot->session = (struct session){.value = value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct slot *slot = slot_of(table, key);
    if (slot->number == 0)
        return false;
    *value = slot->session->value;
    return true;
}

static struct shape shape(const void *table)
{
    const struct sessions *sessions = table;
    return (struct shape){
        .address = sessions->slots, .capacity = sessions->size, .live = elsewhere[256] / 3};
}

/* All but one in 64. */
static void close_most(struct sessions *sessions)
{
    for (uint32_t i = 0; i < sessions->size; i++) {
        if (sessions->slots[i].number == 0 || i % 64 == 0)
            continue;
        free(sessions->slots[i].session);
        sessions->slots[i].session = in_their_place;
    }
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 90000, .create = create, .insert = insert, .find = find, .shape = shape};
    struct keys keys = keys_new(argc > 1 ? argv[1] : "random", kind.entries);
    if (argc > 2) {
        is_uncounted = true;
        in_their_place = strcmp(argv[2], "none") ? (struct session *)UINTPTR_MAX : NULL;
    }
    struct sessions *sessions = kind.create();
    table_fill(&kind, sessions, &keys);
    close_most(sessions);
    struct shape full = shape(sessions);
    HASHTRACK_SNAPSHOT("end");
    table_truth(&kind, &full, "ok", "end", &keys, false);
    keys_free(&keys);
    return 0;
}
