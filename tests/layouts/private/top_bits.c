/* Fibonacci hashing: key times 2^64 / golden ratio, the topmost bits name the slot. Robin Hood with
 * the multiplied key in the slot, so that distances need no second multiplication. */
#include "scenario.h"

#define LOG2  18
#define SLOTS ((size_t)1 << LOG2)

struct cell {
    uint64_t mixed; /* 0: empty */
    uint64_t value;
};

struct fib {
    struct cell *cells;
    size_t n;
    int shift;
};

static uint64_t mix(uint64_t key)
{
    return key * 11400714819323198485u; /* odd, so that no two keys become one, nor any 0 */
}

static size_t home(uint64_t mixed)
{
    return mixed >> (64 - LOG2);
}

static size_t distance(uint64_t mixed, size_t at)
{
    return (at - home(mixed)) & (SLOTS - 1);
}

static struct cell *look(struct fib *f, uint64_t mixed)
{
    size_t at = home(mixed);
    for (size_t d = 0; f->cells[at].mixed != 0 && distance(f->cells[at].mixed, at) >= d; d++) {
        if (f->cells[at].mixed == mixed)
            return &f->cells[at];
        at = (at + 1) & (SLOTS - 1);
    }
    return NULL;
}

static void *create(void)
{
    struct fib *f = must(malloc(sizeof *f));
    *f = (struct fib){.cells = must(calloc(SLOTS, sizeof *f->cells)), .shift = 64 - LOG2};
    return f;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct fib *f = table;
    struct cell in = {mix(key), value}, *old = look(f, in.mixed);
    if (old != NULL) {
        old->value = value;
        return;
    }
    f->n++;
    for (size_t at = home(in.mixed);; at = (at + 1) & (SLOTS - 1)) {
        struct cell *cell = &f->cells[at];
        if (cell->mixed == 0) {
            *cell = in;
            return;
        }
        if (distance(cell->mixed, at) < distance(in.mixed, at)) {
            struct cell richer = *cell;
            *cell = in;
            in = richer;
        }
    }
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct cell *cell = look(table, mix(key));
    if (cell != NULL)
        *value = cell->value;
    return cell != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct fib *f = table;
    struct cell *cell = look(f, mix(key));
    if (cell == NULL)
        return false;
    size_t at = (size_t)(cell - f->cells);
    for (;;) { /* move back what follows */
        size_t next = (at + 1) & (SLOTS - 1);
        if (f->cells[next].mixed == 0 || distance(f->cells[next].mixed, next) == 0)
            break;
        f->cells[at] = f->cells[next];
        at = next;
    }
    f->cells[at] = (struct cell){0, 0};
    f->n--;
    return true;
}

static void destroy(void *table)
{
    struct fib *f = table;
    free(f->cells);
    free(f);
}

static struct shape shape(const void *table)
{
    const struct fib *f = table;
    return (struct shape){.address = f->cells, .capacity = SLOTS, .live = f->n};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
