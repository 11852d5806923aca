/*
 * Numbers and links in one block, or objects in the last member of another, that a table in two
 * parts looks like: a sparse set whose arrays share a block, edges listed by vertex, a window of
 * sequence numbers over a pool, handles that begin with one, handles behind their owner's fields.
 * Full, and then nearly empty.
 */
#include <string.h>

#include "decoy.h"

#define NONE    UINT32_MAX
#define KEPT_OF 40u

/* Sparse and dense in one block; the components know their entity's handle: generation, number. */
#define ENTITIES      (1u << 17)
#define COMPONENTS    (90000u)
#define LOW(handle)   ((handle) & (ENTITIES - 1))
#define GENERATION(n) ((uint32_t)(decoy_random() >> 52) << 17 | (n))

struct component {
    uint32_t handle, color;
    double position[2];
};

struct set {
    uint32_t *sparse, *dense;
    struct component *components;
    uint32_t entities, room, count;
};

static void remove_entity(struct set *set, uint32_t entity)
{
    uint32_t at = set->sparse[entity], last = --set->count;
    set->components[at] = set->components[last];
    set->dense[at] = set->dense[last];
    set->sparse[set->dense[at]] = at;
    set->sparse[entity] = NONE;
}

static void sparse_set(void)
{
    struct set *set = must(calloc(1, sizeof *set));
    set->entities = ENTITIES;
    set->room = COMPONENTS;
    set->sparse = must(malloc((ENTITIES + COMPONENTS) * sizeof(uint32_t)));
    set->dense = set->sparse + ENTITIES;
    set->components = must(calloc(COMPONENTS, sizeof *set->components));
    memset(set->sparse, 0xff, ENTITIES * sizeof(uint32_t));
    while (set->count < COMPONENTS * 9 / 10) {
        uint32_t entity = (uint32_t)decoy_random() % ENTITIES;
        if (set->sparse[entity] != NONE)
            continue;
        set->sparse[entity] = set->count;
        set->dense[set->count] = entity;
        set->components[set->count++] = (struct component){GENERATION(entity), 7, {1.5, 2.5}};
    }
    decoy_look("a sparse set in one block", set->sparse);
    for (uint32_t entity = 0; entity < ENTITIES; entity++)
        if (set->sparse[entity] != NONE && entity % KEPT_OF != 0)
            remove_entity(set, entity);
    decoy_look("a sparse set in one block", set->sparse);
    free(set->components);
    free(set->sparse);
    free(set);
}

/* Edges, each in the list of the vertex where it begins. */
#define VERTICES 87719u
#define EDGES    250000u

struct edge {
    uint32_t from, to;
    uint64_t weight;
};

struct graph {
    uint32_t *first, *next;
    struct edge *edges;
    uint32_t vertices, room, count;
};

static void edges_by_vertex(void)
{
    struct graph *graph = must(calloc(1, sizeof *graph));
    graph->vertices = VERTICES;
    graph->room = EDGES;
    graph->first = must(malloc((VERTICES + EDGES) * sizeof(uint32_t)));
    graph->next = graph->first + VERTICES;
    graph->edges = must(calloc(EDGES, sizeof *graph->edges));
    memset(graph->first, 0xff, VERTICES * sizeof(uint32_t));
    while (graph->count < EDGES - 1000) {
        uint32_t from = (uint32_t)(decoy_random() >> 9) % VERTICES, edge = graph->count++;
        graph->edges[edge] =
            (struct edge){from, (uint32_t)(decoy_random() >> 9) % VERTICES, decoy_random()};
        graph->next[edge] = graph->first[from];
        graph->first[from] = edge;
    }
    decoy_look("edges by vertex", graph->first);
    for (uint32_t vertex = 0; vertex < VERTICES; vertex++)
        if (vertex % KEPT_OF != 0)
            graph->first[vertex] = NONE;
    decoy_look("edges by vertex", graph->first);
    free(graph->edges);
    free(graph->first);
    free(graph);
}

/* What is waited for, by its number modulo the window, in a pool with a list of the free. */
#define WINDOW 80021u
#define POOL   100000u

struct packet {
    uint64_t number;
    uint64_t payload;
};

struct window {
    uint32_t *at, *next_free;
    struct packet *packets;
    uint32_t window, room, free;
    uint64_t lowest, end;
};

