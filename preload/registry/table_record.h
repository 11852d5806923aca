/*
 * A table's record, found and locked: for tables.c and tables_learnt.c.
 */
#ifndef HASHTRACK_TABLE_RECORD_H
#define HASHTRACK_TABLE_RECORD_H

#include "registry.h"

static inline struct table_record *table_at(const struct registry *registry, uint32_t table)
{
    return pool_at(&registry->tables, table);
}

static inline bool take_lock(struct registry *registry)
{
    if (lock_take(&registry->tables_lock))
        return true;
    registry_lock_failed(registry);
    return false;
}

/* The table's record, locked; NULL when there is no such table or the lock was not to be had. */
static inline struct table_record *lock_table(struct registry *registry, uint32_t table)
{
    if (!pool_has(&registry->tables, table) || !take_lock(registry))
        return NULL;
    struct table_record *record = table_at(registry, table);
    if (!(record->flags & TABLE_UNUSED))
        return record;
    lock_release(&registry->tables_lock);
    return NULL;
}

static inline struct table_array *find_array(struct table_record *table, uint32_t sequence)
{
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        if (table->arrays[i].index != 0 && table->arrays[i].sequence == sequence)
            return &table->arrays[i];
    return NULL;
}

static inline bool has_apart(const struct table_record *table, uint64_t number)
{
    for (unsigned i = 0; i < TABLE_MOST_APART; i++)
        if (number != 0 && table->apart[i] == number)
            return true;
    return false;
}

static inline void add_apart(struct table_record *table, uint64_t number)
{
    if (number == 0 || number == table->number || has_apart(table, number))
        return;
    for (unsigned i = TABLE_MOST_APART - 1; i > 0; i--)
        table->apart[i] = table->apart[i - 1];
    table->apart[0] = number;
}

/* Puts the array into an empty place, unless it has one. One too many is left out, but its record
 * goes on naming the table, whose record must not become another table's then. */

#endif
