/*
 * The reading of a table that is cleared: see growth_cleared.h.
 *
 * A table is read no more often than its program would notice beside what it does with it: one that
 * is cleared for every request is not read each time. An array that nobody saw growing may be one
 * that was made for more than came: those of a call stack of which none was are hardly asked.
 */
#include "growth_cleared.h"

#include "growth_elsewhere.h"
#include "growth_last_reading.h"
#include "growth_moved_small.h"
#include "look_rate.h"
#include "scratch.h"
#include "tables.h"

/* Reading an array takes about as long as filling it, 0.2 ms a MiB: a fiftieth of the time from
 * one reading to the next, if that is a millisecond for so many bytes. */
#define BYTES_A_MS (100u * 1024)

static bool is_due(const struct registry *registry, const struct table_record *record,
                   const struct array_record *array)
{
    return record->cleared_sequence != (uint32_t)array->sequence ||
           registry_now(registry) >= record->cleared_ms + array->bytes / BYTES_A_MS;
}

static bool was_rebuilt(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, const struct last_reading *last)
{
    return growth_elsewhere(registry, scratch, array, &last->reading) == ELSEWHERE_YES ||
           growth_moved_small(registry, scratch, array, last->layout, &last->reading);
}

static bool is_worth_it(struct registry *registry, const struct table_record *record,
                        const struct array_record *array, uint32_t table)
{
    return table != 0 ? is_due(registry, record, array)
                      : look_rate_allows_rarely(growth_held_looks(registry, array, MOMENT_CLEARED));
}

void growth_clearing(struct registry *registry, uint32_t index, const struct array_record *array,
                     uint64_t bytes)
{
    uint32_t table = tables_resolve(registry, array->table);
    struct table_record record = {0};
    struct last_reading last = {.read = DUMP_READ_NONE};
    if (bytes < array->bytes / 2 || array->bytes < GROWTH_CLEARED_LEAST ||
        (table != 0 && (!tables_get(registry, table, &record) || record.flags & TABLE_FREED)))
        return;
    struct scratch *scratch = is_worth_it(registry, &record, array, table) ? scratch_take() : NULL;
    if (scratch) {
        scratch_rely_on(scratch, array, true);
        scratch->view.likely = record.layout != 0 ? all_layouts[record.layout - 1] : NULL;
        growth_read_last(registry, scratch, array, table, MOMENT_CLEARED, &record, &last);
        bool is_hollow =
            last.read != DUMP_READ_NONE && growth_was_hollow(&last.reading, array->bytes);
        if (is_hollow && was_rebuilt(registry, scratch, array, &last))
            last.read = DUMP_READ_NONE;
        else if (is_hollow && table == 0 && last.layout)
            table = tables_adopt(registry, index, array);
        scratch_return(scratch);
    }
    if (table != 0)
        tables_set_cleared(registry, table, array, &last.reading,
                           last.layout ? tables_layout_number(last.layout) : record.layout,
                           last.read);
}
