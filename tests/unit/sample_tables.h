/*
 * Hash tables for the tests: the kinds that are found in programs, plainly written, so that the
 * truth about each array (slots, entries, deleted ones) is known.
 */
#ifndef HASHTRACK_TESTS_SAMPLE_TABLES_H
#define HASHTRACK_TESTS_SAMPLE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probing { PROBE_LINEAR, PROBE_TRIANGULAR, PROBE_DOUBLE, PROBE_ROBIN_HOOD };

/* An open-addressing table. A slot is a key of key_bytes (4 or 8) and a value that fills it up. */
struct sample_table {
    unsigned char *slots;
    size_t capacity; /* a power of two */
    size_t slot_bytes;
    size_t key_bytes;
    uint64_t empty_key;
    enum probing probing;
    size_t live;
};

void table_make(struct sample_table *table, size_t capacity, size_t slot_bytes, size_t key_bytes,
                enum probing probing, uint64_t empty_key);
void table_insert(struct sample_table *table, uint64_t key, uint64_t value);

/* The table after it grew: twice the slots, the same entries. */
void table_grow(const struct sample_table *table, struct sample_table *grown);

size_t table_bytes(const struct sample_table *table);
uint64_t table_key(const struct sample_table *table, size_t slot);
void table_free(struct sample_table *table);

/* A chained table: buckets that point at entries {next, key}. */
struct sample_entry {
    struct sample_entry *next;
    uint64_t key;
};

struct sample_chains {
    struct sample_entry **buckets;
    size_t capacity;
    struct sample_entry *entries;
    size_t live;
};

void chains_make(struct sample_chains *chains, size_t capacity, size_t live, uint64_t *random);
/* The same entries, relinked into twice the buckets. */
void chains_grow(struct sample_chains *chains, struct sample_chains *grown);
void chains_free(struct sample_chains *chains);

#endif
