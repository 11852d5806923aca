/*
 * What comes closest to a hash table for somebody who looks for entries that name their slot:
 * objects with numbers, handles, keys in order, wheels and rings. All of one size from the
 * beginning, full, and then nearly empty.
 */
#include <string.h>

#include "decoy.h"

#define SLOTS   (1u << 18)
#define KEPT_OF 50u

struct thing {
    struct thing *next;
    uint64_t handle;
    uint32_t number;
    uint32_t color;
    uint64_t random;
};

static struct thing *new_thing(uint64_t handle, uint32_t number)
{
    struct thing *thing = must(malloc(sizeof *thing));
    *thing = (struct thing){.handle = handle,
                            .number = number,
                            .color = (uint32_t)decoy_random(),
                            .random = decoy_random()};
    return thing;
}

/* Frees all things but one in KEPT_OF, or all. */
static void sweep(struct thing **things, size_t count, unsigned kept_of)
{
    for (size_t i = 0; i < count; i++)
        if (kept_of == 0 || i % kept_of != 7) {
            free(things[i]);
            things[i] = NULL;
        }
}

/* Looks at the full array and at the swept one. */
static void look_twice(const char *what, struct thing **things, size_t count)
{
    decoy_look(what, things);
    sweep(things, count, KEPT_OF);
    decoy_look(what, things);
    sweep(things, count, 0);
    free(things);
}

/* --- handles: the number of a slot, and before it a generation or something random --- */

static void fill_with_handles(struct thing **things, unsigned generation_bits, unsigned taken_of_8)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint64_t generation = decoy_random() & ((UINT64_C(1) << generation_bits) - 1);
        if (decoy_random() % 8 < taken_of_8)
            things[i] = new_thing(generation << 18 | i, i);
    }
}

static void numbered_objects(void)
{
    for (unsigned bits = 0; bits <= 14; bits += 7) {
        struct thing **things = must(calloc(SLOTS, sizeof *things));
        fill_with_handles(things, bits, 5);
        look_twice("objects by handle", things, SLOTS);
    }
}

static void salted_handles(void)
{
    struct thing **things = must(calloc(SLOTS, sizeof *things));
    fill_with_handles(things, 46, 6);
    look_twice("objects by salted handle", things, SLOTS);
}

/* --- handles in the slots themselves --- */

struct record {
    uint32_t handle;
    uint32_t next_free;
    uint64_t payload[2];
};

static void records_with_handles(void)
{
    struct record *records = must(calloc(SLOTS, sizeof *records));
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % 5 < 3)
            records[i] = (struct record){.handle = (uint32_t)(decoy_random() & 0x3fff) << 18 | i,
                                         .payload = {decoy_random(), i}};
    decoy_look("records by handle", records);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % KEPT_OF != 1)
            records[i] = (struct record){.next_free = i + 1};
    decoy_look("records by handle, most free", records);
    free(records);
}

/* --- a pool whose objects have ids in sequence, and an array where a field is the index --- */

static void sequential_ids(void)
{
    for (uint64_t base = 0; base <= 3 * SLOTS; base += 3 * SLOTS) {
        struct record *records = must(calloc(SLOTS, sizeof *records));
        for (uint32_t i = 0; i < SLOTS; i++)
            if (i % 7 != 3)
                records[i] = (struct record){.handle = (uint32_t)base + i + (base == 0),
                                             .payload = {decoy_random(), decoy_random()}};
        decoy_look("pool with ids in sequence", records);
        for (uint32_t i = 0; i < SLOTS; i++)
            if (i % KEPT_OF != 1)
                memset(&records[i], 0, sizeof records[i]);
        decoy_look("pool with ids in sequence, most free", records);
        free(records);
    }
}

/* --- radix nodes: by the lower bits of keys with a common prefix, and by the upper bits --- */

static void radix_leaf(void)
{
    struct thing **children = must(calloc(SLOTS, sizeof *children));
    uint64_t prefix = decoy_random() << 18;
    for (uint32_t i = 0; i < SLOTS; i += 1 + decoy_random() % 4)
        children[i] = new_thing(prefix | i, i);
    look_twice("leaf of a radix tree", children, SLOTS);
}

static void radix_root(void)
{
    struct thing **children = must(calloc(SLOTS, sizeof *children));
    for (uint32_t i = 0; i < SLOTS; i++)
        if (decoy_random() % 3 != 0)
            children[i] = new_thing((uint64_t)i << 46 | decoy_random() >> 18, 46);
    look_twice("root of a radix tree", children, SLOTS);
}

/* --- a page table: frames that know their virtual page --- */

