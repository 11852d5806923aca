/*
 * A hash table as one finds it in many a private code base: open addressing, linear probing,
 * numbers as keys, values of one size inside the slots. It grows when it is three quarters full
 * and, like nearly all of its kind, never shrinks.
 */
#ifndef EXAMPLES_TABLE_H
#define EXAMPLES_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
    unsigned char *slots; /* each a key and a value; key 0 marks an empty slot */
    size_t slot_count;    /* a power of two */
    size_t value_bytes;
    size_t live;
};

/* An empty table for values of `value_bytes` bytes, a multiple of 8; it allocates nothing yet. */
struct table table_new(size_t value_bytes);

/* Room for the value of `key`, zeroed when the key is new; NULL when memory is out. Valid until the
 * next table_put or table_remove. Keys start at 1. */
void *table_put(struct table *table, uint64_t key);

/* The value of `key` or NULL. */
void *table_get(const struct table *table, uint64_t key);

void table_remove(struct table *table, uint64_t key);

/* Rebuilds the table at the size that its entries need. Returns 0, or -1 when memory is out, in
 * which case the table is as it was. */
int table_recreate(struct table *table);

void table_free(struct table *table);

#endif
