/*
 * The tables of a snapshot that no layout recognises and that are known from their growths alone:
 * what their slots and their own object show. See snapshot_table.h.
 */
#include "snapshot_table.h"

#include "bucket_shape.h"
#include "flag_regions.h"
#include "layouts/words.h"
#include "linked_cells.h"
#include "linked_slots.h"
#include "occupancy.h"
#include "slot_columns.h"
#include "slot_contents.h"
#include "slot_profile.h"
#include "static_rules.h"
#include "table_header.h"
#include "table_scale.h"
#include "tables.h"
#include "twins.h"
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

static struct block block_of(const struct live_array *array)
{
    return (struct block){.address = array->record.address, .bytes = array->record.bytes};
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

/* How far from the header's pointer the pointers to the table's other arrays lie. */
#define SIBLINGS_REACH 64u

/* Whether the pointers at the two places belong to two objects of one kind that lie side by side:
 * then each has its own capacity as far from its pointer as the other. */
static bool are_two_objects(const struct snapshot *snapshot, uint64_t place, uint64_t capacity,
                            uint64_t other_place, uint64_t other_capacity)
{
    unsigned char words[2 * SIBLINGS_REACH], other_words[2 * SIBLINGS_REACH];
    if (!layout_read(&snapshot->view, place - SIBLINGS_REACH, words, sizeof(words)) ||
        !layout_read(&snapshot->view, other_place - SIBLINGS_REACH, other_words,
                     sizeof(other_words)))
        return false;
    for (size_t at = 0; at < sizeof(words); at += 4)
        for (uint32_t less = 0; less <= 1; less++)
            if (word_u32(words, at) == (uint32_t)capacity - less &&
                word_u32(other_words, at) == (uint32_t)other_capacity - less)
                return true;
    return false;
}

/* Arrays that the same object points at, with something for each slot in them: values beside keys,
 * entries beside an index of them. Not one that was seen to be a table itself, nor one of the same
 * call, which is that of the next object in an array of them, nor one that did not grow along. */
static uint32_t add_siblings(struct snapshot *snapshot, const struct twin_view *twins,
                             uint32_t index, const struct table_record *record,
                             const struct table_reading *reading,
                             struct live_array *arrays[TABLE_MAX_ARRAYS], enum dump_role *roles,
                             uint32_t count)
{
    uint64_t words[2 * SIBLINGS_REACH / 8 + 1];
    uint64_t place = reading->header & ~(uint64_t)7, start = place - SIBLINGS_REACH;
    if (!(reading->flags & DUMP_TABLE_COUNTED) || reading->header == arrays[0]->record.address ||
        !layout_read(&snapshot->view, start, words, sizeof(words)))
        return count;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && count < TABLE_MAX_ARRAYS; i++) {
        struct live_array *array =
            live_arrays_unclaimed_at(&snapshot->arrays, words[i], arrays, count);
        if (!array || array->record.site == arrays[0]->record.site ||
            array->record.sequence <= record->outgrown || array->record.bytes < reading->capacity ||
            array->record.bytes % reading->capacity > 64)
            continue;
        double times = (double)array->record.bytes / (double)arrays[0]->record.bytes;
        if (!twins_may_share(twins, index, place, arrays[0]->record.bytes, &array->record) ||
            are_two_objects(snapshot, place, reading->capacity, start + i * 8,
                            (uint64_t)((double)reading->capacity * times)))
            continue;
        roles[count] = record->profile.is_indexed ? DUMP_ROLE_ENTRIES : DUMP_ROLE_METADATA;
        arrays[count++] = array;
    }
    return count;
}

static bool is_object(uint64_t place, void *context)
{
    const struct regions *regions = snapshot_regions(context);
    const struct region *region = regions ? regions_find(regions, place) : NULL;
    return region && (region->kind == REGION_STATIC || region->kind == REGION_HEAP);
}

