/*
 * The last reading of a table whose array is freed: see growth_last_reading.h.
 */
#include "growth_last_reading.h"

#include <string.h>

#include "bucket_shape.h"
#include "flag_regions.h"
#include "growth_compare.h"
#include "growth_elsewhere.h"
#include "growth_expected.h"
#include "growth_full.h"
#include "growth_holders.h"
#include "growth_link.h"
#include "growth_moved_small.h"
#include "growth_successor.h"
#include "growth_unseen.h"
#include "hot.h"
#include "inverse_numbers.h"
#include "layouts/layout.h"
#include "look_rate.h"
#include "occupancy.h"
#include "page.h"
#include "refused_calls.h"
#include "slot_columns.h"
#include "slot_kinds.h"
#include "system.h"
#include "table_header.h"
#include "table_scale.h"
#include "tables.h"
#include "twins.h"
#include "vector_counts.h"

/* Arrays at least this large are looked at when they are freed even if they were never seen
 * growing. */
#define LEAST_FREED_BYTES (512u * 1024)

/* A table that its destructor emptied first says nothing about how it was used; uthash frees its
 * array with the last entry still counted. */
bool growth_was_hollow(const struct table_reading *reading, uint64_t bytes)
{
    return bytes >= LEAST_FREED_BYTES && reading->known & DUMP_KNOWN_LIVE && reading->live > 1 &&
           reading->live < reading->capacity / 4;
}

/* A destructor clears the array and frees it; what is freed so much later may have been filled and
 * emptied meanwhile. */
#define CLEARED_FRESH_MS 300u
/* What may stand behind the slots is no larger part of the array. */
#define END_PART 64u

/* Of so many pages, spread over the block. */
#define SAMPLED_PAGES   32u
#define LEAST_IN_MEMORY 4u
#define LEAST_SAMPLED   (1u << 20)

bool growth_is_hardly_touched(const struct array_record *array)
{
    if (array->bytes < LEAST_SAMPLED || call_is_refused(REFUSED_PRESENCE))
        return false;
    unsigned in_memory = 0;
    for (unsigned i = 0; i < SAMPLED_PAGES; i++) {
        uint64_t page = array->address + (array->bytes - 1) / SAMPLED_PAGES * i;
        unsigned char state;
        if (system_call(SYS_mincore, page / PAGE_BYTES * PAGE_BYTES, PAGE_BYTES, &state, 0) != 0)
            return false; /* not told */
        in_memory += state & 1;
        if (in_memory == LEAST_IN_MEMORY)
            return false;
    }
    return true;
}

/* Whether one byte fills the array, but for a mark behind the slots, which clearing leaves. */
static bool is_filled(const struct layout_view *view, struct array_record array)
{
    uint64_t first;
    array.bytes -= array.bytes / END_PART;
    return layout_read(view, array.address, &first, sizeof(first)) &&
           first == (first & 0xFF) * 0x0101010101010101u && growth_is_blank(view->reader, &array);
}

/* What the table held when its array was cleared, if that is all that happened to it since. */
static bool cleared_reading(const struct registry *registry, const struct layout_view *view,
                            const struct table_record *record, const struct array_record *array,
                            struct last_reading *out)
{
    if (record->cleared_sequence != (uint32_t)array->sequence ||
        record->freed_read == DUMP_READ_NONE || !is_filled(view, *array))
        return false;
    bool is_new = registry_now(registry) <= record->cleared_ms + CLEARED_FRESH_MS;
    out->read = (enum dump_read)record->freed_read;
    out->reading = (struct table_reading){
        .capacity = record->freed_capacity,
        .live = record->freed_live,
        .live_error = record->freed_live_error,
        .tombstones = record->freed_tombstones,
        .slot_bytes = record->freed_slot_bytes,
        .value_bytes = record->freed_value_bytes,
        .known = record->freed_known,
        .flags = is_new ? 0 : DUMP_TABLE_READ_BEFORE,
        .confidence_ppm = record->freed_confidence_ppm,
        .growth_load_ppm = record->freed_growth_load_ppm,
    };
    return true;
}

/* What the table held when it was read before: a destructor empties a map and then frees its array.
 * A map that was swept when the snapshot was taken may have been filled again. */
