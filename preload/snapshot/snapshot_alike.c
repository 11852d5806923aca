/*
 * Many small tables: of those that grew from one call stack a few were studied (small_studies.h),
 * and how their slots look holds for the others, too. See snapshot_table.h.
 *
 * What a rehash allocates is a table's array, every time. So arrays of the call stack that were not
 * seen growing, because not each growth of small arrays is looked at, are tables as well.
 */
#include "snapshot_table.h"

#include "occupancy.h"
#include "slot_kinds.h"
#include "table_header.h"
#include "tables.h"

#define MOST_SITES 256u /* each was studied sixteen times, which took milliseconds */
/* So many of a site's tables must have been found alike before it tells of others; and of arrays
 * that belong to no table. */
#define LEAST_ALIKE        3u
#define LEAST_ALIKE_OTHERS 8u

struct alike {
    uint32_t tables, agreeing;
    struct slot_profile profile;
    struct header_profile header; /* of one of them that has its numbers in an object */
};

static struct alike *alike_of(const struct snapshot *snapshot, uint32_t site)
{
    const uint32_t *numbers = (const uint32_t *)(const void *)snapshot->alike_numbers.memory;
    struct alike *all = (struct alike *)(void *)snapshot->alike.memory;
    if (site == 0 || site >= snapshot->alike_numbers.used / sizeof(*numbers) || numbers[site] == 0)
        return NULL;
    return &all[numbers[site] - 1];
}

static struct alike *add_site(struct snapshot *snapshot, uint32_t site)
{
    uint32_t *numbers = (uint32_t *)(void *)snapshot->alike_numbers.memory;
    struct alike alike = {0};
    size_t count = snapshot->alike.used / sizeof(alike);
    if (site == 0 || site >= snapshot->alike_numbers.used / sizeof(*numbers) ||
        count >= MOST_SITES || buffer_append(&snapshot->alike, &alike, sizeof(alike)) == SIZE_MAX)
        return NULL;
    numbers[site] = (uint32_t)count + 1;
    return alike_of(snapshot, site);
}

static bool looks_alike(const struct slot_profile *a, const struct slot_profile *b)
{
    return a->slot_bytes == b->slot_bytes && a->header_bytes == b->header_bytes &&
           a->column == b->column && a->column_bytes == b->column_bytes &&
           a->empty_value == b->empty_value && a->mark == b->mark &&
           (a->index_ppm != 0) == (b->index_ppm != 0);
}

/* Whether other tables have their numbers at such a place, too. */
static bool holds_for_others(const struct header_profile *header)
{
    return header->kind == HEADER_IN_ARRAY ||
           (header->kind == HEADER_IN_OBJECT && header->target == 0);
}

static void note(struct snapshot *snapshot, uint32_t site, const struct table_record *record)
{
    const struct slot_profile *profile = &record->profile;
    struct alike *alike = alike_of(snapshot, site);
    if (!alike)
        alike = add_site(snapshot, site);
    if (!alike)
        return;
    alike->tables++;
    bool is_of_parts = alike->profile.is_of_parts || profile->is_of_parts;
    if (alike->agreeing == 0) {
        alike->profile = *profile;
        alike->agreeing = 1;
    } else if (looks_alike(&alike->profile, profile)) {
        alike->agreeing++;
        if (alike->header.growths < record->header.growths && holds_for_others(&record->header))
            alike->header = record->header;
        if (!alike->profile.is_chained && profile->is_chained)
            alike->profile = *profile; /* where so few hang behind others, few chains were found */
    } else {
        alike->agreeing--; /* by majority (Boyer and Moore) */
    }
    if (looks_alike(&alike->profile, profile))
        alike->profile.is_of_parts = is_of_parts;
}

/* The live array of the table that came last from a growth. */
static const struct live_array *array_of(const struct snapshot *snapshot,
                                         const struct table_record *record)
{
    for (uint32_t i = 0; i < TABLE_MAX_ARRAYS; i++) {
        if (!pool_has(&snapshot->registry->arrays, record->arrays[i].index))
            continue;
        const struct array_record *array =
            pool_at(&snapshot->registry->arrays, record->arrays[i].index);
        const struct live_array *live = live_arrays_at(&snapshot->arrays, array->address);
        if (live && (uint32_t)live->record.sequence == record->arrays[i].sequence &&
            live->table == DUMP_NONE)
            return live;
    }
    return NULL;
}

