/*
 * The tables of a snapshot that no layout recognises and that are known from their growths alone:
 * what their slots and their own object show. See snapshot_table.h.
 */
#include "snapshot_object.h"

#include "bucket_shape.h"
#include "flag_regions.h"
#include "linked_cells.h"
#include "linked_slots.h"
#include "named_end.h"
#include "occupancy.h"
#include "slot_columns.h"
#include "slot_kinds.h"
#include "slot_profile.h"
#include "spilled_slots.h"
#include "vector_counts.h"

/* The live array behind a table's slot, unless it was given to another table. */
static struct live_array *array_of(struct snapshot *snapshot, const struct table_array *slot)
{
    if (!pool_has(&snapshot->registry->arrays, slot->index))
        return NULL;
    const struct array_record *record = pool_at(&snapshot->registry->arrays, slot->index);
    struct live_array *array = live_arrays_at(&snapshot->arrays, record->address);
    return array && (uint32_t)array->record.sequence == slot->sequence && array->table == DUMP_NONE
               ? array
               : NULL;
}

/* The live arrays of the table, first the one whose slots were studied. */
static uint32_t collect_arrays(struct snapshot *snapshot, const struct table_record *record,
                               struct live_array *arrays[TABLE_MAX_ARRAYS])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct live_array *array = array_of(snapshot, &record->arrays[i]);
        if (!array)
            continue;
        arrays[count] = array;
        if (record->arrays[i].sequence == record->profile.array_sequence) {
            arrays[count] = arrays[0];
            arrays[0] = array;
        }
        count++;
    }
    return count;
}

/* Halves of one table fill together, though the one that is tried first may be some times as full.
 * Much fuller than that, and not hollow itself, is an array of another table that has grown in the
 * same calls and was taken for a part of this one. */
#define MOST_TIMES_FULLER 8u
#define LEAST_FULL_PART   8u

static bool are_of_two_tables(const struct table_reading *one, const struct table_reading *other)
{
    uint64_t less = one->live < other->live ? one->live : other->live;
    uint64_t more = one->live < other->live ? other->live : one->live;
    return more / MOST_TIMES_FULLER > less && more * LEAST_FULL_PART > one->capacity;
}

/* Adds the table's other arrays to the reading of the first, and tells their roles. Returns how
 * many are left: those that are no part of it are taken out. */
static uint32_t read_arrays(struct snapshot *snapshot, const struct table_record *record,
                            struct live_array **arrays, uint32_t count,
                            struct table_reading *reading, enum dump_role *roles)
{
    const struct table_reading of_first = *reading;
    struct block first = block_of(arrays[0]);
    uint32_t kept = 1;
    roles[0] = record->profile.is_chained ? DUMP_ROLE_BUCKETS : DUMP_ROLE_SLOTS;
    for (uint32_t i = 1; i < count; i++) {
        struct block block = block_of(arrays[i]);
        struct table_reading both = of_first, other;
        roles[kept] = DUMP_ROLE_METADATA;
        if (occupancy_read_more(&snapshot->view, &first, &block, &record->profile, &both)) {
            other = both;
            other.live -= of_first.live;
            if (are_of_two_tables(&of_first, &other))
                continue;
            occupancy_read_more(&snapshot->view, &first, &block, &record->profile, reading);
            roles[kept] = roles[0];
        }
        arrays[kept++] = arrays[i];
    }
    return kept;
}

/* What the flags of its slots and its object both say. They did so at each growth: any other number
 * that seems to be the count lies somewhere by chance. */
static bool read_flags(const struct snapshot *snapshot, const struct table_record *record,
                       struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                       struct table_reading *reading)
{
    for (uint32_t i = 0; i < count; i++) {
        struct live_array *array = arrays[i];
        struct block block = block_of(array);
        struct table_reading of_first = *reading, none = {0};
        struct table_reading *said = i == 0 ? &of_first : &none;
        if (!flag_regions_read(&snapshot->view, &block, (uint32_t)array->record.sequence,
                               &record->regions, said))
            continue;
        *reading = *said;
        arrays[i] = arrays[0];
        arrays[0] = array;
        return true;
    }
    return false;
}

/* What is known of an unknown table, and by what. */
struct unknown {
    struct table_reading reading;
    struct block block; /* the array that the reading is of */
    const struct slot_profile *profile;
    bool is_read, has_buckets;
    bool is_alone;     /* all of the table is in that array */
    bool is_otherwise; /* its slots are not those that were learnt at its growths */
};

/* What its slots say, and the flags of its slots, and its object: the one that two of them bear out
 * first. */