static bool previous_reading(const struct registry *registry, const struct table_record *record,
                             struct table_reading *out)
{
    if (!pool_has(&registry->readings, record->last_reading))
        return false;
    const struct reading_record *last = pool_at(&registry->readings, record->last_reading);
    if (last->at_ms < record->last_growth_ms)
        return false;
    *out = (struct table_reading){.capacity = last->capacity,
                                  .live = last->live,
                                  .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                  .flags = DUMP_TABLE_READ_BEFORE,
                                  .confidence_ppm = 900000};
    return true;
}

/* By a column of its slots that shows far fewer live ones than the others, if the object counts as
 * many, or those that are not. */
static bool read_borne_out(struct scratch *scratch, const struct block *block, uint32_t sequence,
                           const struct table_record *record, const struct slot_columns *columns,
                           struct table_reading *reading)
{
    const struct layout_view *view = &scratch->view;
    struct table_reading few, counted;
    if (!slot_columns_suppose(columns, reading, &few))
        return false;
    counted = few;
    bool is_borne_out = (record->header.array_sequence == sequence &&
                         header_read(view, block, &record->header, &counted) &&
                         slot_columns_bear_out(columns, &counted)) ||
                        (record->scale.array_sequence == sequence &&
                         table_scale_read(view, block, &record->scale, &few, &counted) &&
                         counted.live > 0 && slot_columns_bear_out(columns, &counted));
    if (is_borne_out)
        *reading = counted;
    return is_borne_out;
}

static bool read_fewest(struct scratch *scratch, const struct block *block, uint32_t sequence,
                        const struct table_record *record, struct table_reading *reading)
{
    const struct slot_profile *profile = &record->profile;
    struct slot_columns columns;
    return block->bytes >= LEAST_FREED_BYTES &&
           ((slot_columns_read(&scratch->view, block, profile, reading->live, &columns) &&
             read_borne_out(scratch, block, sequence, record, &columns, reading)) ||
            (slot_columns_read_halves(&scratch->view, block, profile, reading->live, &columns) &&
             read_borne_out(scratch, block, sequence, record, &columns, reading)));
}

/* Where growths have found a pointer to the array. */
struct known_places {
    struct block_index index;
    const struct memory_reader *reader;
    uint64_t places[2];
};

static uint64_t known_place(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct known_places *known = (const struct known_places *)(const void *)index;
    for (unsigned i = 0; i < sizeof(known->places) / sizeof(known->places[0]); i++) {
        uint64_t word = 0;
        if (known->places[i] != 0 &&
            known->reader->read(known->reader, known->places[i], &word, sizeof(word)) &&
            word == address && nth-- == 0)
            return known->places[i];
    }
    return 0;
}

/* Buckets that are vectors: not the pointers, which stay, but the lengths. */
static bool read_vectors(struct scratch *scratch, const struct block *block,
                         const struct table_record *record, struct table_reading *reading)
{
    struct known_places known = {.index = {.pointer_to = known_place},
                                 .reader = scratch->view.reader,
                                 .places = {record->header.growths > 0 ? record->header.place : 0,
                                            record->scale.growths > 0 ? record->scale.place : 0}};
    struct layout_view view = scratch->view;
    struct table_reading vectors;
    view.blocks = &known.index;
    if (block->bytes < LEAST_FREED_BYTES || record->layout != 0 ||
        record->profile.slot_bytes == 0 || reading->flags & DUMP_TABLE_COUNTED ||
        !vector_counts_read(&view, block, &vectors) || vectors.live == 0)
        return false;
    vectors.arrays[0] = (struct layout_array){.address = block->address, .bytes = block->bytes};
    vectors.array_count = 1;
    *reading = vectors;
    return true;
}

