/*
 * QHash of Qt 6 in our own words: spans of 128 slots, a block of entries for each, and the growth,
 * for machines without qt6-base-dev, whose headers qhash.cc takes. The keys are numbers and their
 * own hashes. Scenarios: full, hollow, reserve, churn, capacity.
 */
#include "truth.h"

#include <malloc.h>
#include <string.h>

#define ENTRIES    100000u
#define KEPT_OF    50u
#define SPAN_SLOTS 128u
#define UNUSED     0xffu

struct entry {
    uint64_t key; /* of a free entry the first byte is the next free one */
    char value[56];
};

struct span {
    unsigned char offsets[SPAN_SLOTS];
    struct entry *entries;
    unsigned char allocated, next_free;
};

struct qhash {
    int32_t references;
    uint64_t size, slots, seed;
    struct span *spans; /* behind their number, as new[] leaves it */
};

static uint64_t home_of(const struct qhash *hash, uint64_t key)
{
    return key * 0x9E3779B97F4A7C15u >> 20 & (hash->slots - 1);
}

static struct span *span_of(const struct qhash *hash, uint64_t slot)
{
    return &hash->spans[slot / SPAN_SLOTS];
}

static struct entry *entry_at(const struct qhash *hash, uint64_t slot)
{
    struct span *span = span_of(hash, slot);
    unsigned offset = span->offsets[slot % SPAN_SLOTS];
    return offset == UNUSED ? NULL : &span->entries[offset];
}

static void set_spans(struct qhash *hash, uint64_t slots)
{
    uint64_t spans = slots / SPAN_SLOTS;
    uint64_t *block = malloc(8 + spans * sizeof(struct span));
    *block = spans;
    hash->spans = (struct span *)(block + 1);
    hash->slots = slots;
    for (uint64_t i = 0; i < spans; i++) {
        hash->spans[i] = (struct span){.entries = NULL};
        memset(hash->spans[i].offsets, UNUSED, SPAN_SLOTS);
    }
}

static void free_spans(struct span *spans, uint64_t slots)
{
    for (uint64_t i = 0; i < slots / SPAN_SLOTS; i++) {
        free(spans[i].entries);
        spans[i].entries = NULL;
    }
    free((uint64_t *)spans - 1);
}

/* A free entry of the span for one of its slots. */
static struct entry *take_entry(struct span *span, uint64_t slot)
{
    if (span->next_free == span->allocated) {
        unsigned more = span->allocated == 0    ? 48
                        : span->allocated == 48 ? 80
                                                : span->allocated + 16;
        struct entry *entries = malloc(more * sizeof(*entries));
        if (span->allocated != 0)
            memcpy(entries, span->entries, span->allocated * sizeof(*entries));
        for (unsigned i = span->allocated; i < more; i++)
            *(unsigned char *)&entries[i] = (unsigned char)(i + 1);
        free(span->entries);
        span->entries = entries;
        span->allocated = (unsigned char)more;
    }
    struct entry *entry = &span->entries[span->next_free];
    span->offsets[slot % SPAN_SLOTS] = span->next_free;
    span->next_free = *(unsigned char *)entry;
    return entry;
}

static void give_entry(struct span *span, uint64_t slot)
{
    unsigned char offset = span->offsets[slot % SPAN_SLOTS];
    *(unsigned char *)&span->entries[offset] = span->next_free;
    span->next_free = offset;
    span->offsets[slot % SPAN_SLOTS] = UNUSED;
}

static uint64_t find(const struct qhash *hash, uint64_t key)
{
    uint64_t slot = home_of(hash, key);
    const struct entry *entry;
    while ((entry = entry_at(hash, slot)) != NULL && entry->key != key)
        slot = (slot + 1) & (hash->slots - 1);
    return slot;
}

static void rehash(struct qhash *hash, uint64_t entries)
{
    struct qhash old = *hash;
    uint64_t slots = SPAN_SLOTS;
    while (slots < 2 * entries)
        slots *= 2;
    set_spans(hash, slots);
    for (uint64_t slot = 0; slot < old.slots; slot++) {
        const struct entry *entry = entry_at(&old, slot);
        if (entry == NULL)
            continue;
        uint64_t place = find(hash, entry->key);
        *take_entry(span_of(hash, place), place) = *entry;
    }
    if (old.spans != NULL)
        free_spans(old.spans, old.slots);
}

static void add(struct qhash *hash, uint64_t key)
{
    if (hash->size >= hash->slots / 2)
        rehash(hash, hash->size + 1);
    uint64_t slot = find(hash, key);
    *take_entry(span_of(hash, slot), slot) = (struct entry){.key = key};
    hash->size++;
}

/* Entries behind the hole move up, into another span's block where it must be. */
static void drop(struct qhash *hash, uint64_t key)
{
    uint64_t hole = find(hash, key), mask = hash->slots - 1;
    give_entry(span_of(hash, hole), hole);
    hash->size--;
    for (uint64_t slot = (hole + 1) & mask;; slot = (slot + 1) & mask) {
        const struct entry *entry = entry_at(hash, slot);
        if (entry == NULL)
            return;
        if (((slot - home_of(hash, entry->key)) & mask) < ((slot - hole) & mask))
            continue;
        struct entry moved = *entry;
        give_entry(span_of(hash, slot), slot);
        *take_entry(span_of(hash, hole), hole) = moved;
        hole = slot;
    }
}

static uint64_t held_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static uint64_t array_bytes(const struct qhash *hash)
{
    return 8 + hash->slots / SPAN_SLOTS * sizeof(struct span);
}

static void print_capacities(struct qhash *hash)
{
    static const unsigned lives[] = {20000, 5000, 1000, 100, 64, 0};
    unsigned live = 100000;
    for (unsigned i = 0; i < live; i++)
        add(hash, i);
    for (unsigned step = 0; step < sizeof(lives) / sizeof(lives[0]); step++) {
        while (live > lives[step])
            drop(hash, --live);
        uint64_t slots = hash->slots, bytes = array_bytes(hash);
        rehash(hash, hash->size);
        print_capacity("QHash (Qt 6)", live, slots, bytes, hash->slots, array_bytes(hash));
    }
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hollow", *verdict = "ok";
    struct qhash *hash = calloc(1, sizeof(*hash));
    unsigned entries = ENTRIES;
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities(hash);
        return 0;
    }
    if (strcmp(scenario, "reserve") == 0) {
        rehash(hash, 20 * entries);
        entries /= 15;
        verdict = "over-reserved";
    }
    for (unsigned i = 0; i < entries; i++)
        add(hash, i);
    if (strcmp(scenario, "hollow") == 0) {
        for (unsigned i = 0; i < entries; i++)
            if (i % KEPT_OF != 0)
                drop(hash, i);
        verdict = "hollow";
    } else if (strcmp(scenario, "churn") == 0) {
        for (unsigned i = 0; i < entries; i++) {
            drop(hash, i);
            add(hash, i + entries);
        }
    } else if (strcmp(scenario, "full") != 0 && strcmp(scenario, "reserve") != 0) {
        unknown_scenario(scenario);
    }
    struct truth truth = {"QHash (Qt 6)", (uint64_t *)hash->spans - 1, hash->slots,
                          hash->size,     TOMBSTONES_UNTOLD,           entries};
    HASHTRACK_SNAPSHOT("end");
    if (strcmp(scenario, "hollow") == 0) {
        uint64_t before = held_bytes();
        rehash(hash, hash->size);
        print_truth_and_saving(truth, verdict, "end", false, before - held_bytes());
    } else {
        print_truth(truth, verdict, "end", false);
    }
    return 0;
}
