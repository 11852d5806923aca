/*
 * Keys, values and a byte for each that tells what is in use, each in an array of their own; a
 * prime number of each. Keys are of four bytes: as many fill no whole number of words.
 */
#include "scenario.h"

struct columns {
    uint32_t *keys;
    uint64_t *values;
    unsigned char *in_use;
    uint32_t room, count;
};

static uint32_t prime_from(uint32_t n)
{
    for (n |= 1;; n += 2) {
        uint32_t divisor = 3;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor += 2;
        if (divisor * divisor > n)
            return n;
    }
}

static void make(struct columns *columns, uint32_t room)
{
    columns->room = room;
    columns->count = 0;
    columns->keys = must(calloc(room, sizeof *columns->keys));
    columns->values = must(calloc(room, sizeof *columns->values));
    columns->in_use = must(calloc(room, 1));
}

static void unmake(struct columns *columns)
{
    free(columns->keys);
    free(columns->values);
    free(columns->in_use);
}

static void *create(void)
{
    struct columns *columns = must(malloc(sizeof *columns));
    make(columns, 101);
    return columns;
}

static uint32_t home_of(const struct columns *columns, uint32_t key)
{
    return key % columns->room;
}

static uint32_t after(const struct columns *columns, uint32_t at)
{
    return at + 1 == columns->room ? 0 : at + 1;
}

static uint32_t place_of(const struct columns *columns, uint32_t key)
{
    uint32_t at = home_of(columns, key);
    while (columns->in_use[at] && columns->keys[at] != key)
        at = after(columns, at);
    return at;
}

static void put(struct columns *columns, uint32_t key, uint64_t value)
{
    uint32_t at = place_of(columns, key);
    columns->count += !columns->in_use[at];
    columns->keys[at] = key;
    columns->values[at] = value;
    columns->in_use[at] = 1;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct columns *columns = table;
    if (columns->count >= columns->room / 10 * 7) {
        struct columns old = *columns;
        make(columns, prime_from(2 * old.room));
        for (uint32_t i = 0; i < old.room; i++) {
            if (old.in_use[i])
                put(columns, old.keys[i], old.values[i]);
        }
        unmake(&old);
    }
    put(columns, (uint32_t)key, value);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct columns *columns = table;
    uint32_t at = place_of(columns, (uint32_t)key);
    *value = columns->values[at];
    return columns->in_use[at];
}

/* Those behind it that belong before it move up. */
static bool erase(void *table, uint64_t key)
{
    struct columns *columns = table;
    uint32_t hole = place_of(columns, (uint32_t)key);
    if (!columns->in_use[hole])
        return false;
    for (uint32_t at = after(columns, hole); columns->in_use[at]; at = after(columns, at)) {
        uint32_t home = home_of(columns, columns->keys[at]);
        bool stays = hole <= at ? hole < home && home <= at : hole < home || home <= at;
        if (stays)
            continue;
        columns->keys[hole] = columns->keys[at];
        columns->values[hole] = columns->values[at];
        hole = at;
    }
    columns->in_use[hole] = 0;
    columns->count--;
    return true;
}

static void destroy(void *table)
{
    unmake(table);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct columns *columns = table;
    return (struct shape){.address = columns->keys,
                          .others = {columns->values, columns->in_use},
                          .capacity = columns->room,
                          .live = columns->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