static void read_studied(struct snapshot *snapshot, const struct table_record *record,
                         struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t *number,
                         enum dump_role *roles, struct unknown *out)
{
    struct table_reading *reading = &out->reading;
    uint32_t count = *number;
    struct block block = block_of(arrays[0]);
    struct slot_columns columns;
    uint64_t states = 0;
    for (uint32_t i = 1; i < count; i++)
        if ((uint32_t)arrays[i]->record.sequence == record->profile.states_sequence)
            states = arrays[i]->record.address;
    out->is_read = (uint32_t)arrays[0]->record.sequence == record->profile.array_sequence &&
                   occupancy_read(&snapshot->view, &block, &record->profile, states, reading);
    bool has_columns = out->is_read && slot_columns_read(&snapshot->view, &block, &record->profile,
                                                         reading->live, &columns);
    if (out->is_read) {
        uint64_t of_one = reading->capacity;
        count = *number = read_arrays(snapshot, record, arrays, count, reading, roles);
        has_columns = has_columns && reading->capacity == of_one;
    }
    bool is_by_flags = read_flags(snapshot, record, arrays, count, reading);
    if (is_by_flags ||
        (has_columns && snapshot_read_fewest(snapshot, record, arrays, count, &columns, reading)) ||
        snapshot_read_object(snapshot, record, arrays, count, has_columns ? &columns : NULL,
                             out->is_read, reading))
        out->is_read = true;
    out->block = block_of(arrays[0]);
    out->has_buckets = !is_by_flags;
}

/* Growths in a row that looked like a layout's, before its reading is believed without the object.
 */
#define VOUCHES_PROVE 2u
#define VOUCHED_PPM   900000u

/* A table of the program's own that is laid out as a known one is: its arrays look the same and its
 * object does not. At its growths, where nobody looks for objects, its slots were read by that
 * layout, and so they are here. */
static bool read_vouched(const struct snapshot *snapshot, const struct table_record *record,
                         struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                         struct table_reading *reading)
{
    struct layout_view view = snapshot->view;
    if (record->vouched == 0 || record->vouches < VOUCHES_PROVE)
        return false;
    view.is_hurried = true;
    view.blocks = NULL; /* nor is anything else asked for */
    for (uint32_t i = 0; i < count; i++) {
        struct table_reading said = {0};
        struct live_array *array = arrays[i];
        struct block block = block_of(array);
        if (!layout_asked(&view, &block, all_layouts[record->vouched - 1], &said) ||
            !(said.known & DUMP_KNOWN_LIVE) || said.arrays[0].address != block.address)
            continue;
        said.array_count = 0;
        if (said.confidence_ppm > VOUCHED_PPM)
            said.confidence_ppm = VOUCHED_PPM;
        *reading = said;
        arrays[i] = arrays[0];
        arrays[0] = array;
        return true;
    }
    return false;
}

#define LINKED_PPM 800000u

/* Records that are linked within their array. */
static bool read_linked(struct snapshot *snapshot, const struct table_record *record,
                        const struct live_array *array, struct unknown *out)
{
    static const struct slot_profile plain;
    struct table_reading reading;
    struct block block = block_of(array);
    if (!linked_slots_read(&snapshot->view, &block, &reading))
        return false;
    reading.confidence_ppm = LINKED_PPM;
    snapshot_read_header(snapshot, &record->header, &plain, array, &reading);
    out->reading = reading;
    out->profile = &plain;
    out->block = block;
    out->is_read = out->is_otherwise = true;
    out->has_buckets = false;
    return true;
}

/* Cells and a cellar: where the object counts as many entries as the links of its heads lead to.
 * What it counted before may be the heads. */
static bool read_cells(struct snapshot *snapshot, const struct live_array *array,
                       struct unknown *out)
{
    static const struct slot_profile plain;
    static const struct header_profile none;
    struct table_reading reading;
    struct block block = block_of(array);
    if (!linked_cells_read(&snapshot->view, &block, &reading))
        return false;
    const uint64_t live = reading.live;
    reading.confidence_ppm = LINKED_PPM;
    snapshot_read_header(snapshot, &none, &plain, array, &reading);
    if (!(reading.flags & DUMP_TABLE_COUNTED) || reading.live != live)
        return false;
    out->reading = reading;
    out->profile = &plain;
    out->block = block;
    out->is_read = out->is_otherwise = true;
    out->has_buckets = false;
    return true;
}

/* The same for the array of these that is such. All of the table is in it: what grew along is of
 * another one. */
static bool read_array_of_cells(struct snapshot *snapshot,
                                struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t *number,
                                struct unknown *out)
{
    for (uint32_t i = 0; i < *number; i++)
        if (read_cells(snapshot, arrays[i], out)) {
            arrays[0] = arrays[i];
            *number = 1;
            out->is_alone = true;
            return true;
        }
    return false;
}