/* By its slots, with the array's others, which are alive yet. */
static enum dump_read read_slots(struct registry *registry, struct scratch *scratch,
                                 const struct array_record *array,
                                 const struct table_record *record, struct table_reading *reading)
{
    const struct slot_profile *profile = &record->profile;
    struct block block = {.address = array->address, .bytes = array->bytes};
    /* What a snapshot read exactly, with the help of the object, is worth more than a guess. */
    if (record->layout != 0 || profile->slot_bytes == 0 ||
        profile->array_sequence != (uint32_t)array->sequence)
        return DUMP_READ_NONE;
    uint64_t states = 0;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record other;
        if (record->arrays[i].sequence == profile->states_sequence &&
            registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &other))
            states = other.address;
    }
    if (!occupancy_read(&scratch->view, &block, profile, states, reading))
        return DUMP_READ_NONE;
    reading->arrays[0] = (struct layout_array){.address = block.address, .bytes = block.bytes};
    reading->array_count = 1;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS && reading->array_count < LAYOUT_MAX_ARRAYS; i++) {
        struct array_record other;
        if (record->arrays[i].sequence == (uint32_t)array->sequence ||
            !registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &other))
            continue;
        struct block more = {.address = other.address, .bytes = other.bytes};
        occupancy_read_more(&scratch->view, &block, &more, profile, reading);
        reading->arrays[reading->array_count++] =
            (struct layout_array){.address = more.address, .bytes = more.bytes};
    }
    /* The object counts the entries of all arrays. A destructor may have set the count to 0 before
     * it frees the first. */
    uint32_t sequence = (uint32_t)array->sequence;
    struct table_reading counted = *reading;
    bool is_counted =
        (reading->array_count == 1 && read_fewest(scratch, &block, sequence, record, reading)) ||
        (record->header.array_sequence == sequence &&
         header_read(&scratch->view, &block, &record->header, &counted)) ||
        (array->bytes >= LEAST_FREED_BYTES &&
         growth_count_held(registry, scratch, array, profile, &counted));
    if (is_counted && counted.flags & DUMP_TABLE_COUNTED && counted.live > 0)
        *reading = counted;
    return DUMP_READ_ESTIMATED;
}

/* Apart from each other: memory that is cleared before it is used first is no table's yet. */
struct look_rate *growth_held_looks(struct registry *registry, const struct array_record *array,
                                    enum last_moment moment)
{
    return look_rate_of(registry->death_looks,
                        ~array_look_place(array) * 2 + (moment == MOMENT_FREED));
}

/* By its object, which the thread has at hand, what its entries do not show any more. */
static const struct layout *read_held(struct registry *registry, struct scratch *scratch,
                                      const struct array_record *array, enum last_moment moment,
                                      struct table_reading *out)
{
    bool is_rare = array->table == 0 && moment == MOMENT_FREED;
    if (array->bytes < LEAST_FREED_BYTES ||
        (is_rare && !look_rate_allows_rarely(growth_held_looks(registry, array, moment))))
        return NULL;
    const struct layout *layout = growth_recognise_held(registry, scratch, array, out);
    if (layout && (moment == MOMENT_CLEARED || !layout->entries_go_first || out->entries_are_gone))
        return layout;
    memset(out, 0, sizeof(*out));
    return NULL;
}

/* Where only the entries were looked at, their object says how many they are, and whose. */
static void read_owner(const struct registry *registry, struct scratch *scratch,
                       const struct array_record *array, const struct layout *layout,
                       struct table_reading *reading)
{
    struct table_reading held;
    if (reading->header == 0 && growth_was_hollow(reading, array->bytes) &&
        growth_recognise_held(registry, scratch, array, &held) == layout && held.header != 0)
        *reading = held;
}

/* Reads what the dying array's table holds. Returns how the numbers were come by. */
static enum dump_read read_table(struct registry *registry, struct scratch *scratch,
                                 const struct array_record *array,
                                 const struct table_record *record, enum last_moment moment,
                                 struct last_reading *out, bool *is_by_flags)
{
    struct block block = {.address = array->address, .bytes = array->bytes};
    struct table_reading *reading = &out->reading;

    out->layout = growth_recognise(scratch, array, reading);
    if (out->layout)
        read_owner(registry, scratch, array, out->layout, reading);
    else
        out->layout = read_held(registry, scratch, array, moment, reading);
    if (out->layout)
        return DUMP_READ_EXACT;
    enum dump_read read = read_slots(registry, scratch, array, record, reading);
    if (read_vectors(scratch, &block, record, reading))
        return DUMP_READ_ESTIMATED;
    struct table_reading said = *reading;
    if (record->layout == 0 &&
        flag_regions_read(&scratch->view, &block, (uint32_t)array->sequence, &record->regions,
                          &said) &&
        said.live > 0) {
        *reading = said;
        reading->arrays[0] = (struct layout_array){.address = block.address, .bytes = block.bytes};
        reading->array_count = reading->array_count > 0 ? reading->array_count : 1;
        *is_by_flags = true;
        return DUMP_READ_ESTIMATED;
    }
    /* As at a snapshot, an object whose count the slots bear out is believed first. */
    if (reading->flags & DUMP_TABLE_COUNTED || record->layout != 0 ||
        record->scale.array_sequence != (uint32_t)array->sequence)
        return read;
    /* A destructor may have set the count to 0 before it frees the array. */
    struct table_reading scaled = {0};
    if (!table_scale_read(&scratch->view, &block, &record->scale, reading, &scaled) ||
        scaled.live == 0)
        return read;
    *reading = scaled;
    reading->arrays[0] = (struct layout_array){.address = block.address, .bytes = block.bytes};
    reading->array_count = 1;
    return DUMP_READ_ESTIMATED;
}

