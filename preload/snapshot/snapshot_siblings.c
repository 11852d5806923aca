/*
 * Arrays that the same object points at: see snapshot_object.h.
 */
#include "layouts/words.h"
#include "snapshot_object.h"

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

void snapshot_add_siblings(struct snapshot *snapshot, const struct twin_view *twins, uint32_t index,
                           const struct table_record *record, const struct table_reading *reading,
                           struct table_arrays *arrays)
{
    const struct array_record *first = &arrays->list[0]->record;
    uint64_t words[2 * SIBLINGS_REACH / 8 + 1];
    uint64_t place = reading->header & ~(uint64_t)7, start = place - SIBLINGS_REACH;
    if (!(reading->flags & DUMP_TABLE_COUNTED) || reading->header == first->address ||
        !layout_read(&snapshot->view, start, words, sizeof(words)))
        return;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && arrays->count < TABLE_MAX_ARRAYS;
         i++) {
        struct live_array *array =
            live_arrays_unclaimed_at(&snapshot->arrays, words[i], arrays->list, arrays->count);
        if (!array || array->record.site == first->site ||
            array->record.sequence <= record->outgrown || array->record.bytes < reading->capacity ||
            array->record.bytes % reading->capacity > 64)
            continue;
        double times = (double)array->record.bytes / (double)first->bytes;
        if (!twins_may_share(twins, index, place, first->bytes, &array->record) ||
            are_two_objects(snapshot, place, reading->capacity, start + i * 8,
                            (uint64_t)((double)reading->capacity * times)))
            continue;
        table_arrays_add(arrays, array,
                         record->profile.is_indexed ? DUMP_ROLE_ENTRIES : DUMP_ROLE_METADATA);
    }
}