static bool find_array(void *context, uint64_t address, struct array_record *out)
{
    const struct live_array *array = live_arrays_at(context, address);
    if (array)
        *out = array->record;
    return array != NULL;
}

static struct twin_view twin_view_of(struct snapshot *snapshot)
{
    return (struct twin_view){.reader = snapshot->view.reader,
                              .registry = snapshot->registry,
                              .find = find_array,
                              .context = &snapshot->arrays};
}

/* header_find, but for the words of a table beside this one, which may well say what the slots that
 * were not cleared say. */
static bool find_header(struct snapshot *snapshot, const struct header_facts *facts,
                        const struct live_array *array, struct header_profile *out)
{
    struct table_record found = {0};
    const struct twin_view twins = twin_view_of(snapshot);
    if (!header_find(&snapshot->view, facts, is_object, snapshot, &found.header))
        return false;
    twins_settle(&twins, array->record.table, &found);
    *out = found.header;
    return out->growths > 0;
}

static bool read_known_header(const struct snapshot *snapshot, const struct header_profile *known,
                              const struct live_array *array, struct table_reading *reading)
{
    struct block block = block_of(array);
    return known->growths > 0 && known->array_sequence == (uint32_t)array->record.sequence &&
           header_read(&snapshot->view, &block, known, reading);
}

void snapshot_read_header(struct snapshot *snapshot, const struct header_profile *known,
                          const struct slot_profile *profile, const struct live_array *array,
                          struct table_reading *reading)
{
    struct block block = block_of(array);
    struct header_profile header;
    if (read_known_header(snapshot, known, array, reading))
        return;
    struct header_facts facts = {
        .array = block,
        .array_sequence = (uint32_t)array->record.sequence,
        .capacity = reading->capacity,
        .live = reading->live,
        .slack = reading->live_error > 0 ? 3 * reading->live_error + reading->live / 100 : 0,
    };
    /* The same two ways to understand marks in the slots as header_read has; fewer entries first.
     */
    struct header_facts fewer = facts;
    fewer.live -= reading->tombstones < facts.live ? reading->tombstones : facts.live;
    if (reading->tombstones > 0 && !(reading->known & DUMP_KNOWN_TOMBSTONES) && facts.slack == 0 &&
        find_header(snapshot, &fewer, array, &header) &&
        header_read(&snapshot->view, &block, &header, reading))
        return;
    if (find_header(snapshot, &facts, array, &header)) {
        header_read(&snapshot->view, &block, &header, reading);
        return;
    }
    struct header_facts chains;
    struct table_reading of_chains = *reading;
    if (!header_facts_of_chains(&facts, profile, &chains) ||
        !find_header(snapshot, &chains, array, &header))
        return;
    of_chains.live = chains.live;
    of_chains.live_error = chains.slack;
    if (header_read(&snapshot->view, &block, &header, &of_chains))
        *reading = of_chains;
}

/* What the object says of a table whose slots did not tell; the array that it is about becomes the
 * first. */
static bool read_scale(const struct snapshot *snapshot, const struct table_record *record,
                       struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                       const struct table_reading *slots, struct table_reading *reading)
{
    for (uint32_t i = 0; i < count; i++) {
        struct live_array *array = arrays[i];
        struct block block = block_of(array);
        if ((uint32_t)array->record.sequence != record->scale.array_sequence ||
            !table_scale_read(&snapshot->view, &block, &record->scale, slots, reading))
            continue;
        arrays[i] = arrays[0];
        arrays[0] = array;
        return true;
    }
    return false;
}

/* A count that agrees with the column that shows the fewest live slots has two witnesses. */
static bool read_fewest(struct snapshot *snapshot, const struct table_record *record,
                        struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                        const struct slot_columns *columns, struct table_reading *reading)
{
    struct table_reading few, counted;
    if (!slot_columns_suppose(columns, reading, &few))
        return false;
    counted = few;
    snapshot_read_header(snapshot, &record->header, &record->profile, arrays[0], &counted);
    if (!slot_columns_bear_out(columns, &counted) &&
        (record->scale.array_sequence != (uint32_t)arrays[0]->record.sequence ||
         !read_scale(snapshot, record, arrays, count, &few, &counted) ||
         !slot_columns_bear_out(columns, &counted)))
        return false;
    *reading = counted;
    return true;
}

