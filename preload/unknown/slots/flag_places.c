/*
 * Where flags begin, and counting them there: see flag_places.h. No state, no lock, no allocation.
 */
#include "flag_places.h"

#include "flag_sizes.h"
#include "flag_tally.h"

#define LEAST_BUCKET  16u
#define LEAST_TRACKED 1024u /* smaller blocks are not known */

static uint64_t round_up(uint64_t number, uint64_t unit)
{
    return (number + unit - 1) / unit * unit;
}

uint64_t flag_start_of(const struct flag_look *look, enum flag_base base, int16_t pointer_offset,
                       enum flag_unit unit, uint64_t slots)
{
    const struct block *array = look->array;
    /* Bits are kept in words. */
    uint64_t bytes = round_up(flag_bytes(unit, slots), unit == FLAG_BYTE ? 1 : 8), pointer;
    struct block beside;
    if (bytes >= array->bytes && base != FLAG_FROM_POINTER)
        return 0;
    /* What has as large a share of the block is the slots. */
    if (flag_is_hash(unit) && bytes > array->bytes / 2)
        return 0;
    if (base == FLAG_FROM_START) {
        uint64_t header = (array->bytes - bytes) % slots;
        return header <= FLAG_MOST_HEADER ? array->address + header : 0;
    }
    if (base == FLAG_TO_END)
        return array->address + array->bytes - bytes;
    uint64_t at = look->window->place + (uint64_t)(int64_t)pointer_offset;
    if (!object_window_has(look->window, at) || !object_window_has(look->window, at + 4))
        return 0;
    pointer = word_u64(look->window->bytes, at - look->window->start);
    if (block_has(array, pointer)) {
        uint64_t offset = pointer - array->address;
        if (base == FLAG_TO_POINTER)
            return offset >= bytes ? pointer - bytes : 0;
        return array->bytes - offset >= bytes ? pointer : 0;
    }
    /* A column of its own that has a word for each slot may be the keys, which erasing leaves. */
    if (base != FLAG_FROM_POINTER || flag_is_hash(unit) || !layout_is_pointer(pointer, 8) ||
        look->view->blocks == NULL)
        return 0;
    bool is_beside =
        look->view->blocks->find(look->view->blocks, pointer, &beside)
            ? beside.bytes >= flag_bytes(unit, slots) && beside.bytes <= bytes + FLAG_MOST_HEADER
            : bytes < LEAST_TRACKED;
    return is_beside ? pointer : 0;
}

uint64_t flag_buckets_of(const struct flag_look *look, uint64_t buckets, uint32_t *bucket_bytes)
{
    const struct block *array = look->array;
    uint64_t header = array->bytes % buckets, pointer;
    if (look->window->start < look->window->place) {
        pointer = word_u64(look->window->bytes, look->window->place - look->window->start);
        header = pointer - array->address;
    }
    header = header <= FLAG_MOST_HEADER ? header : 0;
    uint64_t bytes = (array->bytes - header) / buckets;
    *bucket_bytes = (uint32_t)bytes;
    return bytes >= LEAST_BUCKET && bytes <= FLAG_MOST_BUCKET && bytes % 8 == 0
               ? array->address + header
               : 0;
}

static bool count_buckets(const struct flag_look *look, const struct flag_way *way, uint64_t *slots,
                          uint64_t *number)
{
    struct flag_columns columns;
    uint32_t bucket_bytes;
    uint64_t start = flag_buckets_of(look, *slots, &bucket_bytes);
    if (start == 0 || way->value >= bucket_bytes ||
        !flag_columns_read(look->view, start, *slots, bucket_bytes, &columns) ||
        flag_columns_slots(&columns, bucket_bytes, way->value) > way->bucket_slots ||
        !flag_columns_fit(&columns, bucket_bytes, way->value, way->bucket_slots))
        return false;
    *slots *= way->bucket_slots;
    *number = flag_columns_number(&columns, way->value, way->bucket_slots);
    return true;
}

bool flag_way_count(const struct flag_look *look, const struct flag_way *way, uint64_t *slots,
                    uint64_t *number)
{
    struct flag_tally tally = {0};
    uint32_t word = flag_word_at(look->window, way->capacity);
    if (way->in_array)
        word = look->front && way->capacity >= 0 && (unsigned)way->capacity + 4 <= FLAG_FRONT_BYTES
                   ? word_u32(look->front, (size_t)way->capacity)
                   : 0;
    *slots = scale_capacity_of(word, (enum scale_form)way->form);
    if (way->unit > FLAG_BUCKET || way->base > FLAG_TO_POINTER ||
        !flag_slots_can_fill(look->array->bytes, *slots))
        return false;
    if (way->unit == FLAG_BUCKET)
        return count_buckets(look, way, slots, number);
    uint64_t start = flag_start_of(look, (enum flag_base)way->base, way->pointer,
                                   (enum flag_unit)way->unit, *slots);
    return start != 0 &&
           flag_tally_read(look->view, start, *slots, (enum flag_unit)way->unit, &tally) &&
           flag_tally_number(&tally, (enum flag_unit)way->unit, way->value, number);
}