/* Slots that are the first entries of chains: what counts these alone counts no entries, at the
 * growths as well. */
static bool read_spilled(struct snapshot *snapshot, const struct table_record *record,
                         const struct live_array *array, struct unknown *out)
{
    static const struct slot_profile heads = {.is_chained = 1};
    struct block block = block_of(array);
    if (!out->is_read || out->block.address != block.address ||
        (uint32_t)array->record.sequence != record->profile.array_sequence ||
        !spilled_slots_read(&snapshot->view, &block, &record->profile, &out->reading))
        return false;
    out->profile = &heads;
    out->is_otherwise = true;
    out->has_buckets = false;
    return true;
}

/* Entries, and an index of them behind these, which show as slots of some kind when words of both
 * are compared. */
static bool read_index(struct snapshot *snapshot, const struct live_array *array,
                       struct unknown *out)
{
    static const struct slot_profile index = {.is_indexed = 1, .column_bytes = 4};
    struct table_reading reading;
    if (!snapshot_read_index_region(snapshot, array, &reading))
        return false;
    out->reading = reading;
    out->profile = &index;
    out->block = block_of(array);
    out->is_read = out->is_otherwise = true;
    out->has_buckets = false;
    return true;
}

/* Buckets that are vectors, whose pointers say nothing of their entries; or first entries of one
 * list and how many follow. The program may use all that it was given (SQLite's hash). */
static bool read_vectors(struct snapshot *snapshot, const struct table_record *record,
                         const struct live_array *array, struct unknown *out)
{
    struct table_reading reading;
    struct block block = block_of(array);
    if (!(array->record.flags & ARRAY_MAPPED))
        block.bytes = named_end_usable(&snapshot->view, &block, &record->profile);
    if (!vector_counts_read(&snapshot->view, &block, &reading))
        return false;
    out->reading = reading;
    out->block = block;
    out->is_read = true;
    out->is_otherwise = reading.capacity != slot_profile_capacity(&record->profile, block.bytes);
    out->has_buckets = false;
    return true;
}

/* Heads and links in one block, which at a growth pass for slots of one kind: it is read as if
 * nobody had seen it growing. */
static bool read_split(struct snapshot *snapshot, struct live_array *const *arrays, uint32_t number)
{
    for (uint32_t i = 0; i < number; i++)
        if (snapshot_split_table(snapshot, arrays[i]))
            return true;
    return false;
}

/* False where it became a table that nobody saw growing. */
static bool read_unknown(struct snapshot *snapshot, const struct table_record *record,
                         struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t *number,
                         enum dump_role *roles, struct unknown *out)
{
    bool is_studied = (uint32_t)arrays[0]->record.sequence == record->profile.array_sequence;
    *out = (struct unknown){.profile = &record->profile};
    if (read_vouched(snapshot, record, arrays, *number, &out->reading)) {
        out->is_read = true;
        out->block = block_of(arrays[0]);
        return true;
    }
    if (read_split(snapshot, arrays, *number))
        return false;
    read_studied(snapshot, record, arrays, number, roles, out);
    if (read_vectors(snapshot, record, arrays[0], out) ||
        read_spilled(snapshot, record, arrays[0], out) ||
        read_array_of_cells(snapshot, arrays, number, out))
        return true;
    if (!(out->reading.flags & DUMP_TABLE_COUNTED) &&
        snapshot_read_tagged(snapshot, arrays[0], true, &out->reading)) {
        out->is_read = out->is_otherwise = true;
        out->has_buckets = false;
        return true;
    }
    if (!out->is_read && !is_studied) {
        struct table_reading counted;
        const struct slot_profile *alike = snapshot_alike_read(snapshot, arrays[0], &counted);
        if (alike) {
            out->reading = counted;
            out->profile = alike;
            out->is_read = true;
        }
    }
    if (!(out->reading.flags & DUMP_TABLE_COUNTED) && read_index(snapshot, arrays[0], out))
        return true;
    if (!(out->reading.flags & DUMP_TABLE_COUNTED) && read_linked(snapshot, record, arrays[0], out))
        return true;
    if (!out->is_read && snapshot_static_table(snapshot, arrays[0]))
        return false;
    out->has_buckets = out->has_buckets && bucket_shape_correct(&snapshot->view, &record->buckets,
                                                                &out->block, &out->reading);
    out->is_read = out->is_read || out->has_buckets;
    return true;
}

