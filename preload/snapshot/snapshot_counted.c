/*
 * The tables of a snapshot whose object counts the slots in use: see counted_slots.h.
 */
#include "counted_slots.h"
#include "own_hashes.h"
#include "snapshot_table.h"

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
    if (is_table)
        snapshot_add_static(snapshot, array, NULL, &reading);
    return is_table;
}
