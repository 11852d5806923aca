/*
 * Tables whose last array was freed because a new one had taken its place, which the growths did
 * not show: entries were changed on the way, another thread rebuilt the table, or other blocks came
 * in between. The memory was not kept to the end, whatever the old array held. See
 * snapshot_table.h.
 */
#include "snapshot_table.h"

#include "rebuild_moment.h"
#include "tables.h"

static bool is_born_before_free(const struct array_record *array, const struct table_record *record)
{
    return array->born_ms >= record->birth_ms &&
           array->born_ms <= record->freed_ms + REBUILD_CLOCK_MS;
}

/* Whether the table's object, which does not lie on a stack, points at another array by now. */
static bool points_on(const struct snapshot *snapshot, const struct table_record *record,
                      uint64_t place)
{
    uint64_t pointer;
    if (place == 0 || !layout_read_u64(&snapshot->view, place, &pointer))
        return false;
    const struct live_array *array = live_arrays_around(&snapshot->arrays, pointer);
    return array && is_born_before_free(&array->record, record);
}

/* Whether the array belongs to a table that had grown before, beside the one that was freed. */
static bool is_of_another(const struct snapshot *snapshot, const struct array_record *array,
                          uint64_t since_ms)
{
    struct table_record other;
    uint32_t table = tables_resolve(snapshot->registry, array->table);
    return table != 0 && tables_get(snapshot->registry, table, &other) && other.birth_ms < since_ms;
}

static uint64_t before(uint64_t ms, uint64_t duration)
{
    return ms > duration ? ms - duration : 0;
}

/* Whether the function that had allocated the array allocated another, as large or larger, a moment
 * before this one went. */
static bool came_again(const struct snapshot *snapshot, const struct table_record *record)
{
    uint64_t moment = rebuild_moment_ms(snapshot->at_ms);
    uint64_t wait = rebuild_wait_ms(snapshot->at_ms);
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        const struct array_record *array = &snapshot->arrays.arrays[i].record;
        bool is_last = array->sequence <= record->freed_sequence &&
                       record->freed_sequence - array->sequence < REBUILD_BLOCKS;
        uint64_t since_ms = before(record->freed_ms, is_last ? wait : moment);
        if (array->bytes >= record->freed_bytes &&
            registry_same_inner(snapshot->registry, array->site, record->freed_site) &&
            is_born_before_free(array, record) && array->born_ms >= since_ms &&
            !is_of_another(snapshot, array, since_ms))
            return true;
    }
    return false;
}

bool snapshot_is_replaced(const struct snapshot *snapshot, const struct table_record *record)
{
    const struct header_profile *header = &record->header;
    const struct scale_profile *scale = &record->scale;
    /* Only what went at the end may be reported as kept to it. Of the others a program may have
     * freed any number. */
    uint64_t end_ms = at_least_of_run(snapshot->at_ms, RUN_END_MS, RUN_END_SHARE);
    if (record->freed_ms + end_ms < snapshot->at_ms)
        return false;
    return (header->growths > 0 && header->kind == HEADER_IN_OBJECT &&
            points_on(snapshot, record, header->place)) ||
           (scale->growths > 0 && scale->object == 0 &&
            points_on(snapshot, record, scale->place)) ||
           came_again(snapshot, record);
}
