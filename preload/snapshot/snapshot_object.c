/*
 * What the object of an unknown table says: see snapshot_object.h.
 */
#include "snapshot_object.h"

#include "object_window.h"
#include "slot_columns.h"
#include "slot_contents.h"
#include "table_header.h"
#include "table_scale.h"
#include "vector_length.h"

bool snapshot_is_object(uint64_t place, void *context)
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

struct twin_view snapshot_twin_view(struct snapshot *snapshot)
{
    return (struct twin_view){.reader = snapshot->view.reader,
                              .registry = snapshot->registry,
                              .find = find_array,
                              .context = &snapshot->arrays};
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
    const struct twin_view twins = snapshot_twin_view(snapshot);
    const struct header_wanted wanted = {.is_object = snapshot_is_object,
                                         .context = snapshot,
                                         .twins = &twins,
                                         .table = array->record.table};
    if (!read_known_header(snapshot, known, array, reading))
        header_read_found(&snapshot->view, &block, (uint32_t)array->record.sequence, profile,
                          &wanted, reading);
}

static bool is_dead(const struct snapshot *snapshot, uint64_t place)
{
    return place >= snapshot->dead_stack.start && place < snapshot->dead_stack.end;
}

#define IN_USE_FEW 16u

/* Whether more slots are in use than so many entries can be behind, as far as is known. Where few
 * are, a smaller number is hardly fewer than these by a sample of them: the length of a name, 3,
 * was said of 4,418 entries in 524,288 buckets. */
static bool are_more_in_use(const struct table_reading *slots, uint64_t live)
{
    uint64_t error = 4 * slots->live_error + slots->live / 32 + IN_USE_FEW;
    return slots->known & DUMP_KNOWN_LIVE && slots->live > live + error;
}

/* What one of the words that scaled says in another place, if the slots bear that out: it is not
 * fewer than at the growth, or hardly more slots are in use. What stood beside a copy of the object
 * in a frame was no word of the object. */
static bool read_elsewhere(const struct snapshot *snapshot, const struct block *block,
                           const struct scale_profile *known, uint64_t place, unsigned nth,
                           const struct table_reading *slots, struct table_reading *reading)
{
    struct scale_profile scale = *known;
    scale.place = place;
    scale.object = known->object == 0 ? 0 : known->object + place - known->place;
    scale.counts[0] = known->counts[nth];
    scale.counts[0].is_proven = false;
    scale.counts[0].is_room = true;
    scale.count_number = 1;
    return table_scale_read(&snapshot->view, block, &scale, slots, reading) &&
           !are_more_in_use(slots, reading->live);
}

/* What the words that scaled say of an array. Where they lay in a frame that is not there any more,
 * a function made a copy of the table's object grow, and has put it back since: what they say in
 * other places, if all of these say the same. */
static bool read_scale_of(const struct snapshot *snapshot, const struct block *block,
                          const struct scale_profile *known, const struct table_reading *slots,
                          struct table_reading *reading)
{
    const struct block_index *blocks = snapshot->view.blocks;
    struct table_reading said;
    bool is_found = false;
    if (!is_dead(snapshot, known->place))
        return table_scale_read(&snapshot->view, block, known, slots, reading);
    for (unsigned nth = 0; blocks && nth < OBJECT_HOLDERS; nth++) {
        uint64_t place = blocks->pointer_to(blocks, block->address, nth);
        for (unsigned i = 0; place != 0 && i < known->count_number; i++) {
            if (!read_elsewhere(snapshot, block, known, place, i, slots, &said))
                continue;
            if (is_found && said.live != reading->live)
                return false;
            *reading = said;
            is_found = true;
        }
    }
    return is_found;
}

/* Who reads these two looks for copies where there is nothing at the place. */
void snapshot_leave_dead_places(const struct snapshot *snapshot, struct table_record *record)
{
    if (is_dead(snapshot, record->header.place))
        record->header.place = 0;
    if (is_dead(snapshot, record->regions.place))
        record->regions.place = 0;
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
            !read_scale_of(snapshot, &block, &record->scale, slots, reading))
            continue;
        arrays[i] = arrays[0];
        arrays[0] = array;
        return true;
    }
    return false;
}

/* What the object says, where the columns bear it out. */
static bool read_borne_out(struct snapshot *snapshot, const struct table_record *record,
                           struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                           const struct slot_columns *columns, struct table_reading *reading)
{
    struct table_reading few, counted;
    if (!slot_columns_suppose(columns, reading, &few))
        return false;
    counted = few;
    snapshot_read_header(snapshot, &record->header, &record->profile, arrays[0], &counted);
    if (slot_columns_bear_out(columns, &counted) ||
        (record->scale.array_sequence == (uint32_t)arrays[0]->record.sequence &&
         read_scale(snapshot, record, arrays, count, &few, &counted) &&
         slot_columns_bear_out(columns, &counted))) {
        *reading = counted;
        return true;
    }
    struct block block = block_of(arrays[0]);
    if (!vector_length_is(&snapshot->view, &block, columns->fewest))
        return false;
    few.live_error = 0;
    few.flags = (few.flags & ~DUMP_TABLE_LIVE_IS_UPPER_BOUND) | DUMP_TABLE_COUNTED;
    *reading = few;
    return true;
}

bool snapshot_read_fewest(struct snapshot *snapshot, const struct table_record *record,
                          struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                          const struct slot_columns *columns, struct table_reading *reading)
{
    struct block block = block_of(arrays[0]);
    struct slot_columns halves;
    return read_borne_out(snapshot, record, arrays, count, columns, reading) ||
           (slot_columns_read_halves(&snapshot->view, &block, &record->profile, reading->live,
                                     &halves) &&
            read_borne_out(snapshot, record, arrays, count, &halves, reading));
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

bool snapshot_read_object(struct snapshot *snapshot, const struct table_record *record,
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
            !are_commensurable(scaled.capacity, slots.capacity)) {
            scaled.capacity = slots.capacity;
            scaled.slot_bytes = slots.slot_bytes;
        }
        *reading = scaled;
        return true;
    }
    if (is_read && columns)
        snapshot_doubt_columns(snapshot, record, columns, reading);
    return is_read;
}
