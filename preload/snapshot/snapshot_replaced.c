/*
 * Tables whose last array was freed because a new one had taken its place, which the growths did
 * not show: entries were changed on the way, another thread rebuilt the table, or other blocks came
 * in between. The memory was not kept to the end, whatever the old array held. See
 * snapshot_table.h.
 */
#include "snapshot_table.h"

#include "tables.h"

/* A table is rebuilt in a moment: the new array is among the last blocks that were allocated before
 * the old one goes, or came so many milliseconds before, where other threads allocate meanwhile.
 * The clock does not tell by itself: a thread may have to wait in between until the machine has
 * served others (analyzer/judge/freed_at_end.c). It has milliseconds. */
#define REBUILD_BLOCKS 8u /* the arrays of one table */
#define WAIT_MS        1000u
#define WAIT_SHARE     5u
#define REBUILD_MS     50u
#define REBUILD_SHARE  50u
#define CLOCK_MS       2u
/* Only what went in the last part of the run may be reported as kept to its end: at least so long
 * before it, or a twentieth of the run (analyzer/judge/freed_at_end.c). Of the others a program may
 * have freed any number. */
#define END_MS    300u
#define END_SHARE 20u

static bool is_born_before_free(const struct array_record *array, const struct table_record *record)
{
    return array->born_ms >= record->birth_ms && array->born_ms <= record->freed_ms + CLOCK_MS;
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

/* So many milliseconds, or that share of the run, where it is more. */
static uint64_t at_least(const struct snapshot *snapshot, uint64_t ms, uint64_t share)
{
    return snapshot->at_ms / share > ms ? snapshot->at_ms / share : ms;
}

static uint64_t before(uint64_t ms, uint64_t duration)
{
    return ms > duration ? ms - duration : 0;
}

/* Whether the function that had allocated the array allocated another, as large or larger, a moment
 * before this one went. */
static bool came_again(const struct snapshot *snapshot, const struct table_record *record)
{
    uint64_t moment = at_least(snapshot, REBUILD_MS, REBUILD_SHARE);
    uint64_t wait = at_least(snapshot, WAIT_MS, WAIT_SHARE);
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
    uint64_t share = snapshot->at_ms / END_SHARE;
    if (record->freed_ms + (share > END_MS ? share : END_MS) < snapshot->at_ms)
        return false;
    return (header->growths > 0 && header->kind == HEADER_IN_OBJECT &&
            points_on(snapshot, record, header->place)) ||
           (scale->growths > 0 && scale->object == 0 &&
            points_on(snapshot, record, scale->place)) ||
           came_again(snapshot, record);
}
