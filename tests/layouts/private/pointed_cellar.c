/*
 * Chains within the array by pointers: collisions go into a cellar behind the homes. A free home
 * has the lowest bit of its link set; cells that the cellar takes back are linked with each other.
 * Nothing is ever cleared.
 */
#include "scenario.h"

typedef struct box {
    struct box *link;
    uint64_t id;
    uint64_t data;
} box_t;

typedef struct {
    box_t *boxes;
    uint32_t homes;
    uint32_t total;
    uint32_t live;
    box_t *fresh; /* of the cellar, never used */
    box_t *given_back;
} cellar_t;

static void put(cellar_t *c, uint64_t id, uint64_t data);

static void allocate(cellar_t *c, uint32_t homes)
{
    c->homes = homes;
    c->total = homes + homes / 4;
    c->boxes = must(malloc(c->total * sizeof(box_t)));
    for (uint32_t i = 0; i < c->total; i++)
        c->boxes[i].link = (box_t *)1;
    c->fresh = c->boxes + homes;
    c->given_back = NULL;
    c->live = 0;
}

static bool is_vacant(const box_t *box)
{
    return (uintptr_t)box->link & 1;
}

static box_t *home_of(const cellar_t *c, uint64_t id)
{
    uint64_t mixed = (id ^ id >> 31) * 0xd6e8feb86659fd93u;
    mixed = (mixed ^ mixed >> 29) * 0xcf5b9d4b27d3a8c9u;
    return &c->boxes[(uint32_t)(mixed >> 32) & (c->homes - 1)];
}

static void enlarge(cellar_t *c)
{
    cellar_t old = *c;
    allocate(c, old.homes * 2);
    for (uint32_t i = 0; i < old.homes; i++)
        if (!is_vacant(&old.boxes[i]))
            for (box_t *box = &old.boxes[i]; box != NULL; box = box->link)
                put(c, box->id, box->data);
    free(old.boxes);
}

static void put(cellar_t *c, uint64_t id, uint64_t data)
{
    if (c->given_back == NULL && c->fresh == c->boxes + c->total)
        enlarge(c);
    box_t *home = home_of(c, id), *next = NULL;
    if (!is_vacant(home)) {
        next = c->given_back;
        if (next != NULL)
            c->given_back = next->link;
        else
            next = c->fresh++;
        *next = *home;
    }
    *home = (box_t){.link = next, .id = id, .data = data};
    c->live++;
}

static box_t *locate(const cellar_t *c, uint64_t id, box_t **before)
{
    box_t *box = home_of(c, id);
    *before = NULL;
    if (is_vacant(box))
        return NULL;
    while (box != NULL && box->id != id) {
        *before = box;
        box = box->link;
    }
    return box;
}

static void *create(void)
{
    cellar_t *c = must(calloc(1, sizeof(*c)));
    allocate(c, 8);
    return c;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    box_t *before, *box = locate(table, key, &before);
    if (box != NULL)
        box->data = value;
    else
        put(table, key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    box_t *before, *box = locate(table, key, &before);
    if (box != NULL)
        *value = box->data;
    return box != NULL;
}

static bool erase(void *table, uint64_t key)
{
    cellar_t *c = table;
    box_t *before, *box = locate(c, key, &before), *gone = box;
    if (box == NULL)
        return false;
    c->live--;
    if (before != NULL) {
        before->link = box->link;
    } else if (box->link != NULL) {
        gone = box->link;
        *box = *gone;
    } else {
        box->link = (box_t *)1;
        return true;
    }
    gone->link = c->given_back;
    c->given_back = gone;
    return true;
}

static void destroy(void *table)
{
    cellar_t *c = table;
    free(c->boxes);
    free(c);
}

static struct shape shape(const void *table)
{
    const cellar_t *c = table;
    return (struct shape){.address = c->boxes, .capacity = c->total, .live = c->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 150000,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape,
    };
    return run_scenario(argc, argv, &kind);
}
