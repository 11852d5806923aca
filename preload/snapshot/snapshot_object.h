/*
 * What the object of an unknown table says, and which arrays belong to it: parts of the reading of
 * snapshot_unknown.c.
 */
#ifndef HASHTRACK_SNAPSHOT_OBJECT_H
#define HASHTRACK_SNAPSHOT_OBJECT_H

#include "slot_columns.h"
#include "snapshot_table.h"
#include "tables.h"
#include "twins.h"

static inline struct block block_of(const struct live_array *array)
{
    return (struct block){.address = array->record.address, .bytes = array->record.bytes};
}

/* Forgets where the table's object was if that was in a frame of the thread that makes the snapshot
 * which is not there any more. */
void snapshot_leave_dead_places(const struct snapshot *snapshot, struct table_record *record);

/* The tables of the snapshot, for telling those side by side apart. */
struct twin_view snapshot_twin_view(struct snapshot *snapshot);

/* A count that agrees with the column that shows the fewest live slots has two witnesses. */
bool snapshot_read_fewest(struct snapshot *snapshot, const struct table_record *record,
                          struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                          const struct slot_columns *columns, struct table_reading *reading);

/* The count that the object tells. Where a column of the slots shows far fewer live ones it
 * includes deleted entries, if hardly anything is left of those; else it is the most that there can
 * be: whether the words that have become the same were keys or values is not known. True where
 * something is known now. */
bool snapshot_read_object(struct snapshot *snapshot, const struct table_record *record,
                          struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                          const struct slot_columns *columns, bool is_read,
                          struct table_reading *reading);

/* Arrays that the same object points at, with something for each slot in them: values beside keys,
 * entries beside an index of them. Not one that was seen to be a table itself, nor one of the same
 * call, which is that of the next object in an array of them, nor one that did not grow along. */
void snapshot_add_siblings(struct snapshot *snapshot, const struct twin_view *twins, uint32_t index,
                           const struct table_record *record, const struct table_reading *reading,
                           struct table_arrays *arrays);

#endif
