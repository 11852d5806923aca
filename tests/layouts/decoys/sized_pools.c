/* Storage for objects of 1 to 64 bytes: arenas, pools, slot maps, memory that was something else.
 */
#include <string.h>

#include "decoy.h"
#include "sizes.h"

/* --- an arena in one block, moved when it doubles, with offsets instead of pointers --- */

static void build_arena(struct sizes sizes)
{
    size_t capacity = 4096, used = 0;
    char *arena = must(calloc(1, capacity));
    while (used + sizes.element + 16 <= sizes.total) {
        size_t piece = sizes.element + decoy_random() % 16;
        if (used + piece > capacity) {
            arena = must(realloc(arena, capacity * 2));
            memset(arena + capacity, 0, capacity);
            capacity *= 2;
        }
        write_element(arena + used, sizes.element, used);
        used += piece;
    }
    look_at_size("arena in one block", sizes, arena);
    memset(arena + capacity / 64, 0, capacity - capacity / 64);
    look_at_size("arena in one block, rewound", sizes, arena);
    free(arena);
}

static void arena(void)
{
    for_sizes(build_arena);
}

/* --- an arena in chunks, each twice the last; a compacting pass copies the survivors over --- */

static void build_compacted_arena(struct sizes sizes)
{
    size_t bytes = sizes.element < 8 ? 8 : sizes.element, capacity = 4096, used = 0;
    char *from = must(calloc(1, capacity));
    while (capacity < sizes.total) {
        for (; used + bytes <= capacity; used += bytes)
            write_element(from + used, bytes, used);
        char *to = must(calloc(1, capacity * 2));
        size_t kept = 0;
        for (size_t at = 0; at + bytes <= used; at += bytes) { /* a third died */
            if (decoy_random() % 3 != 0) {
                memcpy(to + kept, from + at, bytes);
                kept += bytes;
            }
        }
        free(from);
        from = to;
        used = kept;
        capacity *= 2;
    }
    look_at_size("compacted arena", sizes, from);
    memset(from, 0, capacity);
    look_at_size("compacted arena, all dead", sizes, from);
    free(from);
}

static void compacted_arena(void)
{
    for_sizes(build_compacted_arena);
}

/* --- a pool of equal cells whose free ones are linked by index through their first word --- */

static void build_pool(struct sizes sizes)
{
    size_t bytes = sizes.element < 4 ? 4 : sizes.element, cells = 64, live = 0;
    char *pool = must(calloc(cells, bytes));
    uint32_t free_cell = 0; /* index + 1 */
    size_t fresh = 0;
    while (cells * bytes < sizes.total || live < cells * 6 / 10) {
        if (decoy_random() % 4 == 0 && fresh > 0) { /* give one back */
            size_t cell = decoy_random() % fresh;
            memset(pool + cell * bytes, 0, bytes);
            memcpy(pool + cell * bytes, &free_cell, sizeof free_cell);
            free_cell = (uint32_t)cell + 1;
            live -= live > 0;
            continue;
        }
        if (free_cell == 0 && fresh == cells) {
            pool = must(realloc(pool, cells * 2 * bytes));
            memset(pool + cells * bytes, 0, cells * bytes);
            cells *= 2;
        }
        size_t cell = free_cell != 0 ? free_cell - 1 : fresh++;
        if (free_cell != 0)
            memcpy(&free_cell, pool + cell * bytes, sizeof free_cell);
        if (free_cell > cells)
            free_cell = 0; /* that cell had been given back twice */
        write_element(pool + cell * bytes, bytes, live++);
    }
    look_at_size("pool", sizes, pool);
    memset(pool, 0, cells * bytes);
    for (uint32_t cell = 0; cell < cells / 3; cell++) {
        uint32_t next = cell + 2;
        memcpy(pool + cell * bytes, &next, sizeof next);
    }
    look_at_size("pool, most free", sizes, pool);
    free(pool);
}

static void pool(void)
{
    for_sizes(build_pool);
}

/* --- a slot map: objects by id, a generation in each slot, free slots linked through it --- */

struct slot_head {
    uint32_t generation; /* odd while it is taken */
    uint32_t next_free;
};

static void build_slot_map(struct sizes sizes)
{
    size_t bytes = sizeof(struct slot_head) + sizes.element, slots = 64, live = 0;
    bytes = (bytes + 7) & ~(size_t)7;
    char *map = must(calloc(slots, bytes));
    uint32_t first_free = 0;
    for (uint32_t i = 0; i < slots; i++)
        ((struct slot_head *)(void *)(map + i * bytes))->next_free = i + 1;
    while (slots * bytes < sizes.total || live < slots * 3 / 5) {
        if (first_free == slots) {
            char *next = must(malloc(slots * 2 * bytes));
            memcpy(next, map, slots * bytes);
            memset(next + slots * bytes, 0, slots * bytes);
            free(map);
            map = next;
            for (size_t i = slots; i < slots * 2; i++)
                ((struct slot_head *)(void *)(map + i * bytes))->next_free = (uint32_t)i + 1;
            slots *= 2;
        }
        struct slot_head *head = (struct slot_head *)(void *)(map + first_free * bytes);
        first_free = head->next_free;
        head->generation++;
        write_element(head + 1, sizes.element, live++);
        if (decoy_random() % 3 == 0) {
            size_t victim = decoy_random() % slots;
            head = (struct slot_head *)(void *)(map + victim * bytes);
            if (head->generation % 2 == 1) {
                head->generation++;
                head->next_free = first_free;
                memset(head + 1, 0, sizes.element);
                first_free = (uint32_t)victim;
                live--;
            }
        }
    }
    look_at_size("slot map", sizes, map);
    for (size_t i = 0; i < slots; i++) {
        struct slot_head *head = (struct slot_head *)(void *)(map + i * bytes);
        if (head->generation % 2 == 1 && i % 40 != 0) {
            head->generation++;
            head->next_free = first_free;
            first_free = (uint32_t)i;
            memset(head + 1, 0, sizes.element);
        }
    }
    look_at_size("slot map, most removed", sizes, map);
    free(map);
}