/* Whether slots may be seen as so many where the object counts so many: as parts of larger ones, or
 * several of them as one. Of two readings that found the same entries, the one by the slots is
 * right otherwise: near a prime number of them a power of two is met by chance, as in a block that
 * its allocator rounded up. */
static bool are_commensurable(uint64_t one, uint64_t other)
{
    static const uint8_t times[] = {1, 2, 3, 4, 8};
    uint64_t less = one < other ? one : other, more = one < other ? other : one;
    for (unsigned i = 0; i < sizeof(times); i++)
        if (distance_between(less * times[i], more) <= more / 64)
            return true;
    return false;
}

/* The count that the object tells. Where a column of the slots shows far fewer live ones it
 * includes deleted entries, if hardly anything is left of those; else it is the most that there can
 * be: whether the words that have become the same were keys or values is not known. True where
 * something is known now. */
static bool read_object(struct snapshot *snapshot, const struct table_record *record,
                        struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                        const struct slot_columns *columns, bool is_read,
                        struct table_reading *reading)
{
    struct table_reading scaled, slots = *reading;
    struct block block = block_of(arrays[0]);
    struct slot_contents contents;
    if (columns)
        slots.live = columns->fewest;
    bool is_known = is_read && read_known_header(snapshot, &record->header, arrays[0], reading);
    /* What was learnt at growths before what may be met by chance. */
    if (!is_known && table_scale_was_at_birth(&record->scale) &&
        read_scale(snapshot, record, arrays, count, &slots, &scaled)) {
        *reading = scaled;
        return true;
    }
    if (is_read && !is_known)
        snapshot_read_header(snapshot, &record->header, &record->profile, arrays[0], reading);
    bool is_counted = reading->flags & DUMP_TABLE_COUNTED;
    if (is_counted && columns && columns->fewest * 2 + SNAPSHOT_COLUMNS_FEW < reading->live) {
        if (slot_contents_look(&snapshot->view, &block, slots.capacity, &contents) &&
            slot_contents_are_few(&contents, columns->fewest)) {
            *reading = slots;
            return true;
        }
        reading->flags &= ~DUMP_TABLE_COUNTED;
        reading->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
        reading->confidence_ppm = SNAPSHOT_DOUBTFUL_PPM;
    }
    /* Words that only scaled may be others. */
    if (!is_counted && read_scale(snapshot, record, arrays, count, &slots, &scaled)) {
        if (is_read && scaled.live == slots.live &&
            !are_commensurable(scaled.capacity, slots.capacity))
            scaled.capacity = slots.capacity;
        *reading = scaled;
        return true;
    }
    if (is_read && columns)
        snapshot_doubt_columns(snapshot, record, columns, reading);
    return is_read;
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
    struct slot_profile numbers; /* what `profile` is where the slots are known by them alone */
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
        (has_columns && read_fewest(snapshot, record, arrays, count, &columns, reading)) ||
        read_object(snapshot, record, arrays, count, has_columns ? &columns : NULL, out->is_read,
                    reading))
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

