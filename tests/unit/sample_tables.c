/* See sample_tables.h. */
#include "sample_tables.h"

#include <stdlib.h>
#include <string.h>

#include "readable.h"

static void *allocate(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (!memory)
        abort();
    return memory;
}

static uint64_t mix(uint64_t key)
{
    return random_word(&key);
}

static unsigned char *slot_at(const struct sample_table *table, size_t slot)
{
    return table->slots + slot * table->slot_bytes;
}

size_t table_bytes(const struct sample_table *table)
{
    return table->capacity * table->slot_bytes;
}

uint64_t table_key(const struct sample_table *table, size_t slot)
{
    uint64_t key = 0;
    memcpy(&key, slot_at(table, slot), table->key_bytes);
    return key;
}

void table_make(struct sample_table *table, size_t capacity, size_t slot_bytes, size_t key_bytes,
                enum probing probing, uint64_t empty_key)
{
    *table = (struct sample_table){.slots = allocate(capacity, slot_bytes),
                                   .capacity = capacity,
                                   .slot_bytes = slot_bytes,
                                   .key_bytes = key_bytes,
                                   .empty_key = empty_key,
                                   .probing = probing};
    for (size_t i = 0; i < capacity; i++)
        memcpy(slot_at(table, i), &empty_key, key_bytes);
}

static size_t step_of(const struct sample_table *table, uint64_t hash, size_t tries)
{
    if (table->probing == PROBE_TRIANGULAR)
        return tries;
    return table->probing == PROBE_DOUBLE ? (hash >> 32) | 1 : 1;
}

static size_t distance_of(const struct sample_table *table, size_t slot)
{
    return (slot - mix(table_key(table, slot))) & (table->capacity - 1);
}

/* The value fills the slot: its words count up from `value`. */
static void fill(const struct sample_table *table, unsigned char *slot, uint64_t key,
                 uint64_t value)
{
    memcpy(slot, &key, table->key_bytes);
    for (size_t at = table->key_bytes; at < table->slot_bytes; at += table->key_bytes, value++)
        memcpy(slot + at, &value, table->key_bytes);
}

void table_insert(struct sample_table *table, uint64_t key, uint64_t value)
{
    unsigned char entry[512], other[512];
    uint64_t hash = mix(key);
    size_t mask = table->capacity - 1;
    size_t at = hash & mask, distance = 0;
    fill(table, entry, key, value);
    for (size_t tries = 1; table_key(table, at) != table->empty_key; tries++) {
        if (table->probing == PROBE_ROBIN_HOOD && distance_of(table, at) < distance) {
            memcpy(other, slot_at(table, at), table->slot_bytes);
            memcpy(slot_at(table, at), entry, table->slot_bytes);
            memcpy(entry, other, table->slot_bytes);
            key = 0;
            memcpy(&key, entry, table->key_bytes);
            distance = (at - mix(key)) & mask;
        }
        at = (at + step_of(table, hash, tries)) & mask;
        distance++;
    }
    memcpy(slot_at(table, at), entry, table->slot_bytes);
    table->live++;
}

void table_grow(const struct sample_table *table, struct sample_table *grown)
{
    table_make(grown, 2 * table->capacity, table->slot_bytes, table->key_bytes, table->probing,
               table->empty_key);
    for (size_t slot = 0; slot < table->capacity; slot++) {
        uint64_t value = 0;
        if (table_key(table, slot) == table->empty_key)
            continue;
        if (table->slot_bytes > table->key_bytes)
            memcpy(&value, slot_at(table, slot) + table->key_bytes, table->key_bytes);
        table_insert(grown, table_key(table, slot), value);
    }
}

void table_free(struct sample_table *table)
{
    free(table->slots);
    table->slots = NULL;
}

static void link_entries(struct sample_chains *chains)
{
    for (size_t i = 0; i < chains->live; i++) {
        struct sample_entry *entry = &chains->entries[i];
        struct sample_entry **bucket = &chains->buckets[mix(entry->key) & (chains->capacity - 1)];
        entry->next = *bucket;
        *bucket = entry;
    }
}

void chains_make(struct sample_chains *chains, size_t capacity, size_t live, uint64_t *random)
{
    *chains = (struct sample_chains){.buckets = allocate(capacity, sizeof(struct sample_entry *)),
                                     .capacity = capacity,
                                     .entries = allocate(live, sizeof(struct sample_entry)),
                                     .live = live};
    for (size_t i = 0; i < live; i++)
        chains->entries[i].key = random_word(random);
    link_entries(chains);
}

void chains_grow(struct sample_chains *chains, struct sample_chains *grown)
{
    *grown = *chains;
    grown->capacity = 2 * chains->capacity;
    grown->buckets = allocate(grown->capacity, sizeof(struct sample_entry *));
    chains->entries = NULL; /* they belong to the new array */
    link_entries(grown);
}

void chains_free(struct sample_chains *chains)
{
    free(chains->buckets);
    free(chains->entries);
}