static void page_frames(void)
{
    struct thing **frames = must(calloc(SLOTS, sizeof *frames));
    uint64_t first_page = 0x7f3a5c000;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i / 40 % 3 != 1)
            frames[i] = new_thing(first_page + i, (uint32_t)decoy_random());
    look_twice("frames of a page table", frames, SLOTS);
}

/* --- vectors: of objects with random fields, and sorted by them --- */

static void random_objects(void)
{
    struct thing **things = must(calloc(SLOTS, sizeof *things));
    for (uint32_t i = 0; i < SLOTS; i++)
        if (decoy_random() % 3 != 0)
            things[i] = new_thing(decoy_random(), (uint32_t)decoy_random());
    look_twice("vector of objects with random fields", things, SLOTS);
}

static int by_handle(const void *a, const void *b)
{
    const struct thing *first = *(struct thing *const *)a, *second = *(struct thing *const *)b;
    return first->handle < second->handle ? -1 : first->handle > second->handle;
}

static void sorted_pointers(void)
{
    struct thing **things = must(calloc(SLOTS, sizeof *things));
    for (uint32_t i = 0; i < SLOTS; i++)
        things[i] = new_thing(decoy_random(), i);
    qsort(things, SLOTS, sizeof *things, by_handle);
    look_twice("objects in order", things, SLOTS);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *first = a, *second = b;
    return *first < *second ? -1 : *first > *second;
}

static void sorted_numbers(void)
{
    for (size_t count = 4096; count <= SLOTS; count *= 64) {
        uint64_t *numbers = must(calloc(count, sizeof *numbers));
        for (size_t i = 0; i < count; i++)
            numbers[i] = decoy_random();
        qsort(numbers, count, sizeof *numbers, by_value);
        decoy_look("numbers in order", numbers);
        for (size_t i = 0; i < count; i++)
            if (i % KEPT_OF != 0)
                numbers[i] = 0;
        decoy_look("numbers in order, most struck out", numbers);
        free(numbers);
    }
}

/* Sorted, and placed where interpolation finds them: that is nearly a hash table, but nothing is
 * in its own slot for long. */
static void ramp(void)
{
    uint32_t *steps = must(calloc(SLOTS, sizeof *steps));
    for (uint32_t i = 0; i < SLOTS; i++)
        steps[i] = i << 14 | (uint32_t)(decoy_random() & 0x3fff);
    decoy_look("ramp with noise", steps);
    free(steps);
}

/* --- a heap of pointers whose objects know their place --- */

static void pointer_heap(void)
{
    struct thing **heap = must(calloc(SLOTS, sizeof *heap));
    for (uint32_t i = 0; i < SLOTS * 4 / 5; i++) {
        struct thing *thing = new_thing(decoy_random(), 0);
        uint32_t at = i;
        for (; at > 0 && heap[(at - 1) / 2]->handle > thing->handle; at = (at - 1) / 2) {
            heap[at] = heap[(at - 1) / 2];
            heap[at]->number = at;
        }
        heap[at] = thing;
        thing->number = at;
    }
    look_twice("heap of pointers", heap, SLOTS);
}

/* --- scratch of a bucket sort: lists by key / width, drained in order --- */

static void bucket_sort(void)
{
    struct thing **buckets = must(calloc(SLOTS, sizeof *buckets));
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct thing *thing = new_thing(decoy_random() % 1000000000u, i);
        size_t bucket = (size_t)(thing->handle / (1000000000u / SLOTS + 1));
        thing->next = buckets[bucket];
        buckets[bucket] = thing;
    }
    decoy_look("scratch of a bucket sort", buckets);
    for (uint32_t i = 0; i < SLOTS; i++)
        for (struct thing *thing = buckets[i], *next; thing != NULL; thing = next) {
            next = thing->next;
            if (i < SLOTS - SLOTS / KEPT_OF) {
                buckets[i] = next;
                free(thing);
            }
        }
    decoy_look("scratch of a bucket sort, nearly drained", buckets);
    for (uint32_t i = 0; i < SLOTS; i++)
        for (struct thing *thing = buckets[i], *next; thing != NULL; thing = next) {
            next = thing->next;
            free(thing);
        }
    free(buckets);
}

/* --- a list of the recently used through an array: entries know their index --- */

struct used {
    uint32_t index, before, behind, hits;
    uint64_t digest;
};

static void recently_used_array(void)
{
    struct used *entries = must(calloc(SLOTS, sizeof *entries));
    uint32_t *order = must(calloc(SLOTS, sizeof *order));
    for (uint32_t i = 0; i < SLOTS; i++) {
        entries[i] = (struct used){i, (i * 7919u + 1) % SLOTS, (i * 104729u + 5) % SLOTS,
                                   (uint32_t)decoy_random() % 50, decoy_random()};
        order[i] = (i * 7919u + 1) % SLOTS;
    }
    decoy_look("entries of a list of the recently used", entries);
    decoy_look("their order", order);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % KEPT_OF != 3) {
            memset(&entries[i], 0, sizeof entries[i]);
            order[i] = UINT32_MAX;
        }
    decoy_look("entries of a list of the recently used, most evicted", entries);
    decoy_look("their order, most evicted", order);
    free(order);
    free(entries);
}