static void sequence_window(void)
{
    struct window *window = must(calloc(1, sizeof *window));
    window->window = WINDOW;
    window->room = POOL;
    window->at = must(malloc((WINDOW + POOL) * sizeof(uint32_t)));
    window->next_free = window->at + WINDOW;
    window->packets = must(calloc(POOL, sizeof *window->packets));
    memset(window->at, 0xff, WINDOW * sizeof(uint32_t));
    for (uint32_t i = 0; i < POOL; i++)
        window->next_free[i] = i + 1 < POOL ? (i * 7919u + 13) % POOL : NONE;
    window->lowest = window->end = 3000000;
    for (uint32_t i = 0; i < WINDOW; i++, window->end++) {
        window->at[window->end % WINDOW] = i;
        window->packets[i] = (struct packet){window->end, decoy_random()};
    }
    decoy_look("a window of sequence numbers", window->at);
    for (uint32_t i = 0; i < WINDOW; i++)
        if (window->packets[i].number % KEPT_OF != 0)
            window->at[window->packets[i].number % WINDOW] = NONE;
    decoy_look("a window of sequence numbers", window->at);
    free(window->packets);
    free(window->at);
    free(window);
}

/* Records that bear their handle: a salt, and their number, of which the first is no handle. */
#define RECORDS (1u << 17)

struct record {
    uint32_t handle, state;
};

static void handles_from_one(void)
{
    struct record *records = must(calloc(RECORDS, sizeof *records));
    for (uint32_t i = 1; i < RECORDS; i++)
        if (decoy_random() % 3 != 0)
            records[i] = (struct record){(uint32_t)(decoy_random() >> 40) << 17 | (i - 1), 1};
    decoy_look("handles one behind their number", records);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (i % KEPT_OF != 0)
            records[i] = (struct record){0, 0};
    decoy_look("handles one behind their number", records);
    free(records);
}

/* The same behind the fields of the object that they are a member of. */
#define BODIES (1u << 17)

struct body {
    uint64_t id; /* a salt, and the number */
    double mass;
};

struct world {
    uint64_t name;
    struct body *first;
    uint32_t count, room;
    double gravity;
    struct body *bodies[BODIES];
    struct body *spare[4];
};

static void bodies_of_world(void)
{
    struct world *world = must(calloc(1, sizeof *world));
    world->name = decoy_random();
    world->room = BODIES;
    world->gravity = 9.81;
    for (uint32_t i = 0; i < BODIES; i++) {
        if (decoy_random() % 2 == 0)
            continue;
        world->bodies[i] = must(malloc(sizeof(struct body)));
        *world->bodies[i] = (struct body){(decoy_random() >> 20) << 17 | i, 1};
        world->first = world->bodies[i];
        world->count++;
    }
    decoy_look("objects of an object", world->bodies);
    for (uint32_t i = 0; i < BODIES; i++)
        if (i % KEPT_OF != 0) {
            free(world->bodies[i]);
            world->bodies[i] = NULL;
        }
    decoy_look("objects of an object", world->bodies);
    for (uint32_t i = 0; i < BODIES; i++)
        free(world->bodies[i]);
    free(world);
}

/* A graph made anew twice as large each time, as to measure something: the neighbours of each
 * vertex, with room behind them, in one block. */
static void neighbours_with_room(void)
{
    struct {
        uint32_t *degrees, *firsts, *neighbours;
        uint32_t vertices;
    } *graph = must(calloc(1, sizeof *graph));
    for (uint32_t vertices = 512; vertices <= 65536; vertices *= 2) {
        uint32_t *degrees = must(calloc(vertices, sizeof *degrees));
        uint32_t *firsts = must(calloc(vertices + 1, sizeof *firsts));
        for (uint32_t i = 0; i < vertices; i++)
            firsts[i + 1] = firsts[i] + 8 + (uint32_t)(decoy_random() % 8);
        uint32_t *neighbours = must(calloc(firsts[vertices], sizeof *neighbours));
        for (uint32_t i = 0; i < vertices; i++) {
            degrees[i] = (uint32_t)(decoy_random() % 8);
            for (uint32_t n = 0; n < degrees[i]; n++)
                neighbours[firsts[i] + n] = 1 + (uint32_t)(decoy_random() % vertices);
        }
        free(graph->degrees);
        free(graph->firsts);
        free(graph->neighbours);
        graph->degrees = degrees;
        graph->firsts = firsts;
        graph->neighbours = neighbours;
        graph->vertices = vertices;
    }
    decoy_look("neighbours with room", graph->neighbours);
    for (uint32_t i = 0; i < graph->vertices; i++) {
        if (i % 50 == 0)
            continue;
        memset(&graph->neighbours[graph->firsts[i]], 0, graph->degrees[i] * sizeof(uint32_t));
        graph->degrees[i] = 0;
    }
    decoy_look("neighbours with room, of few vertices", graph->neighbours);
    free(graph->degrees);
    free(graph->firsts);
    free(graph->neighbours);
    free(graph);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"sparse-set", sparse_set},
        {"edges-by-vertex", edges_by_vertex},
        {"sequence-window", sequence_window},
        {"handles-from-one", handles_from_one},
        {"bodies-of-world", bodies_of_world},
        {"neighbours-with-room", neighbours_with_room},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
