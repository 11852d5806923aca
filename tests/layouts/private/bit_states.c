/* Linear probing, a bit for each slot behind the slots, in the same block: erasing moves entries
 * back and clears a bit, so that every slot that was ever used keeps its bytes. */
#include <string.h>

#include "scenario.h"

struct line {
    uint64_t key, value;
    uint32_t visits, stamp;
};

struct board {
    struct line *lines;
    uint32_t mask, count, stamp;
};

static uint64_t *bits_of(const struct board *b)
{
    return (uint64_t *)(b->lines + b->mask + 1);
}

static bool is_set(const struct board *b, uint32_t at)
{
    return bits_of(b)[at / 64] >> (at % 64) & 1;
}

static uint32_t home(const struct board *b, uint64_t key)
{
    key = (key ^ key >> 29) * 0xff51afd7ed558ccdull;
    return (uint32_t)(key >> 32 ^ key) & b->mask;
}

static void lay_out(struct board *b, uint32_t lines)
{
    b->lines = must(malloc(lines * sizeof(struct line) + lines / 8));
    b->mask = lines - 1;
    memset(b->lines + lines, 0, lines / 8);
}

static uint32_t seek(const struct board *b, uint64_t key)
{
    uint32_t at = home(b, key);
    while (is_set(b, at) && b->lines[at].key != key)
        at = (at + 1) & b->mask;
    return at;
}

static void put(struct board *b, const struct line *line)
{
    uint32_t at = seek(b, line->key);
    b->lines[at] = *line;
    bits_of(b)[at / 64] |= 1ull << (at % 64);
}

static void *create(void)
{
    struct board *b = must(calloc(1, sizeof *b));
    lay_out(b, 64);
    return b;
}

static void grow(struct board *b)
{
    struct board old = *b;
    lay_out(b, 2 * (old.mask + 1));
    for (uint32_t at = 0; at <= old.mask; at++)
        if (is_set(&old, at))
            put(b, &old.lines[at]);
    free(old.lines);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct board *b = table;
    if (b->count >= (b->mask + 1) / 5 * 4)
        grow(b);
    b->count += !is_set(b, seek(b, key));
    put(b, &(struct line){.key = key, .value = value, .visits = 1, .stamp = b->stamp++ % 1000});
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct board *b = table;
    uint32_t at = seek(b, key);
    if (!is_set(b, at))
        return false;
    *value = b->lines[at].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct board *b = table;
    uint32_t hole = seek(b, key);
    if (!is_set(b, hole))
        return false;
    for (uint32_t at = (hole + 1) & b->mask; is_set(b, at); at = (at + 1) & b->mask) {
        uint32_t away = (at - home(b, b->lines[at].key)) & b->mask;
        if (away < ((at - hole) & b->mask))
            continue;
        b->lines[hole] = b->lines[at];
        hole = at;
    }
    bits_of(b)[hole / 64] &= ~(1ull << (hole % 64));
    b->count--;
    return true;
}

static void destroy(void *table)
{
    struct board *b = table;
    free(b->lines);
    free(b);
}

static struct shape shape(const void *table)
{
    const struct board *b = table;
    return (struct shape){.address = b->lines, .capacity = b->mask + 1, .live = b->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 160000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