/* --- a ring of packets by sequence number, and a wheel of timers by expiry --- */

static void sequence_ring(void)
{
    struct thing **ring = must(calloc(SLOTS, sizeof *ring));
    uint64_t sequence = decoy_random() >> 8;
    for (uint32_t i = 0; i < SLOTS; i++, sequence++)
        if (decoy_random() % 5 != 0)
            ring[sequence % SLOTS] = new_thing(sequence, (uint32_t)decoy_random());
    look_twice("ring by sequence number", ring, SLOTS);
}

static void timer_wheel(void)
{
    struct thing **wheel = must(calloc(SLOTS, sizeof *wheel));
    uint64_t now = UINT64_C(1754300000) << 12;
    for (uint32_t i = 0; i < SLOTS / 2; i++) {
        struct thing *timer = new_thing(now + decoy_random() % (SLOTS * 6), i);
        timer->next = wheel[timer->handle % SLOTS];
        wheel[timer->handle % SLOTS] = timer;
    }
    decoy_look("wheel of timers", wheel);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < SLOTS; i++)
            if (round == 1 || i % KEPT_OF != 7)
                for (struct thing *timer = wheel[i], *next; timer != NULL; timer = next) {
                    next = timer->next;
                    free(timer);
                    wheel[i] = NULL;
                }
        if (round == 0)
            decoy_look("wheel of timers, most expired", wheel);
    }
    free(wheel);
}

/* --- edges by the vertex that they start from --- */

static void adjacency_lists(void)
{
    struct thing **vertices = must(calloc(SLOTS, sizeof *vertices));
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t from = (uint32_t)(decoy_random() % SLOTS);
        struct thing *edge = new_thing(decoy_random() % SLOTS, from);
        edge->next = vertices[from];
        vertices[from] = edge;
    }
    decoy_look("edges by vertex", vertices);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < SLOTS; i++)
            if (round == 1 || i % KEPT_OF != 7)
                for (struct thing *edge = vertices[i], *next; edge != NULL; edge = next) {
                    next = edge->next;
                    free(edge);
                    vertices[i] = NULL;
                }
        if (round == 0)
            decoy_look("edges by vertex, most removed", vertices);
    }
    free(vertices);
}

/* --- one number an element: permutations, random numbers with gaps, pointers into a pool --- */

static void permutation(void)
{
    uint32_t *places = must(malloc(SLOTS * sizeof *places));
    struct record *records = must(calloc(SLOTS, sizeof *records));
    for (uint32_t i = 0; i < SLOTS; i++) {
        places[i] = (i * 2654435761u) % SLOTS;
        records[i] = (struct record){(uint32_t)decoy_random(), places[i], {decoy_random(), i}};
    }
    decoy_look("permutation", places);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % KEPT_OF != 11)
            places[i] = UINT32_MAX;
    decoy_look("permutation, most struck out", places);
    free(places);
    free(records);
}

static void pool_by_address(void)
{
    struct record *pool = must(aligned_alloc(1 << 21, SLOTS * sizeof *pool));
    struct record **slots = must(calloc(SLOTS, sizeof *slots));
    for (uint32_t i = 0; i < SLOTS; i++) {
        pool[i] = (struct record){.handle = (uint32_t)decoy_random()};
        slots[i] = i % 3 != 2 ? &pool[i] : NULL;
    }
    decoy_look("pointers into a pool, in order", slots);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % KEPT_OF != 0)
            slots[i] = NULL;
    decoy_look("pointers into a pool, most NULL", slots);
    free(slots);
    free(pool);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"numbered-objects", numbered_objects},
        {"salted-handles", salted_handles},
        {"records-with-handles", records_with_handles},
        {"sequential-ids", sequential_ids},
        {"radix-leaf", radix_leaf},
        {"radix-root", radix_root},
        {"page-frames", page_frames},
        {"random-objects", random_objects},
        {"sorted-pointers", sorted_pointers},
        {"sorted-numbers", sorted_numbers},
        {"ramp", ramp},
        {"pointer-heap", pointer_heap},
        {"bucket-sort", bucket_sort},
        {"recently-used-array", recently_used_array},
        {"sequence-ring", sequence_ring},
        {"timer-wheel", timer_wheel},
        {"adjacency-lists", adjacency_lists},
        {"permutation", permutation},
        {"pool-by-address", pool_by_address},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
