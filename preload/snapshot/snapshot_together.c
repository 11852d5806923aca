/*
 * The other arrays of an unknown table: those that its object points at as well and that were
 * allocated in the same growth. An index has its entries, their hashes and their links beside it,
 * which hold most of its memory and were copied like vectors, so that no growth tells of them.
 */
#include "snapshot_table.h"

#include "tables.h"

/* How far from the pointer to the first array those to the others lie. */
#define REACH        64u
#define MOST_HOLDERS 8u
/* Arrays of all threads between two of one growth. */
#define MOST_BETWEEN 8
/* After a single growth what was made with the object lies between the old array and the new. */
#define LEAST_GROWTHS 2u

struct grown_together {
    const struct snapshot *snapshot;
    uint64_t capacity, outgrown;
    struct table_arrays *arrays;
    uint32_t table;
    enum dump_role role;
    bool is_over[2]; /* another table's array comes before, or behind */
};

/* Whether one object points at both. */
static bool are_of_one_object(const struct snapshot *snapshot, uint64_t first, uint64_t other)
{
    const struct block_index *blocks = snapshot->view.blocks;
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++) {
        uint64_t words[2 * REACH / 8 + 1];
        uint64_t holder = blocks->pointer_to(blocks, first, nth);
        if (holder == 0)
            return false;
        if (!layout_read(&snapshot->view, (holder & ~(uint64_t)7) - REACH, words, sizeof(words)))
            continue;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (words[i] == other)
                return true;
    }
    return false;
}

/* An array of the same call is that of the next table, or one of these. */
static bool is_of_a_new_place(const struct grown_together *together, const struct live_array *array)
{
    const struct registry *registry = together->snapshot->registry;
    const struct table_arrays *arrays = together->arrays;
    for (uint32_t i = 0; i < arrays->count; i++)
        if (arrays->list[i]->record.site == array->record.site)
            return false;
    return registry_same_caller(registry, arrays->list[0]->record.site, array->record.site);
}

/* The nearest come first, so that of two tables that grow in turn each gets its own. */
static bool add(const struct block *block, void *context)
{
    struct grown_together *together = context;
    const struct snapshot *snapshot = together->snapshot;
    const struct array_record *first = &together->arrays->list[0]->record;
    struct live_array *array = live_arrays_at(&snapshot->arrays, block->address);
    if (!array)
        return true;
    int64_t distance = (int64_t)(array->record.sequence - first->sequence);
    uint32_t table = tables_resolve(snapshot->registry, array->record.table);
    bool *is_over = &together->is_over[distance > 0];
    *is_over = *is_over || distance > MOST_BETWEEN || distance < -MOST_BETWEEN ||
               (table != 0 && table != together->table);
    if (*is_over || array->record.sequence <= together->outgrown || array->table != DUMP_NONE ||
        array->record.bytes < together->capacity || !is_of_a_new_place(together, array) ||
        !are_of_one_object(snapshot, first->address, block->address))
        return !(together->is_over[0] && together->is_over[1]);
    table_arrays_add(together->arrays, array, together->role);
    return together->arrays->count < TABLE_MAX_ARRAYS;
}

void snapshot_add_together(struct snapshot *snapshot, uint32_t table,
                           const struct table_record *record, const struct table_reading *reading,
                           struct table_arrays *arrays)
{
    const struct block_index *blocks = snapshot->view.blocks;
    struct grown_together together = {.snapshot = snapshot,
                                      .capacity = reading->capacity,
                                      .outgrown = record->outgrown,
                                      .arrays = arrays,
                                      .table = tables_resolve(snapshot->registry, table),
                                      .role = record->profile.is_indexed ? DUMP_ROLE_ENTRIES
                                                                         : DUMP_ROLE_METADATA};
    /* Beside a table that grows in the same calls the object points at the arrays of both. */
    if (record->growths >= LEAST_GROWTHS && record->apart[0] == 0 &&
        reading->known & DUMP_KNOWN_CAPACITY && arrays->count < TABLE_MAX_ARRAYS)
        blocks->neighbours(blocks, arrays->list[0]->record.address, add, &together);
}
