/* Allocators inside the program, slot maps and caches: memory that is used again and again. */
#include <string.h>

#include "decoy.h"

/* Chunks of doubling size, bumped through; each allocation leaves some of its bytes zero. */
static void bump_arena(void)
{
    uint64_t *chunks[16];
    size_t count = 0;
    for (size_t words = 512; words <= (size_t)1 << 19; words *= 2) {
        uint64_t *chunk = must(calloc(words, sizeof *chunk));
        for (size_t used = 0; used + 8 <= words; used += 1 + decoy_random() % 8) {
            chunk[used] = (uintptr_t)(chunk + decoy_random() % words);
            chunk[used + 1] = decoy_random();
        }
        chunks[count++] = chunk;
    }
    decoy_look("arena", chunks[count - 1]);
    for (size_t i = 0; i < count; i++) /* reset: the arena keeps its chunks */
        memset(chunks[i], 0, 4096u << i);
    decoy_look("arena, reset", chunks[count - 1]);
    while (count > 0)
        free(chunks[--count]);
}

struct cell {
    struct cell *next_free;
    uint64_t words[3];
};

static void pool_with_free_list(void)
{
    size_t cells = 256;
    struct cell *pool = NULL;
    while (cells < (size_t)1 << 17) {
        struct cell *larger = must(calloc(cells * 2, sizeof *larger));
        for (size_t i = 0; pool != NULL && i < cells; i++) {
            larger[i] = pool[i]; /* live cells are copied, links are set anew */
            larger[i].next_free = i % 3 == 0 ? &larger[(i * 7919 + 1) % cells] : NULL;
        }
        free(pool);
        pool = larger;
        cells *= 2;
        for (size_t i = 0; i < cells; i++) {
            if (i % 3 != 0)
                pool[i].words[i % 2] = decoy_random();
        }
    }
    decoy_look("pool with a free list", pool);
    for (size_t i = 0; i < cells; i++)
        pool[i] = (struct cell){.next_free = i + 1 < cells ? &pool[i + 1] : NULL};
    decoy_look("pool, everything on its free list", pool);
    free(pool);
}

/* Objects by id: what a hash table with an identity hash would look like, and is not. */
static void slot_map(void)
{
    size_t slots = 256;
    void **by_id = must(calloc(slots, sizeof *by_id));
    for (size_t id = 0; id < 400000; id++) {
        if (id == slots) {
            void **larger = must(calloc(slots * 2, sizeof *larger));
            memcpy(larger, by_id, slots * sizeof *by_id);
            free(by_id);
            by_id = larger;
            slots *= 2;
        }
        by_id[id] = id % 4 != 0 ? decoy_object() : NULL;
    }
    decoy_look("objects by id", by_id);
    for (size_t id = 0; id < slots; id++) {
        if (id % 50 != 0)
            by_id[id] = NULL;
    }
    decoy_look("objects by id, 98 % gone", by_id);
    free(by_id);
}

/* Compacts at each growth: what lived moves forward, what died leaves room. */
static void handles_with_compaction(void)
{
    struct handle {
        uint64_t generation;
        void *object;
    };
    size_t limit = 512, used = 0;
    struct handle *handles = must(calloc(limit, sizeof *handles));
    while (limit < (size_t)1 << 18) {
        if (used == limit) {
            struct handle *next = must(calloc(limit * 2, sizeof *next));
            used = 0;
            for (size_t i = 0; i < limit; i++) {
                if (handles[i].object != NULL)
                    next[used++] = handles[i];
            }
            free(handles);
            handles = next;
            limit *= 2;
        }
        handles[used] = (struct handle){used, decoy_object()};
        used++;
        if (decoy_random() % 5 < 2)
            handles[decoy_random() % used] = (struct handle){0, NULL};
    }
    decoy_look("handles, compacted at growth", handles);
    for (size_t i = 0; i < limit; i++)
        handles[i] = (struct handle){0, NULL};
    decoy_look("handles, all closed", handles);
    free(handles);
}

