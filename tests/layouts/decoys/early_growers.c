/*
 * Arrays that grow before they are full, at the same load each time, and whose owner counts what is
 * in them, as a hash table does: indexed by ids of which some die, heaps, bags, lists that are put
 * in another order when they grow. Then most of what they hold goes.
 */
#include <string.h>

#include "decoy.h"

#define LEAST 64u

static void *twice(void *old, size_t elements, size_t bytes)
{
    char *larger = must(calloc(2 * elements, bytes));
    memcpy(larger, old, elements * bytes);
    free(old);
    return larger;
}

struct entity {
    uint32_t kind;
    float x, y;
    uint32_t health;
};

/* Three in ten of them die before the next growth. */
static void entities_by_id(void)
{
    struct {
        struct entity *entities;
        uint32_t capacity, alive, next;
    } *world = must(calloc(1, sizeof *world));
    world->capacity = LEAST;
    world->entities = must(calloc(LEAST, sizeof *world->entities));
    while (world->next < 300000) {
        if (world->next == world->capacity) {
            world->entities = twice(world->entities, world->capacity, sizeof *world->entities);
            world->capacity *= 2;
        }
        uint32_t id = world->next++, victim = (uint32_t)(decoy_random() % world->next);
        world->entities[id] = (struct entity){.kind = 1 + id % 3, .x = id * .5f, .health = 100};
        world->alive++;
        if (id % 10 < 3 && world->entities[victim].kind != 0) {
            world->entities[victim] = (struct entity){0};
            world->alive--;
        }
    }
    decoy_look("entities by id", world->entities);
    for (uint32_t id = 0; id < world->next; id++) {
        if (id % 50 != 0 && world->entities[id].kind != 0) {
            world->entities[id] = (struct entity){0};
            world->alive--;
        }
    }
    decoy_look("entities by id, nearly all dead", world->entities);
    free(world->entities);
    free(world);
}

/* Ids at random below a bound that is doubled when half of them are taken. */
static void sessions_by_random_id(void)
{
    struct {
        void **sessions;
        uint32_t capacity, count;
    } *server = must(calloc(1, sizeof *server));
    server->capacity = LEAST;
    server->sessions = must(calloc(LEAST, sizeof *server->sessions));
    for (unsigned i = 0; i < 150000; i++) {
        if (server->count * 2 >= server->capacity) {
            server->sessions = twice(server->sessions, server->capacity, sizeof *server->sessions);
            server->capacity *= 2;
        }
        uint32_t id;
        do
            id = (uint32_t)(decoy_random() % server->capacity);
        while (server->sessions[id] != NULL);
        server->sessions[id] = decoy_object();
        server->count++;
    }
    decoy_look("sessions by random id", server->sessions);
    for (uint32_t id = 0; id < server->capacity; id++) {
        if (id % 50 != 0 && server->sessions[id] != NULL) {
            server->sessions[id] = NULL;
            server->count--;
        }
    }
    decoy_look("sessions by random id, nearly all closed", server->sessions);
    free(server->sessions);
    free(server);
}

/* Columns with room for a burst, the last moved into each gap. */
struct particles {
    float *x;
    uint32_t *seeds;
    uint32_t count, capacity;
};

static void kill_particle(struct particles *particles, uint32_t at)
{
    uint32_t last = --particles->count;
    particles->x[at] = particles->x[last];
    particles->seeds[at] = particles->seeds[last];
    particles->x[last] = 0;
    particles->seeds[last] = 0;
}

static void particle_columns(void)
{
    struct particles *particles = must(calloc(1, sizeof *particles));
    particles->capacity = LEAST;
    particles->x = must(calloc(LEAST, sizeof *particles->x));
    particles->seeds = must(calloc(LEAST, sizeof *particles->seeds));
    for (unsigned i = 0; i < 450000; i++) {
        if (particles->count * 5 >= particles->capacity * 4) {
            particles->x = twice(particles->x, particles->capacity, sizeof *particles->x);
            particles->seeds =
                twice(particles->seeds, particles->capacity, sizeof *particles->seeds);
            particles->capacity *= 2;
        }
        particles->x[particles->count] = (float)(1 + decoy_random() % 65536);
        particles->seeds[particles->count++] = (uint32_t)decoy_random() | 1;
        if (i % 3 == 0)
            kill_particle(particles, (uint32_t)(decoy_random() % particles->count));
    }
    decoy_look("column of particles", particles->seeds);
    while (particles->count > 4000)
        kill_particle(particles, (uint32_t)(decoy_random() % particles->count));
    decoy_look("column of particles, nearly all gone", particles->seeds);
    free(particles->x);
    free(particles->seeds);
    free(particles);
}

struct item {
    uint64_t page, stamp;
};

/* What was used is put at the end; a larger array begins with every second one. */
static void recently_used_list(void)
{
    struct {
        struct item *items;
        size_t count, capacity;
    } *list = must(calloc(1, sizeof *list));
    list->capacity = LEAST;
    list->items = must(calloc(LEAST, sizeof *list->items));
    for (uint64_t now = 1; now < 300000; now++) {
        if (list->count * 10 >= list->capacity * 8) {
            struct item *larger = must(calloc(2 * list->capacity, sizeof *larger));
            size_t put = 0;
            for (unsigned odd = 0; odd < 2; odd++)
                for (size_t i = 0; i < list->count; i++)
                    if (list->items[i].stamp % 2 == odd)
                        larger[put++] = list->items[i];
            free(list->items);
            list->items = larger;
            list->capacity *= 2;
        }
        size_t other = decoy_random() % (list->count + 1);
        list->items[list->count] = list->items[other];
        list->items[other] = (struct item){decoy_random(), now};
        list->count++;
    }
    decoy_look("list of the recently used", list->items);
    while (list->count > 4000)
        list->items[--list->count] = (struct item){0};
    decoy_look("list of the recently used, flushed", list->items);
    free(list->items);
    free(list);
}

