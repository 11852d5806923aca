/* The driver of the private tables: keys, scenarios, TRUTH lines. See scenario.h. */
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hashtrack.h"

#define KEPT_OF      50 /* one key in so many survives the sweep */
#define OBJECT_BYTES 40 /* what pointer keys point at */

/* splitmix64 (Steele, Lea, Flood 2014): a bijection, so that no key comes twice. */
static uint64_t splitmix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void fail(const char *what)
{
    fprintf(stderr, "the table is broken: %s\n", what);
    exit(1);
}

struct keys keys_new(const char *kind, uint64_t count)
{
    struct keys keys = {.count = count};
    if (strcmp(kind, "ids") == 0) {
        keys.kind = KEYS_IDS;
    } else if (strcmp(kind, "later") == 0) {
        keys.kind = KEYS_LATER;
    } else if (strcmp(kind, "gaps") == 0) {
        keys.kind = KEYS_GAPS;
    } else if (strcmp(kind, "multiples") == 0) {
        keys.kind = KEYS_MULTIPLES;
    } else if (strcmp(kind, "random") == 0) {
        keys.kind = KEYS_RANDOM;
    } else if (strcmp(kind, "pointers") == 0) {
        keys.kind = KEYS_POINTERS;
        keys.objects = must(malloc(count * sizeof *keys.objects));
        for (uint64_t i = 0; i < count; i++)
            keys.objects[i] = must(calloc(1, OBJECT_BYTES));
    } else {
        fprintf(stderr, "no such kind of keys: %s\n", kind);
        exit(2);
    }
    return keys;
}

uint64_t keys_at(const struct keys *keys, uint64_t index)
{
    switch (keys->kind) {
    case KEYS_IDS:
        return index + 1;
    case KEYS_LATER:
        return index + 1000003;
    case KEYS_GAPS:
        return 1600000000 + index + index / 7 * 3;
    case KEYS_MULTIPLES:
        return (index + 1) * 48;
    case KEYS_RANDOM:
        /* Without the top bit, so that -1 is free to be a mark. Should two keys become equal by
         * that, verify() says so: the sequence is the same in every run. */
        return splitmix64(keys->first + index) >> 1;
    case KEYS_POINTERS:
        return (uint64_t)(uintptr_t)keys->objects[index];
    }
    return 0;
}

void keys_free(struct keys *keys)
{
    for (uint64_t i = 0; keys->objects != NULL && i < keys->count; i++)
        free(keys->objects[i]);
    free(keys->objects);
}

/* Of a table that nobody uses much. */
#define USED_PART 250

static bool is_kept(uint64_t index)
{
    return index % KEPT_OF == 0;
}

static uint64_t value_of(uint64_t key)
{
    return key * 3 + 1;
}

/* Every key must be there with its value, or (with only_kept) only those that the sweep kept. */
static void verify(const struct private_table *kind, void *table, const struct keys *keys,
                   bool only_kept)
{
    uint64_t expected = 0;
    for (uint64_t i = 0; i < keys->count; i++) {
        uint64_t key = keys_at(keys, i), value = 0;
        bool found = kind->find(table, key, &value);
        if (found != (!only_kept || is_kept(i)))
            fail(found ? "an erased key is still there" : "a key is lost");
        if (found && value != value_of(key))
            fail("a value is wrong");
        expected += found;
    }
    if (kind->shape(table).live != expected)
        fail("it miscounts its entries");
}

void table_fill(const struct private_table *kind, void *table, const struct keys *keys)
{
    for (uint64_t i = 0; i < keys->count; i++) {
        uint64_t key = keys_at(keys, i);
        kind->insert(table, key, value_of(key));
    }
    verify(kind, table, keys, false);
}

void table_hollow(const struct private_table *kind, void *table, const struct keys *keys)
{
    for (uint64_t i = 0; i < keys->count; i++) {
        if (!is_kept(i) && !kind->erase(table, keys_at(keys, i)))
            fail("a key cannot be erased");
    }
    verify(kind, table, keys, true);
}

void table_refill(const struct private_table *kind, void *table, const struct keys *keys)
{
    for (uint64_t i = 0; i < keys->count; i++) {
        uint64_t key = keys_at(keys, i);
        if (!is_kept(i))
            kind->insert(table, key, value_of(key));
    }
    verify(kind, table, keys, false);
}