/* Most recently used first: every use moves the entries before it. */
static void recently_used(void)
{
    size_t limit = 1024, used = 0;
    uint64_t *recent = must(calloc(limit, sizeof *recent));
    while (limit < (size_t)1 << 18) {
        if (used == limit) {
            uint64_t *larger = must(calloc(limit * 2, sizeof *larger));
            memcpy(larger, recent, used * sizeof *recent);
            free(recent);
            recent = larger;
            limit *= 2;
        }
        for (size_t i = 0; i < limit / 2 && used < limit; i++)
            recent[used++] = decoy_random();
        for (size_t i = 0; i < 20; i++) {
            size_t at = decoy_random() % used;
            uint64_t touched = recent[at];
            memmove(recent + 1, recent, at * sizeof *recent);
            recent[0] = touched;
        }
    }
    decoy_look("most recently used", recent);
    memset(recent, 0, limit * sizeof *recent);
    decoy_look("most recently used, flushed", recent);
    free(recent);
}

/* The same sizes freed and taken by something else: no line leads from one to the other. */
static void reused_memory(void)
{
    for (int round = 0; round < 6; round++) {
        uint64_t *before = must(malloc(sizeof *before << (14 + round)));
        for (size_t i = 0; i < (size_t)1 << (14 + round); i++)
            before[i] = decoy_random() % 3 == 0 ? 0 : decoy_random();
        uint64_t *after = must(malloc(sizeof *after << (15 + round)));
        memset(after, 0, sizeof *after << (15 + round));
        for (size_t i = 0; i < 1000; i++)
            after[decoy_random() % ((size_t)1 << (15 + round))] = before[i * 7];
        free(before);
        if (round == 5)
            decoy_look("scratch memory", after);
        free(after);
    }
}

/* Work taken out at random places and put to the end. */
static void random_bag(void)
{
    size_t limit = 512, used = 0;
    void **bag = must(malloc(limit * sizeof *bag));
    while (limit < (size_t)1 << 18) {
        if (used == limit) {
            limit *= 2;
            bag = must(realloc(bag, limit * sizeof *bag));
        }
        bag[used++] = decoy_object();
        if (decoy_random() % 3 == 0) {
            size_t at = decoy_random() % used;
            bag[at] = bag[--used];
            bag[used] = NULL;
        }
    }
    decoy_look("bag of work", bag);
    memset(bag, 0, limit * sizeof *bag);
    decoy_look("bag of work, done", bag);
    free(bag);
}

/* Connections by number: the blocks of those that went are handed out again to later ones, while
 * the places of the former stay empty. */
static void recycled_objects(void)
{
    size_t limit = 64, used = 0;
    void **table = must(calloc(limit, sizeof *table));
    while (used < 300000) {
        if (decoy_random() % 3 != 0) {
            if (used == limit) {
                table = must(realloc(table, 2 * limit * sizeof *table));
                memset(table + limit, 0, limit * sizeof *table);
                limit *= 2;
            }
            table[used++] = must(malloc(24));
        } else if (used > 0) {
            size_t at = decoy_random() % used;
            free(table[at]);
            table[at] = NULL;
        }
    }
    decoy_look("connections by number", table);
    for (size_t i = 0; i < used; i++)
        if (i % 50 != 0) {
            free(table[i]);
            table[i] = NULL;
        }
    decoy_look("connections by number, few left", table);
    for (size_t i = 0; i < used; i++)
        free(table[i]);
    free(table);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"bump-arena", bump_arena},
                                              {"pool", pool_with_free_list},
                                              {"slot-map", slot_map},
                                              {"handles", handles_with_compaction},
                                              {"recently-used", recently_used},
                                              {"reused-memory", reused_memory},
                                              {"bag", random_bag},
                                              {"recycled-objects", recycled_objects},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
