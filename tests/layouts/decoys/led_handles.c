/*
 * Objects that are numbered by their slots, spread over an array that has room for many more, each
 * behind a node that keeps a handle: the number below random bits. The program's code makes the
 * handle of fields of the object, or of a token that stands for it. Or objects whose numbers go
 * round at a number of slots that somebody chose. Or rows of named objects, whose numbers stand
 * beside their handles. Or the last few handles of each number.
 */
#include <stdbool.h>
#include <stdio.h>

#include "decoy.h"

#define BITS  18
#define SLOTS (1u << BITS)
#define MASK  (SLOTS - 1)
#define FEW   700u  /* so that two of a hash table hardly ever meet */
#define MANY  4000u /* so that thirty pairs of one would */

struct object {
    void *owner;
    uint32_t number, salt;
    uint64_t token;
};

struct node {
    struct object *object;
    uint32_t handle, flags;
    struct node *next;
};

static APART uint32_t handle_of(const struct object *object)
{
    return object->salt << BITS | object->number;
}

/* Rounds that can be undone: a handle that others may see. */
static uint64_t scrambled(uint64_t handle)
{
    handle *= UINT64_C(0x9fb21c651e98df25);
    handle ^= handle >> 32;
    return handle * UINT64_C(0xd6e8feb86659fd93);
}

static APART uint32_t handle_of_token(const struct object *object)
{
    uint64_t token = object->token * UINT64_C(0xcfee444d8b59a89b);
    token ^= token >> 32;
    return (uint32_t)(token * UINT64_C(0x02ab9c720d1024ad));
}

typedef uint32_t handle_t(const struct object *object);

static struct object *new_object(uint32_t number)
{
    struct object *object = must(calloc(1, sizeof *object));
    object->number = number;
    object->salt = (uint32_t)decoy_random() >> BITS;
    object->token = scrambled(handle_of(object));
    return object;
}

/* Numbers are given out in an order that tells nobody how many there are. */
static void fill(const char *what, handle_t *handle_for, uint32_t count)
{
    struct node **slots = must(calloc(SLOTS, sizeof(struct node *)));
    struct object **objects = must(calloc(count, sizeof(struct object *)));
    struct node *nodes = must(calloc(count, sizeof *nodes));
    for (uint32_t i = 0; i < count; i++)
        objects[i] = new_object((i * 97u + 5u) * 40503u & MASK);
    for (uint32_t i = 0; i < count; i++) {
        nodes[i].object = objects[i];
        nodes[i].handle = handle_for(objects[i]);
        if (nodes[i].handle != handle_of(objects[i]))
            abort();
        slots[nodes[i].handle & MASK] = &nodes[i];
    }
    decoy_look(what, slots);
    for (uint32_t i = 0; i < count; i++)
        free(objects[i]);
    free(nodes);
    free(objects);
    free(slots);
}

static void composed(void)
{
    fill("salted numbers behind nodes, few", handle_of, FEW);
    fill("salted numbers behind nodes", handle_of, MANY);
}

static void scrambled_tokens(void)
{
    fill("tokens that stand for handles behind nodes", handle_of_token, MANY);
}

struct row {
    char *name;
    uint64_t length;
    uint32_t handle, uses;
};

struct place {
    uint32_t handle, number;
};

struct rows {
    struct row *rows;
    struct place *places;
    uint32_t count;
};

static void named_rows(void)
{
    struct rows *all = must(malloc(sizeof *all));
    *all = (struct rows){.rows = must(calloc(SLOTS / 2, sizeof(struct row))),
                         .places = must(calloc(SLOTS, sizeof(struct place)))};
    for (; all->count < FEW; all->count++) {
        uint32_t number = (all->count * 97u + 5u) * 40503u & MASK;
        struct row *row = &all->rows[all->count];
        row->name = must(malloc(32));
        row->length = (uint64_t)snprintf(row->name, 32, "object-%u", (unsigned)all->count * 7);
        row->handle = (uint32_t)decoy_random() << BITS | number;
        all->places[number] = (struct place){row->handle, all->count + 2};
    }
    decoy_look("numbers of named rows beside salted numbers", all->places);
    while (all->count > 0)
        free(all->rows[--all->count].name);
    free(all->rows);
    free(all->places);
    free(all);
}

#define ROUND 250000u

/* The same by a round number of slots, without a node between. */
static void by_a_round_number(void)
{
    struct object **slots = must(calloc(ROUND, sizeof(struct object *)));
    for (uint32_t i = 0; i < FEW; i++) {
        uint32_t number = (i * 97u + 5u) * 40507u % ROUND;
        if (slots[number] != NULL)
            abort();
        slots[number] = new_object(number);
        slots[number]->salt = slots[number]->salt * ROUND + number;
        slots[number]->token = 0;
    }
    decoy_look("numbers salted by a round number", slots);
    for (uint32_t i = 0; i < ROUND; i++)
        free(slots[i]);
    free(slots);
}

#define TIMES 4u

struct event {
    uint64_t handle;
    uint32_t at, kind;
};

struct history {
    struct event last[TIMES];
};

/* What happened last to objects by their number: up to four events, each with the handle that the
 * object had then. `most` of them at each of the objects that were ever used. */
static void fill_histories(const char *what, uint32_t count, uint32_t most, bool same_handle)
{
    struct history *all = must(calloc(SLOTS, sizeof *all));
    for (uint32_t i = 0; i < count; i++) {
        struct history *history = &all[(i * 97u + 5u) * 40503u & MASK];
        uint64_t number = (uint64_t)(history - all), salt = decoy_random();
        for (uint32_t nth = 0; nth < most && (nth == 0 || same_handle || salt >> 62 != 0); nth++) {
            history->last[nth] = (struct event){
                (same_handle && nth > 0 ? history->last[0].handle >> BITS : salt) << BITS | number,
                i + nth, nth};
            salt = decoy_random();
        }
    }
    decoy_look(what, all);
    free(all);
}

static void histories(void)
{
    fill_histories("the last four handles of each number", FEW, TIMES, false);
    fill_histories("the last four handles of each of many numbers", MANY, TIMES, false);
    fill_histories("a handle kept twice for each number", MANY, 2, true);
    fill_histories("a handle for each number, with room for three more", MANY, 1, true);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"salted-numbers", composed},         {"scrambled-tokens", scrambled_tokens},
        {"round-numbers", by_a_round_number}, {"named-rows", named_rows},
        {"last-handles", histories},          {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