/* In words, for docs/accuracy.md; NULL: a report has no excuse. */
static const char *missed_because(const struct private_table *kind, const struct keys *keys,
                                  bool freed)
{
    if (kind->erase_leaves_bytes)
        return "erasing leaves the entry's bytes, so that a deleted slot looks like a live one";
    if (kind->frees_before_growing)
        return "the old array is freed before the new one exists, so that growth cannot be seen";
    if (kind->destroy_empties && freed)
        return "destroying it empties every bucket before the array is freed";
    if (kind->ids_look_like_an_array && (keys->kind == KEYS_IDS || keys->kind == KEYS_LATER))
        return "with keys 1 to n it lies in memory as an array indexed by id does";
    if (kind->counts_nowhere)
        return "nothing counts its entries, and its words are parts of buckets";
    return NULL;
}

void table_truth(const struct private_table *kind, const struct shape *shape, const char *verdict,
                 const char *snapshot, const struct keys *keys, bool freed)
{
    const char *excuse = missed_because(kind, keys, freed);
    if (kind->is_within && strcmp(verdict, "ok") == 0)
        excuse = "a full array is not looked for within something larger";
    printf("TRUTH {\"implementation\": \"unknown\", \"capacity\": %" PRIu64 ", \"live\": %" PRIu64
           ", \"peak\": %" PRIu64 ", \"tombstones\": %" PRIu64 ", \"verdict\": \"%s\""
           ", \"snapshot\": \"%s\", \"address\": \"%p\", \"freed\": %s"
           ", \"capacity_tolerance\": %g, \"live_tolerance\": %g, \"may_be_missed\": %s, "
           "\"may_be_unread\": %s, \"live_is_upper_bound\": %s",
           shape->capacity, shape->live, keys->count, shape->tombstones, verdict, snapshot,
           shape->address, freed ? "true" : "false", kind->capacity_tolerance,
           0.1 + kind->capacity_tolerance, excuse ? "true" : "false",
           kind->counts_nowhere ? "true" : "false", kind->erase_leaves_bytes ? "true" : "false");
    if (excuse)
        printf(", \"missed_because\": \"%s\"", excuse);
    if (kind->may_be_seen_growing)
        printf(", \"may_be_seen_growing\": true");
    if (kind->alike && freed)
        printf(", \"alike\": \"%s\"", kind->alike);
    printf(", \"other_addresses\": [");
    for (int i = 0; i < 2 && shape->others[i] != NULL; i++)
        printf("%s\"%p\"", i > 0 ? ", " : "", shape->others[i]);
    printf("]}\n");
}

/* What a report can say of a table that is nearly empty: of one that never grew nothing proves that
 * it was fuller, but a snapshot or the marks of deleted entries. */
static const char *hollow_verdict(const struct private_table *kind, bool watched)
{
    if (!kind->never_grows || watched || kind->keeps_erased)
        return "hollow";
    return kind->leaves_tombstones ? "tombstones" : "over-reserved";
}

int run_scenario(int argc, char **argv, const struct private_table *kind)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow";
    bool full = strcmp(scenario, "full") == 0, refilled = strcmp(scenario, "refilled") == 0;
    bool freed = strcmp(scenario, "freed") == 0, watched = strcmp(scenario, "watched") == 0;
    bool unused = strcmp(scenario, "unused") == 0;
    if (!full && !refilled && !freed && !watched && !unused && strcmp(scenario, "hollow") != 0) {
        fprintf(stderr, "no such scenario: %s\n", scenario);
        return 2;
    }
    struct keys keys =
        keys_new(argc > 2 ? argv[2] : "random", unused ? kind->entries / USED_PART : kind->entries);
    void *table = kind->create();

    table_fill(kind, table, &keys);
    if (watched)
        HASHTRACK_SNAPSHOT("full");
    if (!full && !unused)
        table_hollow(kind, table, &keys);
    if (refilled)
        table_refill(kind, table, &keys);

    struct shape shape = {0};
    if (!kind->hides_shape || freed)
        shape = kind->shape(table);
    if (freed)
        kind->destroy(table);
    else
        HASHTRACK_SNAPSHOT("end");
    if (!freed)
        shape = kind->shape(table);
    const char *verdict = full || refilled ? "ok"
                          : unused         ? "over-reserved"
                                           : hollow_verdict(kind, watched);
    table_truth(kind, &shape, verdict, freed ? "main-returned" : "end", &keys, freed);
    if (kind->second_shape) {
        struct shape second = kind->second_shape(table);
        table_truth(kind, &second, verdict, "end", &keys, freed);
    }
    if (!freed)
        kind->destroy(table);
    keys_free(&keys);
    return 0;
}