static void slot_map(void)
{
    for_sizes(build_slot_map);
}

/* --- handles: ids are handed out at random so that nobody guesses them, the array has holes --- */

static void build_random_ids(struct sizes sizes)
{
    size_t bytes = sizes.element, places = 64;
    char *objects = must(calloc(places, bytes));
    for (;;) {
        for (size_t i = 0; i < places / 2; i++) {
            size_t id = decoy_random() % places;
            write_element(objects + id * bytes, bytes, id);
        }
        if (places * bytes >= sizes.total)
            break;
        char *next = must(calloc(places * 2, bytes));
        memcpy(next, objects, places * bytes);
        free(objects);
        objects = next;
        places *= 2;
    }
    look_at_size("objects by random id", sizes, objects);
    for (size_t id = 0; id < places; id++) {
        if (id % 60 != 7)
            memset(objects + id * bytes, 0, bytes);
    }
    look_at_size("objects by random id, closed", sizes, objects);
    free(objects);
}

static void random_ids(void)
{
    for_sizes(build_random_ids);
}

/* --- the same memory as one thing after the other, each larger than the last --- */

static void build_reused_memory(struct sizes sizes)
{
    char *block = NULL;
    for (size_t bytes = 2048; bytes <= sizes.total; bytes *= 2) {
        char *other = must(malloc(bytes)); /* whatever was there before stays */
        for (size_t at = 0; at + sizes.element <= bytes; at += sizes.element * 3)
            write_element(other + at, sizes.element, at);
        if (block != NULL)
            memcpy(other + bytes / 3, block, bytes / 8);
        free(block);
        block = must(malloc(bytes + 64));
        for (size_t at = 0; at + sizes.element <= bytes; at += sizes.element * (1 + at % 5))
            write_element(block + at, sizes.element, at);
        free(other);
    }
    look_at_size("reused memory", sizes, block);
    memset(block, 0, sizes.total);
    look_at_size("reused memory, zeroed", sizes, block);
    free(block);
}

static void reused_memory(void)
{
    for_sizes(build_reused_memory);
}

/* --- a block that shrinks and grows with what it holds, never cleared --- */

static void build_breathing_block(struct sizes sizes)
{
    size_t bytes = 4096;
    char *block = must(malloc(bytes));
    for (int breath = 0; bytes < sizes.total || breath < 2; breath++) {
        for (size_t at = 0; at + sizes.element <= bytes; at += sizes.element * (2 + at % 3))
            write_element(block + at, sizes.element, at + (size_t)breath);
        block = must(realloc(block, bytes / 2));
        if (bytes < sizes.total)
            bytes *= 2;
        block = must(realloc(block, bytes));
    }
    look_at_size("breathing block", sizes, block);
    memset(block, 0, bytes);
    memset(block, 1, bytes / 100);
    look_at_size("breathing block, nearly empty", sizes, block);
    free(block);
}

static void breathing_block(void)
{
    for_sizes(build_breathing_block);
}

/* Few of the records have a number so far. The object has one that is, by chance, as many as there
 * are bytes above one in their numbers (met once). */
static void numbered_records(void)
{
    enum { RECORDS = 1024, NUMBERED = 222 };
    struct numbered {
        uint64_t reserved;
        uint32_t number;
        char name[500];
    };
    struct {
        struct numbered *records;
        uint64_t bytes, records_there;
        uint32_t mask;
    } *store = must(calloc(1, sizeof *store));
    store->records = must(calloc(RECORDS, sizeof *store->records));
    store->records_there = RECORDS;
    store->mask = RECORDS - 1;
    for (unsigned i = 0; i < NUMBERED; i++) {
        struct numbered *record = &store->records[decoy_random() % RECORDS];
        if (record->number != 0)
            continue;
        record->number = (uint32_t)(decoy_random() % 720);
        store->bytes += (record->number & 0xff) > 1;
        store->bytes += record->number >> 8 > 1;
    }
    decoy_look("records of which few have a number", store->records);
    free(store->records);
    free(store);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"sized-arena", arena},
        {"sized-compacted-arena", compacted_arena},
        {"sized-pool", pool},
        {"sized-slot-map", slot_map},
        {"sized-random-ids", random_ids},
        {"sized-reused-memory", reused_memory},
        {"sized-breathing-block", breathing_block},
        {"numbered-records", numbered_records},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