/* Of a compact table an estimate counts the slots of the index, the layout the places of entries:
 * its load limits say nothing about the estimate. */
static bool counts_otherwise(const struct table_record *record, enum dump_read read)
{
    return read == DUMP_READ_ESTIMATED && record->layout != 0 &&
           all_layouts[record->layout - 1]->kind == DUMP_KIND_COMPACT;
}

/* Whether another array is to go on with the table, now that this one is freed. One that has come
 * already and is blank, or a copy that is no use yet, will be filled from entries that lie apart;
 * else the next one may be. A layout tells such a table's arrays from one another: there the one
 * after the next is compared, too. */
static bool goes_on(struct registry *registry, struct scratch *scratch,
                    const struct array_record *array, uint32_t table, enum growth_held held)
{
    struct table_reading reading;
    struct array_record next;
    uint32_t index;
    uint32_t state =
        growth_unfilled_replacement(registry, scratch->view.reader, array, &index, &next);
    if (state != 0 && !growth_recognise(scratch, array, &reading))
        return growth_expect_filled(registry, scratch, array, table, index, &next, state);
    /* A full vector has gone on already, in its copy. One that is sorted before each growth is
     * scattered between two copies. */
    if (table == 0 && growth_is_copied(registry, scratch->view.reader, array) &&
        growth_is_full_of_any(scratch, array))
        return false;
    if (held == HELD_MOVED || (table != 0 && held == HELD_COPIED) ||
        growth_is_laid_out_anew(registry, scratch, array))
        return false;
    return growth_expect_next(registry, scratch, array, table,
                              held == HELD_COPIED ? ARRAY_WAS_COPY : 0);
}

/* Where the new array is not tracked. `reading` is of what the old one holds now. Entries that are
 * gone were destroyed with the table, or copied into another before. */
static bool was_rebuilt_small(const struct registry *registry, struct scratch *scratch,
                              const struct array_record *array, const struct layout *layout,
                              const struct table_reading *reading)
{
    if (!growth_was_hollow(reading, array->bytes))
        return false;
    if (reading->entries_are_gone)
        return growth_elsewhere(registry, scratch, array, reading) != ELSEWHERE_NO;
    return (layout && layout->entries_go_first) ||
           growth_moved_small(registry, scratch, array, layout, reading) ||
           (layout && growth_elsewhere(registry, scratch, array, reading) == ELSEWHERE_YES);
}

/* A function that grew a copy of the table's object has put it back since, and the copy lies in a
 * frame that was left. */
static void leave_dead_places(struct table_record *record)
{
    if (thread_has_left(record->header.place))
        record->header.place = 0;
    if (thread_has_left(record->regions.place))
        record->regions.place = 0;
    if (thread_has_left(record->scale.place))
        record->scale.growths = 0;
}

/* A destructor has cleared it, or it is cleared before it is used first, and no layout finds an
 * entry. Each would read all of it in vain: half of what a destroyed std::unordered_map took. Of an
 * unknown table the object may count yet what was there. */
static bool is_emptied(struct scratch *scratch, const struct array_record *array, uint32_t table,
                       const struct table_record *record, enum last_moment moment)
{
    return (table == 0 || (moment == MOMENT_FREED && record->layout != 0)) &&
           growth_is_of_one_word(scratch, array);
}