void snapshot_alike_learn(struct snapshot *snapshot)
{
    size_t bytes = (size_t)atomic_load(&snapshot->registry->sites.count) * sizeof(uint32_t);
    if (!buffer_reserve(&snapshot->alike_numbers, bytes))
        return;
    snapshot->alike_numbers.used = bytes; /* fresh memory: zero */
    uint32_t tables = atomic_load(&snapshot->registry->tables.count);
    for (uint32_t index = 1; index < tables; index++) {
        struct table_record record;
        if (!tables_get(snapshot->registry, index, &record) || record.merged_into != 0 ||
            record.flags & (TABLE_DOUBTFUL | TABLE_FREED) || record.layout != 0 ||
            record.profile.slot_bytes == 0 || record.profile.states_sequence != 0)
            continue;
        const struct live_array *array = array_of(snapshot, &record);
        if (array && array->record.bytes < SNAPSHOT_MOST_ALIKE &&
            !snapshot_recognise(snapshot, array))
            note(snapshot, array->record.site, &record);
    }
}

static bool is_enough(const struct alike *alike, uint32_t least)
{
    return alike && alike->agreeing >= least && alike->agreeing * 5 >= alike->tables * 3;
}

#define MOST_OBJECTS 4u /* that may point at one array */

/* What the table's own object says, if it keeps its numbers where others do. */
static bool read_object(struct snapshot *snapshot, const struct alike *alike,
                        const struct live_array *array, struct table_reading *reading)
{
    const struct block_index *blocks = snapshot->view.blocks;
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct header_profile header = alike->header;
    header.array_sequence = (uint32_t)array->record.sequence;
    if (header.growths > 0 && header.kind == HEADER_IN_ARRAY)
        return header_read(&snapshot->view, &block, &header, reading);
    for (unsigned nth = 0; header.growths > 0 && nth < MOST_OBJECTS; nth++) {
        header.place = blocks->pointer_to(blocks, block.address, nth);
        if (header.place == 0)
            return false;
        if (header_read(&snapshot->view, &block, &header, reading))
            return true;
    }
    return false;
}

static bool read_alike(struct snapshot *snapshot, const struct alike *alike,
                       const struct live_array *array, struct table_reading *out)
{
    static const struct header_profile unknown_header;
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    *out = (struct table_reading){0};
    if (!occupancy_read(&snapshot->view, &block, &alike->profile, 0, out))
        return false;
    if (!read_object(snapshot, alike, array, out))
        snapshot_read_header(snapshot, &unknown_header, &alike->profile, array, out);
    return out->known & DUMP_KNOWN_LIVE && !slot_kinds_are_counted(&alike->profile, out);
}

const struct slot_profile *snapshot_alike_read(struct snapshot *snapshot,
                                               const struct live_array *array,
                                               struct table_reading *out)
{
    const struct alike *alike = alike_of(snapshot, array->record.site);
    return array->record.bytes < SNAPSHOT_MOST_ALIKE && is_enough(alike, LEAST_ALIKE) &&
                   read_alike(snapshot, alike, array, out)
               ? &alike->profile
               : NULL;
}

void snapshot_alike_tables(struct snapshot *snapshot)
{
    if (snapshot->alike.used == 0)
        return;
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        struct live_array *array = &snapshot->arrays.arrays[i];
        struct table_reading reading;
        const struct alike *alike = alike_of(snapshot, array->record.site);
        if (array->table != DUMP_NONE || array->record.bytes < SNAPSHOT_LEAST_BYTES ||
            array->record.bytes >= SNAPSHOT_MOST_ALIKE || !is_enough(alike, LEAST_ALIKE_OTHERS) ||
            tables_resolve(snapshot->registry, array->record.table) != 0 ||
            snapshot_recognise(snapshot, array))
            continue;
        cached_reader_start(&snapshot->words, snapshot->reader.pid);
        if (read_alike(snapshot, alike, array, &reading))
            snapshot_add_unknown(snapshot, array, &reading, snapshot_kind_of(&alike->profile),
                                 alike->profile.is_chained ? DUMP_ROLE_BUCKETS : DUMP_ROLE_SLOTS);
    }
}
