/*
 * What comes closest to tables of groups and of linked records: pictures with a palette for each
 * tile, a sparse set in pages, nodes of a tree in an arena, a pool whose objects are in lists. Each
 * has an object that says how many there are room for and how many are in use, and is looked at
 * full and nearly empty.
 */
#include <string.h>

#include "decoy.h"

#define GROUPS  8192u
#define PLACES  64u
#define NOTHING 0xffu
#define KEPT_OF 50u

struct owner {
    void *groups;
    uint64_t in_use, capacity;
    uint32_t mask;
};

/* In memory that keeps it, as a program's own would be. */
static struct owner *owner_of(void *groups, uint64_t in_use, uint64_t capacity)
{
    struct owner *owner = must(malloc(sizeof *owner));
    *owner = (struct owner){groups, in_use, capacity, (uint32_t)capacity - 1};
    return owner;
}

/* --- a byte for each place --- */

struct entry {
    uint32_t number, color;
    uint64_t random;
};

struct page {
    uint8_t places[PLACES];
    struct entry *entries;
    uint32_t used, room;
};

static struct page *new_pages(void)
{
    struct page *pages = must(malloc(GROUPS * sizeof *pages));
    for (uint32_t i = 0; i < GROUPS; i++) {
        memset(pages[i].places, NOTHING, sizeof pages[i].places);
        pages[i].entries = must(malloc(PLACES * sizeof *pages[i].entries));
        pages[i].used = 0;
        pages[i].room = PLACES;
    }
    return pages;
}

static void sweep_pages(const char *what, struct page *pages, uint64_t in_use)
{
    struct owner *owner = owner_of(pages, in_use, (uint64_t)GROUPS * PLACES);
    decoy_look(what, pages);
    for (uint32_t i = 0; i < GROUPS; i++)
        for (uint32_t place = 0; place < PLACES; place++)
            if (pages[i].places[place] != NOTHING && decoy_random() % KEPT_OF != 0) {
                pages[i].places[place] = NOTHING;
                owner->in_use--;
            }
    decoy_look(what, pages);
    for (uint32_t i = 0; i < GROUPS; i++)
        free(pages[i].entries);
    free(pages);
    free(owner);
}

static void palettes(void)
{
    struct page *pages = new_pages();
    uint64_t in_use = 0;
    for (uint32_t i = 0; i < GROUPS; i++)
        for (uint32_t place = 0; place < PLACES; place++)
            if (decoy_random() % 3 != 0) {
                pages[i].places[place] = (uint8_t)(decoy_random() % 48);
                in_use++;
            }
    sweep_pages("tiles with palettes", pages, in_use);
}

/* Ids come in any order; each page has its entries side by side. */
static void sparse_set(void)
{
    struct page *pages = new_pages();
    uint64_t in_use = 0;
    for (uint32_t i = 0; i < GROUPS * PLACES / 2; i++) {
        uint32_t id = (uint32_t)decoy_random() % (GROUPS * PLACES);
        struct page *page = &pages[id / PLACES];
        if (page->places[id % PLACES] != NOTHING)
            continue;
        page->places[id % PLACES] = (uint8_t)page->used;
        page->entries[page->used++] = (struct entry){id, (uint32_t)decoy_random(), decoy_random()};
        in_use++;
    }
    sweep_pages("sparse set in pages", pages, in_use);
}

/* --- nodes with up to eight children, by a byte of their keys --- */

struct node {
    uint8_t bytes[8];
    uint32_t children[8];
};

static void arena_of_nodes(void)
{
    struct node *nodes = must(calloc(GROUPS, sizeof *nodes));
    struct owner *owner = owner_of(nodes, 0, GROUPS * 8);
    for (uint32_t i = 0; i < GROUPS; i++) {
        uint32_t byte = 0;
        for (uint32_t nth = 0; nth < 8 && byte < 220; nth++) {
            byte += 1 + (uint32_t)decoy_random() % 30;
            nodes[i].bytes[nth] = (uint8_t)byte;
            nodes[i].children[nth] = (uint32_t)decoy_random() % GROUPS;
            owner->in_use++;
        }
    }
    decoy_look("nodes in an arena", nodes);
    for (uint32_t i = 0; i < GROUPS; i++) {
        if (decoy_random() % 10 == 0)
            continue;
        for (uint32_t nth = 0; nth < 8; nth++)
            owner->in_use -= nodes[i].bytes[nth] != 0;
        memset(&nodes[i], 0, sizeof nodes[i]);
    }
    decoy_look("nodes in an arena, most free", nodes);
    free(nodes);
    free(owner);
}

/* --- a pool of objects with handles, in lists --- */

#define OBJECTS (1u << 17)

struct object {
    uint32_t handle; /* the object's number, and before it something random */
    uint32_t next;   /* in the list of its owner, or of the free ones */
    uint64_t random;
};

static void listed_objects(void)
{
    struct object *objects = must(calloc(OBJECTS, sizeof *objects));
    struct owner *owner = owner_of(objects, OBJECTS / 2, OBJECTS);
    uint32_t lists[64], free_list = UINT32_MAX;
    memset(lists, 0xff, sizeof lists);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        uint32_t slot = i * 0x9e3779b1u % OBJECTS; /* an odd factor: each once */
        uint32_t *list = i % 2 == 0 ? &lists[decoy_random() % 64] : &free_list;
        objects[slot] = (struct object){.next = *list};
        if (i % 2 == 0)
            objects[slot].handle = (uint32_t)decoy_random() << 17 | slot;
        *list = slot;
    }
    decoy_look("objects in lists", objects);
    for (uint32_t list = 0; list < 64; list++)
        for (uint32_t slot = lists[list], next; slot != UINT32_MAX; slot = next) {
            next = objects[slot].next;
            if (list == 0)
                continue;
            objects[slot] = (struct object){.next = free_list};
            free_list = slot;
            owner->in_use--;
        }
    decoy_look("objects in lists, most free", objects);
    free(objects);
    free(owner);
}

/* --- filled with one byte --- */

#define FILLED_BYTES 1048576u

/* Two bits of the byte 0x59 after the other are states of slots as well: deleted, empty and two
 * more deleted. Of what an allocator or a program filled so little is used; beside it lies what has
 * one byte for each four of these. */
static void filled_buffer(void)
{
    unsigned char *filled = must(malloc(FILLED_BYTES));
    unsigned char *samples = must(malloc(4 * (size_t)FILLED_BYTES));
    memset(filled, 0x59, FILLED_BYTES);
    memset(filled, 0, 64);
    for (size_t i = 0; i < 4 * (size_t)FILLED_BYTES; i++)
        samples[i] = (unsigned char)decoy_random();
    decoy_look("samples beside a filled buffer", samples);
    decoy_look("a filled buffer", filled);
    free(samples);
    free(filled);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"palettes", palettes},
        {"sparse-set-pages", sparse_set},
        {"arena-of-nodes", arena_of_nodes},
        {"listed-objects", listed_objects},
        {"filled-buffer", filled_buffer},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
