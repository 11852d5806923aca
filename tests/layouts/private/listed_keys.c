/*
 * Robin Hood hashing whose distances, keys and values lie in three arrays, of an object that also
 * counts what was ever put in. A list of the keys goes when nobody needs it any more, long after
 * the table has grown: it holds the same words as the keys' array, and is not what that replaced.
 * Erasing moves what stands behind it up and clears the distance alone.
 *
 * Scenarios: hollow, full, refilled; reserved (made large for few, and so was the list).
 */
#include <stdio.h>
#include <string.h>

#include "hashtrack.h"
#include "scenario.h"

enum {
    ENTRIES = 85000,
    KEPT_OF = 60,
    FEW = 5000,
    ROOM = 120000,
    SMALL = 512,
    LARGE = 1 << 18,
    FARTHEST = 250
};

struct place {
    uint16_t kind, layer;
    uint32_t sector;
    float x, y;
};

struct directory {
    uint64_t ever; /* put in */
    char name[24];
    unsigned char *distances; /* one more than that; 0: free */
    uint64_t *keys;
    struct place *places;
    uint32_t capacity, count;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

static uint64_t key_of(uint32_t nth)
{
    return mix(nth * 0x9E3779B97F4A7C15u + 1) | 1;
}

static void allocate(struct directory *d, uint32_t capacity)
{
    d->capacity = capacity;
    d->distances = must(calloc(capacity, 1));
    d->keys = must(calloc(capacity, sizeof *d->keys));
    d->places = must(malloc(capacity * sizeof *d->places));
}

static void settle(struct directory *d, uint64_t key, struct place place)
{
    uint32_t at = (uint32_t)mix(key) & (d->capacity - 1);
    for (unsigned char far = 1;; far++, at = (at + 1) & (d->capacity - 1)) {
        if (far == FARTHEST)
            abort();
        if (d->distances[at] == 0 || d->distances[at] < far) {
            unsigned char distance = d->distances[at];
            uint64_t other = d->keys[at];
            struct place beside = d->places[at];
            d->distances[at] = far;
            d->keys[at] = key;
            d->places[at] = place;
            if (distance == 0)
                break;
            far = distance;
            key = other;
            place = beside;
        }
    }
    d->count++;
}

static APART void grow(struct directory *d)
{
    struct directory old = *d;
    d->count = 0;
    allocate(d, old.capacity * 2);
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.distances[i])
            settle(d, old.keys[i], old.places[i]);
    free(old.distances);
    free(old.keys);
    free(old.places);
}

static void put(struct directory *d, uint64_t key, uint32_t row)
{
    if (d->count >= d->capacity - d->capacity / 8)
        grow(d);
    settle(d, key,
           (struct place){.kind = (uint16_t)(row % 12),
                          .layer = 1,
                          .sector = row / 64,
                          .x = (float)(row % 640),
                          .y = (float)(row % 480)});
    d->ever++;
}

static void drop(struct directory *d, uint64_t key)
{
    uint32_t mask = d->capacity - 1, at = (uint32_t)mix(key) & mask;
    while (d->keys[at] != key || d->distances[at] == 0)
        at = (at + 1) & mask;
    for (uint32_t next = (at + 1) & mask; d->distances[next] > 1;
         at = next, next = (next + 1) & mask) {
        d->distances[at] = d->distances[next] - 1;
        d->keys[at] = d->keys[next];
        d->places[at] = d->places[next];
    }
    d->distances[at] = 0;
    d->count--;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {0};
    const char *scenario = argc > 1 ? argv[1] : "hollow";
    bool is_reserved = strcmp(scenario, "reserved") == 0;
    const uint32_t number = is_reserved ? FEW : ENTRIES;
    const struct keys keys = {.count = number};
    uint64_t *list = must(calloc(is_reserved ? ROOM : ENTRIES, sizeof *list));
    struct directory *d = must(calloc(1, sizeof *d));
    allocate(d, is_reserved ? LARGE : SMALL);
    for (uint32_t i = 0; i < number; i++) {
        list[i] = key_of(i);
        put(d, list[i], i);
    }
    for (uint32_t i = 0; i < number && !is_reserved && strcmp(scenario, "full") != 0; i++)
        if (i % KEPT_OF != 0)
            drop(d, list[i]);
    for (uint32_t i = 0; i < number && strcmp(scenario, "refilled") == 0; i++)
        if (i % KEPT_OF != 0)
            put(d, key_of(number + i), i);
    free(list);
    struct shape shape = {.address = d->keys,
                          .others = {d->places, d->distances},
                          .capacity = d->capacity,
                          .live = d->count};
    HASHTRACK_SNAPSHOT("end");
    const char *verdict = is_reserved                       ? "over-reserved"
                          : strcmp(scenario, "hollow") == 0 ? "hollow"
                                                            : "ok";
    table_truth(&kind, &shape, verdict, "end", &keys, false);
    return 0;
}
