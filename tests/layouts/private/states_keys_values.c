/* A byte for each slot, then values of 24 bytes, then 4-byte keys, in one block on cache lines that
 * is filled with 0xee first. Quadratic probing; an erased slot keeps a mark and its bytes. */
#include "scenario.h"

#include <string.h>

enum { VACANT, ALIVE, BURIED };

struct payload {
    uint64_t value;
    uint64_t key; /* whole, the column has half of it */
    uint32_t stamp;
    uint32_t kind;
};

struct cabinet {
    uint32_t width;
    uint32_t alive;
    uint32_t buried;
    uint32_t clock;
    unsigned char *block;
};

static struct payload *payloads(const struct cabinet *c)
{
    return (struct payload *)(void *)(c->block + c->width);
}

static uint32_t *tags(const struct cabinet *c)
{
    return (uint32_t *)(void *)(payloads(c) + c->width);
}

static void furnish(struct cabinet *c, uint32_t width)
{
    void *block;
    size_t bytes = (size_t)width * (1 + sizeof(struct payload) + 4);
    if (posix_memalign(&block, 64, bytes) != 0)
        abort();
    memset(block, 0xee, bytes);
    memset(block, VACANT, width);
    c->block = block;
    c->width = width;
    c->alive = c->buried = 0;
}

static uint32_t scramble(uint64_t key)
{
    uint32_t a = (uint32_t)key, b = (uint32_t)(key >> 32);
    a = (a ^ a >> 16) * 0x7feb352du;
    a = (a ^ a >> 15 ^ b) * 0x846ca68bu;
    return a ^ a >> 16;
}

static void *create(void)
{
    struct cabinet *c = must(calloc(1, sizeof *c));
    furnish(c, 128);
    return c;
}

static bool seek(const struct cabinet *c, uint64_t key, uint32_t *at)
{
    uint32_t tag = scramble(key);
    for (uint32_t i = tag, step = 1;; i += step++) {
        i &= c->width - 1;
        if (c->block[i] == VACANT)
            return false;
        if (c->block[i] == ALIVE && tags(c)[i] == tag && payloads(c)[i].key == key) {
            *at = i;
            return true;
        }
    }
}

static void file_away(struct cabinet *c, const struct payload *payload)
{
    uint32_t tag = scramble(payload->key), i = tag & (c->width - 1), step = 1;
    while (c->block[i] == ALIVE)
        i = (i + step++) & (c->width - 1);
    c->buried -= c->block[i] == BURIED;
    c->block[i] = ALIVE;
    tags(c)[i] = tag;
    payloads(c)[i] = *payload;
    c->alive++;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cabinet *c = table;
    uint32_t at;
    if (seek(c, key, &at)) {
        payloads(c)[at].value = value;
        return;
    }
    if ((c->alive + c->buried) * 4ull >= c->width * 3ull) {
        struct cabinet old = *c;
        furnish(c, old.alive * 2 > old.width ? old.width * 2 : old.width);
        for (uint32_t i = 0; i < old.width; i++)
            if (old.block[i] == ALIVE)
                file_away(c, &payloads(&old)[i]);
        free(old.block);
    }
    struct payload payload = {.value = value, .key = key, .stamp = ++c->clock, .kind = 3};
    file_away(c, &payload);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    uint32_t at;
    if (!seek(table, key, &at))
        return false;
    *value = payloads(table)[at].value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct cabinet *c = table;
    uint32_t at;
    if (!seek(c, key, &at))
        return false;
    c->block[at] = BURIED;
    c->alive--;
    c->buried++;
    return true;
}

static void destroy(void *table)
{
    free(((struct cabinet *)table)->block);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct cabinet *c = table;
    return (struct shape){
        .address = c->block, .capacity = c->width, .live = c->alive, .tombstones = c->buried};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
