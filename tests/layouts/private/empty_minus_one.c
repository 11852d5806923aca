/* Empty is -1: slots are memset to 0xff, and erase closes the gap and puts -1 back. */
#include <string.h>

#include "scenario.h"

struct pair {
    int64_t key;
    int64_t value;
};

struct index {
    struct pair *pairs;
    unsigned bits;
    size_t count;
};

static struct pair *empty_pairs(unsigned bits)
{
    size_t bytes = sizeof(struct pair) << bits;
    return memset(must(malloc(bytes)), 0xff, bytes);
}

static size_t mask_of(const struct index *index)
{
    return ((size_t)1 << index->bits) - 1;
}

/* Fibonacci hashing: the high bits of the product (Knuth, TAOCP 3, 6.4). */
static size_t home_of(const struct index *index, int64_t key)
{
    return ((uint64_t)key * 0x9e3779b97f4a7c15u) >> (64 - index->bits);
}

static struct pair *seek(const struct index *index, int64_t key)
{
    size_t i = home_of(index, key);
    while (index->pairs[i].key != -1 && index->pairs[i].key != key)
        i = (i + 1) & mask_of(index);
    return &index->pairs[i];
}

static void *create(void)
{
    struct index *index = must(malloc(sizeof *index));
    *index = (struct index){.pairs = empty_pairs(5), .bits = 5};
    return index;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct index *index = table;
    if (index->count * 5 >= (mask_of(index) + 1) * 4) {
        struct index wide = {empty_pairs(index->bits + 1), index->bits + 1, index->count};
        for (size_t i = 0; i <= mask_of(index); i++) {
            if (index->pairs[i].key != -1)
                *seek(&wide, index->pairs[i].key) = index->pairs[i];
        }
        free(index->pairs);
        *index = wide;
    }
    struct pair *pair = seek(index, (int64_t)key);
    index->count += pair->key == -1;
    *pair = (struct pair){(int64_t)key, (int64_t)value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct pair *pair = seek(table, (int64_t)key);
    *value = (uint64_t)pair->value;
    return pair->key != -1;
}

static bool erase(void *table, uint64_t key)
{
    struct index *index = table;
    struct pair *gap = seek(index, (int64_t)key);
    if (gap->key == -1)
        return false;
    size_t mask = mask_of(index), hole = (size_t)(gap - index->pairs), i = hole;
    while (index->pairs[i = (i + 1) & mask].key != -1) {
        if (((i - home_of(index, index->pairs[i].key)) & mask) < ((i - hole) & mask))
            continue;
        index->pairs[hole] = index->pairs[i];
        hole = i;
    }
    memset(&index->pairs[hole], 0xff, sizeof(struct pair));
    index->count--;
    return true;
}

static void destroy(void *table)
{
    free(((struct index *)table)->pairs);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct index *index = table;
    return (struct shape){
        .address = index->pairs, .capacity = mask_of(index) + 1, .live = index->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 230000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
