/* Buckets of a cache line: seven tags, how many are in use, seven pointers to objects. A full
 * bucket spills into the next. The block is aligned by hand. */
#include "scenario.h"

#include <string.h>

#define WAYS        7
#define LINE_BYTES  64
#define SPILLS_MOST 48

struct object {
    uint64_t id;
    uint64_t weight;
};

struct line {
    uint8_t tags[WAYS];
    uint8_t used;
    struct object *objects[WAYS];
};

struct directory {
    struct line *lines;
    uint32_t mask;
    uint32_t objects;
};

struct spot {
    struct line *line;
    int way;
};

static uint64_t scramble(uint64_t id)
{
    id = (id ^ id >> 32) * 0xd6e8feb86659fd93u;
    id = (id ^ id >> 32) * 0xd6e8feb86659fd93u;
    return id ^ id >> 32;
}

static struct line *new_lines(uint32_t count)
{
    struct line *lines = must(aligned_alloc(LINE_BYTES, count * sizeof *lines));
    memset(lines, 0, count * sizeof *lines);
    return lines;
}

static void *create(void)
{
    struct directory *d = must(calloc(1, sizeof *d));
    d->mask = 15;
    d->lines = new_lines(d->mask + 1);
    return d;
}

static void put(struct directory *d, struct object *object)
{
    uint64_t hash = scramble(object->id);
    uint32_t at = (uint32_t)hash & d->mask;
    while (d->lines[at].used == WAYS)
        at = (at + 1) & d->mask;
    struct line *line = &d->lines[at];
    line->tags[line->used] = (uint8_t)(hash >> 56);
    line->objects[line->used++] = object;
}

/* Erasing opens lines that others have spilt over, so it looks further than the first open one. */
static struct spot locate(const struct directory *d, uint64_t id)
{
    uint64_t hash = scramble(id);
    for (uint32_t step = 0; step < SPILLS_MOST && step <= d->mask; step++) {
        struct line *line = &d->lines[((uint32_t)hash + step) & d->mask];
        for (int way = 0; way < line->used; way++)
            if (line->tags[way] == (uint8_t)(hash >> 56) && line->objects[way]->id == id)
                return (struct spot){line, way};
    }
    return (struct spot){0};
}

static void enlarge(struct directory *d)
{
    struct line *before = d->lines;
    uint32_t count = d->mask + 1;
    d->mask = 2 * count - 1;
    d->lines = new_lines(2 * count);
    for (uint32_t i = 0; i < count; i++)
        for (int way = 0; way < before[i].used; way++)
            put(d, before[i].objects[way]);
    free(before);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct directory *d = table;
    struct spot spot = locate(d, key);
    if (spot.line) {
        spot.line->objects[spot.way]->weight = value;
        return;
    }
    if (4 * (uint64_t)d->objects >= 3 * WAYS * ((uint64_t)d->mask + 1))
        enlarge(d);
    struct object *object = must(malloc(sizeof *object));
    *object = (struct object){key, value};
    put(d, object);
    d->objects++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct spot spot = locate(table, key);
    if (spot.line)
        *value = spot.line->objects[spot.way]->weight;
    return spot.line != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct directory *d = table;
    struct spot spot = locate(d, key);
    if (!spot.line)
        return false;
    struct line *line = spot.line;
    free(line->objects[spot.way]);
    line->used--;
    line->tags[spot.way] = line->tags[line->used];
    line->objects[spot.way] = line->objects[line->used];
    line->objects[line->used] = NULL;
    d->objects--;
    return true;
}

static void destroy(void *table)
{
    struct directory *d = table;
    for (uint32_t i = 0; i <= d->mask; i++)
        for (int way = 0; way < d->lines[i].used; way++)
            free(d->lines[i].objects[way]);
    free(d->lines);
    free(d);
}

static struct shape shape(const void *table)
{
    const struct directory *d = table;
    return (struct shape){
        .address = d->lines, .capacity = WAYS * ((uint64_t)d->mask + 1), .live = d->objects};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 250000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
