/* 2^n slots of 40 bytes in blocks of a buddy allocator: 64 * 2^n bytes, cleared, of which more than
 * a third lies behind the last slot. The object's numbers stand before the pointer; a hash of 0
 * marks the free slot. */
#include "scenario.h"

#include <string.h>

typedef uint64_t word;

struct row {
    word hash, key, value, first_seen, last_seen;
};

struct sheet {
    word rows_log2;
    word rows_used;
    struct row *rows;
};

static word digest(word key)
{
    word h = 0xcbf29ce484222325u;
    for (int i = 0; i < 8; i++, key >>= 8)
        h = (h ^ (key & 0xff)) * 0x100000001b3u;
    return h ^ h >> 32 ? h ^ h >> 32 : 1;
}

static struct row *buddy(word log2)
{
    return memset(must(aligned_alloc(4096, (size_t)64 << log2)), 0, (size_t)64 << log2);
}

static void *create(void)
{
    struct sheet *s = must(malloc(sizeof *s));
    *s = (struct sheet){.rows_log2 = 6, .rows = buddy(6)};
    return s;
}

static struct row *seek(const struct sheet *s, word key, word hash)
{
    word mask = ((word)1 << s->rows_log2) - 1, at = hash & mask;
    while (s->rows[at].hash != 0 && (s->rows[at].hash != hash || s->rows[at].key != key))
        at = (at + 1) & mask;
    return &s->rows[at];
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct sheet *s = table;
    struct row *row = seek(s, key, digest(key));
    if (row->hash == 0 && s->rows_used * 2 >= (word)1 << s->rows_log2) {
        struct sheet wider = {.rows_log2 = s->rows_log2 + 1, .rows = buddy(s->rows_log2 + 1)};
        for (word i = 0; i < (word)1 << s->rows_log2; i++)
            if (s->rows[i].hash != 0)
                *seek(&wider, s->rows[i].key, s->rows[i].hash) = s->rows[i];
        wider.rows_used = s->rows_used;
        free(s->rows);
        *s = wider;
        row = seek(s, key, digest(key));
    }
    s->rows_used += row->hash == 0;
    *row = (struct row){digest(key), key, value, s->rows_used, s->rows_used};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct row *row = seek(table, key, digest(key));
    *value = row->value;
    return row->hash != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct sheet *s = table;
    word mask = ((word)1 << s->rows_log2) - 1;
    struct row *row = seek(s, key, digest(key));
    if (row->hash == 0)
        return false;
    word hole = (word)(row - s->rows);
    for (word at = (hole + 1) & mask; s->rows[at].hash != 0; at = (at + 1) & mask)
        if (((at - s->rows[at].hash) & mask) >= ((at - hole) & mask)) {
            s->rows[hole] = s->rows[at];
            hole = at;
        }
    memset(&s->rows[hole], 0, sizeof s->rows[hole]);
    s->rows_used--;
    return true;
}

static void destroy(void *table)
{
    free(((struct sheet *)table)->rows);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct sheet *s = table;
    return (struct shape){
        .address = s->rows, .capacity = (uint64_t)1 << s->rows_log2, .live = s->rows_used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
