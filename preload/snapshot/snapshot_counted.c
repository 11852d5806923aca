/*
 * The tables of a snapshot whose object counts the slots in use: see counted_slots.h.
 */
#include "counted_slots.h"
#include "own_hashes.h"
#include "snapshot_table.h"

#define ALIKE_OF 50u /* numbers are alike that differ by one in so many */

/* Where the entries that lie there tell as many, they tell more: which slots are marked, what lies
 * elsewhere. */
static void read_more(struct snapshot *snapshot, const struct live_array *array,
                      const struct block *block, struct static_reading *reading)
{
    const struct table_reading counted = reading->table;
    struct static_reading other = {.kind = DUMP_KIND_COMPACT};
    snapshot_prepare_own_hashes(snapshot, array);
    if (!static_rules_read(&snapshot->view, snapshot->static_pieces, block, STATIC_ALL_EFFORT, NULL,
                           &other) ||
        other.table.capacity != counted.capacity ||
        distance_between(other.table.live, counted.live) > counted.live / ALIKE_OF)
        return;
    *reading = other;
    reading->table.live = counted.live;
    reading->table.live_error = 0;
    reading->table.flags &= ~DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    reading->table.flags |= DUMP_TABLE_COUNTED;
    if (reading->table.growth_live == 0)
        reading->table.growth_live = counted.growth_live;
}

bool snapshot_counted_table(struct snapshot *snapshot, struct live_array *array)
{
    const struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct static_reading reading;
    if (!snapshot_make_pieces(snapshot) ||
        !counted_slots_find(&snapshot->view, snapshot->static_pieces, &block))
        return false;
    /* The arrays that are looked at afterwards have an allowance of their own. */
    snapshot_prepare_own_hashes(snapshot, array);
    if (snapshot->view.own_hashes)
        own_hashes_change(snapshot->view.own_hashes);
    bool is_table = counted_slots_read(snapshot->static_pieces, &reading);
    if (snapshot->view.own_hashes)
        own_hashes_change(snapshot->view.own_hashes);
    if (!is_table)
        return false;
    read_more(snapshot, array, &block, &reading);
    snapshot_add_static(snapshot, array, NULL, &reading);
    return true;
}
