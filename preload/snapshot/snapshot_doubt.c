/*
 * Doubting a count of slots that nothing but one of their columns bears out, and arrays that look
 * like a table's by their numbers alone. See snapshot_table.h.
 */
#include "snapshot_table.h"

#include "inverse_numbers.h"
#include "slot_columns.h"

#define LEAST_LOAD_PPM 125000u /* of the limits at which tables grow */

#define MOST_GROWTHS 64u

/* Whether the table grew because of its deleted slots: it had few entries the last time that they
 * could be counted at a growth. */
static bool grew_by_deleted(const struct snapshot *snapshot, const struct table_record *record)
{
    const struct pool *growths = &snapshot->registry->growths;
    uint32_t nth = record->last_growth;
    for (unsigned i = 0; i < MOST_GROWTHS && nth != 0 && pool_has(growths, nth); i++) {
        const struct growth_record *growth = pool_at(growths, nth);
        if (growth->occupied_ppm > 0)
            return growth->occupied_ppm < LEAST_LOAD_PPM;
        nth = growth->previous;
    }
    return false;
}

void snapshot_doubt_columns(const struct snapshot *snapshot, const struct table_record *record,
                            const struct slot_columns *columns, struct table_reading *reading)
{
    bool is_few = reading->live * 2 + SNAPSHOT_COLUMNS_FEW < columns->most;
    bool is_many = columns->fewest * 2 + SNAPSHOT_COLUMNS_FEW < reading->live;
    if (reading->flags & DUMP_TABLE_COUNTED || (!is_few && !is_many) ||
        grew_by_deleted(snapshot, record))
        return;
    if (is_few) {
        reading->live = columns->most;
        reading->known &= ~DUMP_KNOWN_TOMBSTONES;
    }
    reading->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    reading->confidence_ppm = SNAPSHOT_DOUBTFUL_PPM;
}

bool snapshot_are_inverse(const struct snapshot *snapshot, const struct table_arrays *arrays,
                          const struct slot_profile *profile)
{
    for (uint32_t i = 1; i < arrays->count && profile->slot_bytes == profile->column_bytes; i++)
        for (uint32_t other = 0; other < i; other++) {
            struct block one = {arrays->list[i]->record.address, arrays->list[i]->record.bytes};
            struct block two = {arrays->list[other]->record.address,
                                arrays->list[other]->record.bytes};
            if (are_inverse_numbers(&snapshot->view, &one, &two, profile->slot_bytes))
                return true;
        }
    return false;
}
