/*
 * One block: a short front, an index of numbers, and the entries behind it in the order in which
 * they came. The front has the logarithm of the slots in a byte. Erased entries stay, marked, until
 * the table is built anew; the object counts the live ones.
 */
#include "scenario.h"

#include <string.h>

#define FREE UINT32_MAX
#define DEAD (UINT32_MAX - 1)

struct entry {
    uint64_t hash, key, value;
};

struct body {
    uint32_t owners;
    uint8_t bits, is_frozen, spare[2];
    uint32_t used, version;
    uint32_t slots[];
};

struct record {
    uint64_t live, epoch;
    struct body *body;
};

static uint64_t hash_of(uint64_t key)
{
    key = key * 0x2127599bf4325c37u + 11;
    key ^= key >> 47;
    key *= 0x880355f21e6d1965u;
    return key ^ key >> 29;
}

static size_t slots_of(const struct body *body)
{
    return (size_t)1 << body->bits;
}

static size_t room_of(const struct body *body)
{
    return slots_of(body) * 5 / 8;
}

static struct entry *entries_of(struct body *body)
{
    return (struct entry *)(void *)(body->slots + slots_of(body));
}

static void append(struct body *body, struct entry entry)
{
    size_t mask = slots_of(body) - 1, at = entry.hash & mask;
    for (uint64_t rest = entry.hash; body->slots[at] != FREE; rest >>= 4)
        at = (at * 5 + rest + 1) & mask;
    body->slots[at] = body->used;
    entries_of(body)[body->used++] = entry;
}

static struct body *make_body(uint8_t bits)
{
    size_t slots = (size_t)1 << bits, room = slots * 5 / 8;
    struct body *body =
        must(malloc(sizeof *body + slots * sizeof body->slots[0] + room * sizeof(struct entry)));
    *body = (struct body){.owners = 1, .bits = bits};
    memset(body->slots, 0xff, slots * sizeof body->slots[0]);
    memset(entries_of(body), 0, room * sizeof(struct entry));
    return body;
}

static void rebuild(struct record *record)
{
    struct body *old = record->body;
    uint8_t bits = 4;
    while (((size_t)1 << bits) * 5 / 16 <= record->live)
        bits++;
    struct body *body = make_body(bits);
    for (uint32_t i = 0; i < old->used; i++)
        if (entries_of(old)[i].key != 0)
            append(body, entries_of(old)[i]);
    record->body = body;
    record->epoch++;
    free(old);
}

static uint32_t *look_up(const struct record *record, uint64_t key)
{
    struct body *body = record->body;
    uint64_t hash = hash_of(key);
    size_t mask = slots_of(body) - 1, at = hash & mask;
    for (uint64_t rest = hash; body->slots[at] != FREE; rest >>= 4) {
        if (body->slots[at] != DEAD && entries_of(body)[body->slots[at]].key == key)
            return &body->slots[at];
        at = (at * 5 + rest + 1) & mask;
    }
    return NULL;
}

static void *create(void)
{
    struct record *record = must(calloc(1, sizeof *record));
    record->body = make_body(4);
    return record;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct record *record = table;
    uint32_t *slot = look_up(record, key);
    if (slot) {
        entries_of(record->body)[*slot].value = value;
        return;
    }
    if (record->body->used == room_of(record->body))
        rebuild(record);
    append(record->body, (struct entry){hash_of(key), key, value});
    record->live++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct record *record = table;
    const uint32_t *slot = look_up(record, key);
    if (slot)
        *value = entries_of(record->body)[*slot].value;
    return slot != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct record *record = table;
    uint32_t *slot = look_up(record, key);
    if (!slot)
        return false;
    memset(&entries_of(record->body)[*slot], 0, sizeof(struct entry));
    *slot = DEAD;
    record->live--;
    return true;
}

static void destroy(void *table)
{
    struct record *record = table;
    free(record->body);
    free(record);
}

static struct shape shape(const void *table)
{
    const struct record *record = table;
    return (struct shape){.address = record->body,
                          .capacity = slots_of(record->body),
                          .live = record->live,
                          .tombstones = record->body->used - record->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