/* Compacted into the new array: what is behind each gap moves by another distance. */
static void compacted_pool(void)
{
    struct {
        struct item *items;
        uint32_t capacity, alive, top;
    } *pool = must(calloc(1, sizeof *pool));
    pool->capacity = LEAST;
    pool->items = must(calloc(LEAST, sizeof *pool->items));
    for (unsigned i = 0; i < 350000; i++) {
        if (pool->top == pool->capacity) {
            uint32_t capacity = pool->capacity * (pool->alive * 4 >= pool->capacity * 3 ? 2 : 1);
            struct item *items = must(calloc(capacity, sizeof *items));
            uint32_t top = 0;
            for (uint32_t at = 0; at < pool->top; at++)
                if (pool->items[at].page != 0)
                    items[top++] = pool->items[at];
            free(pool->items);
            pool->items = items;
            pool->capacity = capacity;
            pool->top = top;
        }
        pool->items[pool->top++] = (struct item){decoy_random(), i};
        pool->alive++;
        uint32_t victim = (uint32_t)(decoy_random() % pool->top);
        if (i % 4 == 1 && pool->items[victim].page != 0) {
            pool->items[victim] = (struct item){0};
            pool->alive--;
        }
    }
    decoy_look("compacted pool", pool->items);
    for (uint32_t at = 0; at < pool->top; at++) {
        if (at % 60 != 0 && pool->items[at].page != 0) {
            pool->items[at] = (struct item){0};
            pool->alive--;
        }
    }
    decoy_look("compacted pool, nearly empty", pool->items);
    free(pool->items);
    free(pool);
}

/* Levels by price, put into the middle of a larger array when one falls outside. */
static void order_book(void)
{
    struct {
        struct item *levels;
        int64_t first;
        uint32_t count, capacity;
    } *book = must(calloc(1, sizeof *book));
    book->capacity = LEAST;
    book->first = -(int64_t)LEAST / 2;
    book->levels = must(calloc(LEAST, sizeof *book->levels));
    for (int64_t i = 0; i < 2400000; i++) {
        int64_t width = 20 + i / 4, price = (int64_t)(decoy_random() % (2 * width)) - width;
        while (price < book->first || price >= book->first + book->capacity) {
            struct item *larger = must(calloc(2 * book->capacity, sizeof *larger));
            memcpy(larger + book->capacity / 2, book->levels, book->capacity * sizeof *larger);
            free(book->levels);
            book->levels = larger;
            book->first -= book->capacity / 2;
            book->capacity *= 2;
        }
        struct item *level = &book->levels[price - book->first];
        book->count += level->page == 0;
        level->page++;
        level->stamp += decoy_random() % 1000;
    }
    decoy_look("order book", book->levels);
    for (uint32_t at = 0; at < book->capacity; at++) {
        if (at % 60 != 0 && book->levels[at].page != 0) {
            book->levels[at] = (struct item){0};
            book->count--;
        }
    }
    decoy_look("order book, nearly empty", book->levels);
    free(book->levels);
    free(book);
}

struct timer {
    uint64_t at;
    uint32_t place;
    void (*call)(void);
};

struct timers {
    struct timer **heap;
    uint32_t count, capacity;
};

static void sink(struct timers *timers, uint32_t at)
{
    for (uint32_t child = 2 * at; child <= timers->count; at = child, child *= 2) {
        child += child < timers->count && timers->heap[child + 1]->at < timers->heap[child]->at;
        if (timers->heap[at]->at <= timers->heap[child]->at)
            return;
        struct timer *sinking = timers->heap[at];
        timers->heap[at] = timers->heap[child];
        timers->heap[at]->place = at;
        timers->heap[child] = sinking;
        sinking->place = child;
    }
}

static void fire(struct timers *timers)
{
    free(timers->heap[1]);
    timers->heap[1] = timers->heap[timers->count];
    timers->heap[1]->place = 1;
    timers->heap[timers->count--] = NULL;
    sink(timers, 1);
}

/* Each timer knows its place in the heap, which looks like a key in sequence. */
static void timer_heap(void)
{
    struct timers *timers = must(calloc(1, sizeof *timers));
    timers->capacity = LEAST;
    timers->heap = must(calloc(LEAST, sizeof *timers->heap));
    for (unsigned i = 0; i < 250000; i++) {
        if (timers->count + 1 >= timers->capacity / 8 * 7) {
            timers->heap = twice(timers->heap, timers->capacity, sizeof *timers->heap);
            timers->capacity *= 2;
        }
        struct timer *timer = must(malloc(sizeof *timer));
        uint32_t at = ++timers->count;
        *timer = (struct timer){.at = decoy_random() >> 20, .call = timer_heap};
        for (; at > 1 && timers->heap[at / 2]->at > timer->at; at /= 2) {
            timers->heap[at] = timers->heap[at / 2];
            timers->heap[at]->place = at;
        }
        timers->heap[at] = timer;
        timer->place = at;
        if (i % 4 == 3)
            fire(timers);
    }
    decoy_look("heap of timers", timers->heap);
    while (timers->count > 3000)
        fire(timers);
    decoy_look("heap of timers, nearly all fired", timers->heap);
    while (timers->count > 1)
        fire(timers);
    free(timers->heap[1]);
    free(timers->heap);
    free(timers);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"entities-by-id", entities_by_id},
        {"sessions-by-random-id", sessions_by_random_id},
        {"particle-columns", particle_columns},
        {"recently-used-list", recently_used_list},
        {"compacted-pool", compacted_pool},
        {"order-book", order_book},
        {"timer-heap", timer_heap},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
