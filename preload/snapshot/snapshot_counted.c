/*
 * The tables of a snapshot whose object counts the slots in use: see counted_slots.h.
 */
#include "counted_slots.h"
#include "own_hashes.h"
#include "snapshot_table.h"

/* Whether all of its arrays are still nobody's. */
static bool is_free(const struct snapshot *snapshot, const struct table_reading *table)
{
    for (uint32_t i = 0; i < table->array_count; i++) {
        const struct live_array *array =
            live_arrays_at(&snapshot->arrays, table->arrays[i].address);
        if (array && array->table != DUMP_NONE)
            return false;
    }
    return true;
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
    if (!is_table || !is_free(snapshot, &reading.table))
        return false;
    snapshot_add_static(snapshot, array, NULL, &reading);
    return true;
}