/* The other arrays that the reading names, unless they are another table's. */
static void add_named(struct snapshot *snapshot, const struct table_reading *reading,
                      struct table_arrays *arrays)
{
    for (uint32_t i = 1; i < reading->array_count && arrays->count < TABLE_MAX_ARRAYS; i++) {
        struct live_array *array = live_arrays_at(&snapshot->arrays, reading->arrays[i].address);
        bool is_new = array && array->table == DUMP_NONE;
        for (uint32_t known = 0; known < arrays->count; known++)
            is_new = is_new && arrays->list[known] != array;
        if (is_new)
            table_arrays_add(arrays, array, reading->arrays[i].role);
    }
}

static void forget_reading(struct unknown *unknown)
{
    unknown->reading = (struct table_reading){0};
    unknown->is_read = false;
}

/* Adds what belongs to the table beside the arrays of its growths, and corrects its reading by it.
 */
static void add_others(struct snapshot *snapshot, uint32_t index, const struct table_record *record,
                       const struct twin_view *twins, struct table_arrays *arrays,
                       struct unknown *unknown)
{
    struct table_reading *reading = &unknown->reading;
    struct live_array *half = arrays->count < TABLE_MAX_ARRAYS
                                  ? snapshot_add_half(snapshot, record, arrays->list[0], reading)
                                  : NULL;
    if (half) {
        table_arrays_add(arrays, half, arrays->roles[0]);
        return;
    }
    half = arrays->count < TABLE_MAX_ARRAYS ? snapshot_moving_to(snapshot, record, arrays->list[0])
                                            : NULL;
    if (half) {
        table_arrays_add(arrays, half, arrays->roles[0]);
        forget_reading(unknown);
        return;
    }
    snapshot_add_siblings(snapshot, twins, index, record, reading, arrays);
    snapshot_add_together(snapshot, index, record, reading, arrays);
    snapshot_add_entries(snapshot, unknown->profile, reading, arrays);
    add_named(snapshot, reading, arrays);
}

static void write_table(struct snapshot *snapshot, uint32_t index,
                        const struct table_record *record, const struct table_arrays *arrays,
                        const struct unknown *unknown)
{
    const struct table_reading *reading = &unknown->reading;
    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    struct table_record now;
    table.kind = unknown->has_buckets ? DUMP_KIND_OPEN : snapshot_kind_of(unknown->profile);
    table.read = unknown->is_read ? DUMP_READ_ESTIMATED : DUMP_READ_NONE;
    table.address = unknown->block.address;
    snapshot_fill_reading(&table, reading);
    if (!tables_get(snapshot->registry, index, &now))
        now = *record;
    now.flags |= unknown->is_otherwise ? TABLE_MISREAD : 0;
    snapshot_fill_history(snapshot, &now, &table, number);
    snapshot_fill_growth(reading, &table);
    if (record->flags & TABLE_BY_STEPS)
        table.growth_load_ppm = 0; /* of when the last entries had moved, and others had come */
    for (uint32_t i = 0; i < arrays->count; i++)
        snapshot_add_array(snapshot, &table, number, arrays->list[i], arrays->roles[i]);
    if (reading->capacity > 0)
        table.slot_bytes = table.bytes / reading->capacity;
    snapshot_finish_table(snapshot, &table);
}

void snapshot_unknown_table(struct snapshot *snapshot, uint32_t index,
                            const struct table_record *known)
{
    struct table_record record = *known;
    const struct twin_view twins = snapshot_twin_view(snapshot);
    struct table_arrays arrays = {0};
    struct unknown unknown;
    arrays.count = collect_arrays(snapshot, &record, arrays.list);
    if (arrays.count == 0 || arrays.list[0]->record.bytes < SNAPSHOT_LEAST_BYTES ||
        snapshot_recognise(snapshot, arrays.list[0]))
        return;
    snapshot_leave_dead_places(snapshot, &record);
    twins_settle(&twins, index, &record);
    snapshot_end_slots(snapshot, arrays.list[0], &record);
    for (uint32_t i = 0; i < arrays.count; i++)
        arrays.roles[i] = i == 0 ? DUMP_ROLE_SLOTS : DUMP_ROLE_METADATA;
    if (!read_unknown(snapshot, &record, arrays.list, &arrays.count, arrays.roles, &unknown))
        return;
    if (!unknown.has_buckets && !unknown.is_otherwise &&
        slot_kinds_are_counted(unknown.profile, &unknown.reading))
        forget_reading(&unknown);
    if (unknown.is_read && !unknown.is_alone)
        add_others(snapshot, index, &record, &twins, &arrays, &unknown);
    if (unknown.is_read && snapshot_are_inverse(snapshot, &arrays, unknown.profile))
        forget_reading(&unknown);
    if (unknown.is_read && unknown.reading.known & DUMP_KNOWN_LIVE)
        tables_add_reading(snapshot->registry, index, unknown.reading.capacity,
                           unknown.reading.live);
    write_table(snapshot, index, &record, &arrays, &unknown);
}
