/*
 * Numbers of places in a list of objects' addresses, beside other arrays of numbers, as an index by
 * hash has them: a sparse set of handles with random generations, and lists of children by their
 * parent's number. Full, and then nearly empty.
 */
#include <string.h>

#include "decoy.h"

#define NUMBERS (1u << 18)
#define OBJECTS (NUMBERS * 3 / 4)
#define KEPT_OF 40u
#define NOBODY  UINT32_MAX

struct thing {
    uint32_t handle, parent;
    uint64_t value;
};

struct listed {
    uint32_t size, *first; /* by number: a place in the list */
    uint32_t room, *next;  /* by place */
    struct thing **things;
    uint32_t count;
};

static struct listed *new_listed(void)
{
    struct listed *listed = must(calloc(1, sizeof *listed));
    listed->size = NUMBERS;
    listed->room = OBJECTS;
    listed->first = must(malloc(NUMBERS * sizeof *listed->first));
    listed->next = must(malloc(OBJECTS * sizeof *listed->next));
    listed->things = must(calloc(OBJECTS, sizeof *listed->things));
    memset(listed->first, 0xff, NUMBERS * sizeof *listed->first);
    memset(listed->next, 0xff, OBJECTS * sizeof *listed->next);
    return listed;
}

static void add(struct listed *listed, uint32_t handle, uint32_t parent)
{
    struct thing *thing = must(malloc(sizeof *thing));
    *thing = (struct thing){.handle = handle, .parent = parent, .value = decoy_random()};
    listed->things[listed->count++] = thing;
}

static void free_listed(struct listed *listed)
{
    for (uint32_t i = 0; i < listed->count; i++)
        free(listed->things[i]);
    free(listed->things);
    free(listed->next);
    free(listed->first);
    free(listed);
}

/* Handles are a number, each given once, below a random generation. The objects lie in the order in
 * which they came; the second array leads back from each to its number. */
static void listed_handles(void)
{
    struct listed *listed = new_listed();
    for (uint32_t i = 0; i < OBJECTS; i++) {
        uint32_t number = (uint32_t)(i * 2654435761u) % NUMBERS;
        uint32_t generation = (uint32_t)(decoy_random() % (UINT32_MAX / NUMBERS));
        listed->first[number] = listed->count;
        listed->next[listed->count] = number;
        add(listed, generation * NUMBERS + number, (uint32_t)decoy_random());
    }
    decoy_look("places of objects by their handles", listed->first);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        if (i % KEPT_OF == 0)
            continue;
        listed->first[listed->things[i]->handle % NUMBERS] = NOBODY;
        listed->next[i] = NOBODY;
        free(listed->things[i]);
        listed->things[i] = NULL;
    }
    decoy_look("places of objects by their handles", listed->first);
    free_listed(listed);
}

/* The first child of each parent, and the next one of each child; children bear the number. */
static void listed_children(void)
{
    struct listed *listed = new_listed();
    for (uint32_t i = 0; i < OBJECTS; i++) {
        uint32_t parent = (uint32_t)(decoy_random() % NUMBERS);
        listed->next[listed->count] = listed->first[parent];
        listed->first[parent] = listed->count;
        add(listed, (uint32_t)decoy_random(), parent);
    }
    decoy_look("children by their parents' numbers", listed->first);
    memset(listed->first, 0xff, NUMBERS * sizeof *listed->first);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        struct thing *thing = listed->things[i];
        if (i % KEPT_OF == 0) {
            listed->next[i] = listed->first[thing->parent];
            listed->first[thing->parent] = i;
            continue;
        }
        listed->next[i] = NOBODY;
        free(thing);
        listed->things[i] = NULL;
    }
    decoy_look("children by their parents' numbers", listed->first);
    free_listed(listed);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"listed-handles", listed_handles}, {"listed-children", listed_children}, {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