/* Buckets that are vectors, whose pointers say nothing of their entries. */
static bool read_vectors(struct snapshot *snapshot, const struct table_record *record,
                         const struct live_array *array, struct unknown *out)
{
    struct table_reading reading;
    struct block block = block_of(array);
    if (!vector_counts_read(&snapshot->view, &block, &reading))
        return false;
    out->reading = reading;
    out->block = block;
    out->is_read = true;
    out->is_otherwise = reading.capacity != slot_profile_capacity(&record->profile, block.bytes);
    out->has_buckets = false;
    return true;
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
    read_studied(snapshot, record, arrays, number, roles, out);
    if (read_vectors(snapshot, record, arrays[0], out) ||
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
    if (!out->is_read &&
        snapshot_read_numbers(snapshot, record, arrays, *number, &out->numbers, &out->reading)) {
        out->profile = &out->numbers;
        out->block = block_of(arrays[0]);
        out->is_read = true;
    }
    if (!out->is_read && snapshot_static_table(snapshot, arrays[0], STATIC_ALL_EFFORT))
        return false;
    out->has_buckets = out->has_buckets && bucket_shape_correct(&snapshot->view, &record->buckets,
                                                                &out->block, &out->reading);
    out->is_read = out->is_read || out->has_buckets;
    return true;
}

static bool has_entries(const enum dump_role *roles, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (roles[i] == DUMP_ROLE_ENTRIES)
            return true;
    return false;
}

void snapshot_unknown_table(struct snapshot *snapshot, uint32_t index,
                            const struct table_record *known)
{
    struct table_record settled = *known;
    const struct table_record *record = &settled;
    const struct twin_view twins = twin_view_of(snapshot);
    struct live_array *arrays[TABLE_MAX_ARRAYS];
    enum dump_role roles[TABLE_MAX_ARRAYS];
    struct unknown unknown;
    uint32_t count = collect_arrays(snapshot, record, arrays);
    if (count == 0 || arrays[0]->record.bytes < SNAPSHOT_LEAST_BYTES ||
        snapshot_recognise(snapshot, arrays[0]))
        return;
    twins_settle(&twins, index, &settled);
    for (uint32_t i = 0; i < count; i++)
        roles[i] = i == 0 ? DUMP_ROLE_SLOTS : DUMP_ROLE_METADATA;
    if (!read_unknown(snapshot, record, arrays, &count, roles, &unknown))
        return;
    struct table_reading reading = unknown.reading;
    const struct slot_profile *profile = unknown.profile;
    bool is_read = unknown.is_read;
    bool is_alone = unknown.is_alone;
    struct live_array *half = is_read && !is_alone && count < TABLE_MAX_ARRAYS
                                  ? snapshot_add_half(snapshot, record, arrays[0], &reading)
                                  : NULL;
    if (half) {
        roles[count] = roles[0];
        arrays[count++] = half;
    } else if (is_read && !is_alone) {
        count = add_siblings(snapshot, &twins, index, record, &reading, arrays, roles, count);
        count = snapshot_add_together(snapshot, index, record, &reading, arrays, roles, count);
        count = snapshot_add_entries(snapshot, profile, &reading, arrays, roles, count);
    }
    /* A search tree in an array is laid out anew as well, and holds numbers: an index has entries.
     */
    if (profile == &unknown.numbers && !has_entries(roles, count)) {
        reading = (struct table_reading){0};
        is_read = false;
    }
    if (is_read && reading.known & DUMP_KNOWN_LIVE)
        tables_add_reading(snapshot->registry, index, reading.capacity, reading.live);

    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    struct table_record now;
    table.kind = unknown.has_buckets ? DUMP_KIND_OPEN : snapshot_kind_of(profile);
    table.read = is_read ? DUMP_READ_ESTIMATED : DUMP_READ_NONE;
    table.address = unknown.block.address;
    snapshot_fill_reading(&table, &reading);
    if (!tables_get(snapshot->registry, index, &now))
        now = *record;
    now.flags |= unknown.is_otherwise ? TABLE_MISREAD : 0;
    snapshot_fill_history(snapshot, &now, &table, number);
    snapshot_fill_growth(&reading, &table);
    if (record->flags & TABLE_BY_STEPS)
        table.growth_load_ppm = 0; /* of when the last entries had moved, and others had come */
    for (uint32_t i = 0; i < count; i++)
        snapshot_add_array(snapshot, &table, number, arrays[i], roles[i]);
    if (reading.capacity > 0)
        table.slot_bytes = table.bytes / reading.capacity;
    snapshot_finish_table(snapshot, &table);
}