void growth_read_last(struct registry *registry, struct scratch *scratch,
                      const struct array_record *array, uint32_t table, enum last_moment moment,
                      struct table_record *record, struct last_reading *out)
{
    bool is_by_flags = false;
    const struct twin_view twins = growth_twin_view(registry, scratch->view.reader);
    *out = (struct last_reading){.read = DUMP_READ_NONE};
    leave_dead_places(record);
    if (table != 0 && record->layout == 0 && array->bytes >= LEAST_FREED_BYTES)
        twins_settle(&twins, table, record);
    if ((table != 0 || array->bytes >= LEAST_FREED_BYTES) &&
        !is_emptied(scratch, array, table, record, moment))
        out->read = read_table(registry, scratch, array, record, moment, out, &is_by_flags);
    struct block block = {.address = array->address, .bytes = array->bytes};
    bool is_no_count =
        out->read == DUMP_READ_ESTIMATED && !is_by_flags &&
        !bucket_shape_correct(&scratch->view, &record->buckets, &block, &out->reading) &&
        slot_kinds_are_counted(&record->profile, &out->reading);
    if (is_no_count || counts_otherwise(record, out->read)) {
        out->read = DUMP_READ_NONE;
        memset(&out->reading, 0, sizeof(out->reading));
    }
}

/* Whether another array of the table says where this one has what: a permutation and its inverse,
 * which a snapshot takes for no table either. */
static bool is_inverse(struct registry *registry, const struct scratch *scratch,
                       const struct array_record *array, const struct table_record *record)
{
    const uint32_t width = record->profile.slot_bytes;
    const struct block block = {.address = array->address, .bytes = array->bytes};
    for (unsigned i = 0; width == record->profile.column_bytes && i < TABLE_MAX_ARRAYS; i++) {
        struct array_record other;
        if (record->arrays[i].index == 0 ||
            record->arrays[i].sequence == (uint32_t)array->sequence ||
            !registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &other))
            continue;
        struct block beside = {.address = other.address, .bytes = other.bytes};
        if (are_inverse_numbers(&scratch->view, &block, &beside, width))
            return true;
    }
    return false;
}

bool growth_last_reading(struct registry *registry, struct scratch *scratch,
                         const struct array_record *array, enum growth_held held)
{
    uint32_t table = tables_resolve(registry, array->table);
    struct table_record record = {0};
    struct last_reading last;

    if (table != 0 && !tables_get(registry, table, &record))
        return false;
    if (table != 0 && record.layout == 0 && is_inverse(registry, scratch, array, &record)) {
        tables_forget(registry, table);
        return false;
    }
    growth_read_last(registry, scratch, array, table, MOMENT_FREED, &record, &last);
    if (last.read == DUMP_READ_NONE && table == 0 &&
        growth_read_unseen(registry, scratch, array, &last.reading))
        last.read = DUMP_READ_ESTIMATED;
    bool is_rebuilt = last.read != DUMP_READ_NONE &&
                      was_rebuilt_small(registry, scratch, array, last.layout, &last.reading);
    if ((last.read == DUMP_READ_NONE || last.reading.live <= 1) &&
        !cleared_reading(registry, &scratch->view, &record, array, &last) &&
        previous_reading(registry, &record, &last.reading))
        last.read = record.layout ? DUMP_READ_EXACT : DUMP_READ_ESTIMATED;
    bool is_hollow = last.read != DUMP_READ_NONE && !is_rebuilt &&
                     growth_was_hollow(&last.reading, array->bytes) &&
                     !(record.flags & TABLE_DOUBTFUL) && !growth_is_replaced(registry, array);
    bool is_known = record.flags & TABLE_FREED;
    unsigned left = table ? tables_drop_array(registry, table, (uint32_t)array->sequence) : 0;
    if (is_hollow && !is_known) {
        if (table == 0)
            table = tables_adopt(registry, 0, array);
        tables_set_freed(registry, table, array, &last.reading,
                         last.layout ? tables_layout_number(last.layout) : record.layout, last.read,
                         0);
    } else if (table != 0 && left > 0 && held == HELD_COPIED) {
        tables_forget(registry, table); /* with its other arrays: none of them was a table's */
    } else if (left == 0 && !is_known &&
               (held == HELD_SORTED || !goes_on(registry, scratch, array, table, held)) &&
               table != 0) {
        tables_forget(registry, table);
    }
    return is_hollow;
}

HOT void growth_drop_unseen(struct registry *registry, const struct array_record *array)
{
    uint32_t table = tables_resolve(registry, array->table);
    if (table != 0 && tables_drop_array(registry, table, (uint32_t)array->sequence) == 0)
        tables_forget(registry, table);
}
