/*
 * Which slots are in use by what nearly all of the others have in common: see counted_search.h. No
 * state, no allocation.
 */
#include "counted_search.h"

#define PIECES       16u
#define PIECE_SLOTS  (COUNTED_SAMPLE / PIECES)
#define FREQUENT     3u  /* values of a column that are told apart: empty, deleted, and another */
#define MARK_PART    16u /* a mark stands in one slot of so many at least */
#define BLANK_PART   32u /* and what empty slots hold */
#define DISTINCT_OF  8u  /* of so many slots in use one may have the value of another */
#define LEAST_SHOWN  8u
#define LOOSE        8u /* standard errors by which a sample may be off */
#define LEAST_TAGS   12u
#define MOST_NUMBERS 65536u

/* --- reading --- */

/* Copies elements of an array; bits as a byte each. */
static bool read_elements(const struct counted_search *search, const struct counted_array *array,
                          uint64_t first, uint32_t count, unsigned char *into)
{
    unsigned char packed[COUNTED_SAMPLE / 4 + 1];
    if (array->slot_bytes != 0)
        return layout_read(search->view, array->address + first * array->slot_bytes, into,
                           (size_t)count * array->slot_bytes);
    while (count > 0) {
        uint32_t skipped = first % 8, part = count < 512 ? count : 512;
        uint64_t start = (first - skipped) * array->bits / 8;
        if (!layout_read(search->view, array->address + start, packed,
                         ((skipped + part) * array->bits + 7) / 8))
            return false;
        for (uint32_t i = 0; i < part; i++) {
            uint32_t bit = (skipped + i) * array->bits;
            *into++ = packed[bit / 8] >> bit % 8 & ((1u << array->bits) - 1);
        }
        first += part;
        count -= part;
    }
    return true;
}

static uint32_t element_bytes(const struct counted_array *array)
{
    return array->slot_bytes != 0 ? array->slot_bytes : 1;
}

static uint32_t value_of(const struct counted_column *column, const unsigned char *element)
{
    return column->bytes == 4 ? word_u32(element, column->offset) : element[column->offset];
}

/* --- what a column holds --- */

struct frequent {
    uint32_t value, count;
};

/* The most frequent values, the most frequent first: by Misra and Gries, then counted. */
static void find_frequent(const struct counted_column *column, const unsigned char *elements,
                          uint32_t element, struct frequent out[FREQUENT])
{
    memset(out, 0, FREQUENT * sizeof(out[0]));
    for (uint32_t i = 0; i < COUNTED_SAMPLE; i++) {
        uint32_t value = value_of(column, elements + (size_t)i * element), at = 0, room = FREQUENT;
        while (at < FREQUENT && !(out[at].count > 0 && out[at].value == value)) {
            room = out[at].count == 0 ? at : room;
            at++;
        }
        if (at < FREQUENT)
            out[at].count++;
        else if (room < FREQUENT)
            out[room] = (struct frequent){.value = value, .count = 1};
        else
            for (at = 0; at < FREQUENT; at++)
                out[at].count--;
    }
    for (uint32_t at = 0; at < FREQUENT; at++) {
        uint32_t seen = 0;
        for (uint32_t i = 0; out[at].count > 0 && i < COUNTED_SAMPLE; i++)
            seen += value_of(column, elements + (size_t)i * element) == out[at].value;
        out[at].count = seen;
    }
    for (uint32_t at = 1; at < FREQUENT; at++)
        for (uint32_t i = at; i > 0 && out[i].count > out[i - 1].count; i--) {
            struct frequent other = out[i];
            out[i] = out[i - 1];
            out[i - 1] = other;
        }
}

/* Whether the object has a number of slots of which the sample would show about so many: entries
 * may lie in runs. */
static bool may_say(const struct counted_search *search, uint32_t seen)
{
    uint32_t word;
    for (uint32_t nth = 0; counted_object_word(&search->object, nth, &word); nth++) {
        if (word < COUNTED_LEAST || word > search->shape.slots / COUNTED_EMPTY_OF)
            continue;
        uint64_t wanted = (uint64_t)word * COUNTED_SAMPLE / search->shape.slots;
        uint64_t apart = distance_between(wanted, seen);
        if (apart <= LOOSE || apart * apart <= (uint64_t)LOOSE * LOOSE * wanted)
            return true;
    }
    return false;
}

/* Whether the column tells anything: sets what is blank, and a mark. */
static bool learn(const struct counted_search *search, struct counted_column *column,
                  const unsigned char *elements, uint32_t element)
{
    struct frequent frequent[FREQUENT];
    find_frequent(column, elements, element, frequent);
    column->blank = frequent[0].value;
    column->mark = frequent[1].value;
    column->has_mark = frequent[1].count * MARK_PART >= COUNTED_SAMPLE;
    uint32_t in_use = COUNTED_SAMPLE - frequent[0].count;
    uint32_t least = column->has_mark ? in_use - frequent[1].count : in_use;
    column->is_dropped = !may_say(search, in_use) && !(column->has_mark && may_say(search, least));
    /* How many keys there are tells whether the object counts those. */
    return !column->is_dropped ||
           (column->bytes == 4 && frequent[0].count * BLANK_PART >= COUNTED_SAMPLE);
}

static void add_columns(struct counted_search *search, uint32_t array,
                        const unsigned char *elements)
{
    const uint32_t element = element_bytes(&search->shape.arrays[array]);
    const uint32_t step = element % 4 == 0 ? 4 : 1;
    struct counted_column column = {.array = (uint8_t)array};
    for (column.bytes = 1; column.bytes <= 4; column.bytes = (uint8_t)(column.bytes + 3))
        for (uint32_t at = 0; at + column.bytes <= element; at += column.bytes == 4 ? step : 1) {
            column.offset = (uint8_t)at;
            if (search->column_count < COUNTED_COLUMNS && learn(search, &column, elements, element))
                search->columns[search->column_count++] = column;
        }
}

static bool read_sample(struct counted_search *search)
{
    const struct counted_shape *shape = &search->shape;
    unsigned char *into = search->sample;
    search->column_count = 0;
    for (uint32_t i = 0; i < shape->array_count; i++) {
        const uint32_t element = element_bytes(&shape->arrays[i]);
        for (uint32_t piece = 0; piece < PIECES; piece++)
            if (!read_elements(search, &shape->arrays[i],
                               piece * ((shape->slots - PIECE_SLOTS) / (PIECES - 1)), PIECE_SLOTS,
                               into + (size_t)piece * PIECE_SLOTS * element))
                return false;
        add_columns(search, i, into);
        into += (size_t)COUNTED_SAMPLE * element;
    }
    for (uint32_t i = 0; i < search->column_count; i++)
        if (!search->columns[i].is_dropped)
            return true;
    return false;
}

/* --- how many slots are in use by it --- */

static void count_chunk(struct counted_column *column, const unsigned char *elements,
                        uint32_t element, uint32_t count)
{
    uint64_t filled = 0, marked = 0;
    if (column->bytes == 4)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t value = word_u32(elements, (size_t)i * element + column->offset);
            filled += value != column->blank;
            marked += value == column->mark;
        }
    else
        for (uint32_t i = 0; i < count; i++) {
            uint32_t value = elements[(size_t)i * element + column->offset];
            filled += value != column->blank;
            marked += value == column->mark;
        }
    column->filled += filled;
    column->live += column->has_mark ? filled - marked : filled;
}

static bool count_array(struct counted_search *search, uint32_t array)
{
    const struct counted_shape *shape = &search->shape;
    const uint32_t element = element_bytes(&shape->arrays[array]);
    const uint64_t most = shape->slots / COUNTED_EMPTY_OF, at_once = COUNTED_CHUNK / element;
    for (uint64_t first = 0; first < shape->slots; first += at_once) {
        uint64_t left = shape->slots - first, count = left < at_once ? left : at_once;
        bool is_any = false;
        if (!read_elements(search, &shape->arrays[array], first, (uint32_t)count, search->chunk))
            return false;
        for (uint32_t i = 0; i < search->column_count; i++) {
            struct counted_column *column = &search->columns[i];
            if (column->array != array || (column->is_dropped && column->bytes != 4))
                continue;
            count_chunk(column, search->chunk, element, (uint32_t)count);
            column->is_dropped = column->is_dropped || column->live > most;
            is_any = true;
        }
        if (!is_any)
            break;
    }
    return true;
}

/* Whether the object says that so many are in use; keeps the number. */
static void add_live(struct counted_search *search, uint32_t column, bool skips_mark)
{
    const struct counted_column *of = &search->columns[column];
    const uint64_t live = skips_mark ? of->live : of->filled;
    if (of->is_dropped || live < COUNTED_LEAST || live * COUNTED_EMPTY_OF > search->shape.slots ||
        !counted_object_says(&search->object, live))
        return;
    /* What tells the slots in use lies in them, or is a column that was made for it. */
    const struct counted_array *array = &search->shape.arrays[of->array];
    if (array->block.address != search->block.address && array->slot_bytes > 4)
        return;
    const struct counted_live said = {
        .column = (uint16_t)column, .skips_mark = skips_mark, .live = live};
    uint32_t at = 0;
    for (uint32_t i = 0; i < search->live_count; i++) {
        /* A word that tells entries apart tells more than a byte. */
        const struct counted_column *other = &search->columns[search->lives[i].column];
        if (search->lives[i].live != live || other->array != of->array)
            continue;
        if (other->bytes < of->bytes)
            search->lives[i] = said;
        return;
    }
    while (at < search->live_count && search->lives[at].live >= live)
        at++;
    if (at == COUNTED_LIVES)
        return;
    search->live_count += search->live_count < COUNTED_LIVES;
    for (uint32_t i = search->live_count - 1; i > at; i--)
        search->lives[i] = search->lives[i - 1];
    search->lives[at] = said;
}

bool counted_columns_find(struct counted_search *search)
{
    search->live_count = 0;
    const uint64_t bytes = search->shape.slots * search->shape.arrays[0].slot_bytes;
    if (search->shape.slots < COUNTED_SAMPLE || search->bytes_left < bytes || !read_sample(search))
        return false;
    search->bytes_left -= bytes;
    for (uint32_t i = 0; i < search->column_count; i++)
        search->columns[i].filled = search->columns[i].live = 0;
    for (uint32_t i = 0; i < search->shape.array_count; i++)
        if (!count_array(search, i))
            return false;
    for (uint32_t i = 0; i < search->column_count; i++) {
        add_live(search, i, false);
        if (search->columns[i].has_mark)
            add_live(search, i, true);
    }
    return search->live_count > 0;
}

/* --- the deleted ones --- */

#define LEFT_OF  4u /* deleted slots hold something else as well but for one of so many, */
#define CLEAN_OF 8u /* and of so many others one may */

/* The sampled elements of an array. */
static const unsigned char *sampled(const struct counted_search *search, uint32_t array)
{
    const unsigned char *elements = search->sample;
    for (uint32_t i = 0; i < array; i++)
        elements += (size_t)COUNTED_SAMPLE * element_bytes(&search->shape.arrays[i]);
    return elements;
}

/* Whether the sampled slot holds anything in that array but the column's value. */
static bool has_rest(const struct counted_search *search, const struct counted_column *column,
                     uint32_t slot, uint32_t array)
{
    const uint32_t element = element_bytes(&search->shape.arrays[array]);
    const unsigned char *bytes = sampled(search, array) + (size_t)slot * element;
    for (uint32_t at = 0; at < element; at++) {
        bool is_own = array == column->array && at >= column->offset &&
                      at < (uint32_t)column->offset + column->bytes;
        if (!is_own && bytes[at] != 0)
            return true;
    }
    return false;
}

/* Whether what slots hold in that array tells which of the two values is that of deleted ones. */
static bool tell_deleted(const struct counted_search *search, const struct counted_column *column,
                         uint32_t array, bool *is_mark)
{
    const unsigned char *elements = sampled(search, column->array);
    const uint32_t element = element_bytes(&search->shape.arrays[column->array]);
    uint32_t seen[2] = {0}, left[2] = {0}; /* of the most frequent value, and of the next */
    for (uint32_t i = 0; i < COUNTED_SAMPLE; i++) {
        const uint32_t value = value_of(column, elements + (size_t)i * element);
        if (value != column->blank && value != column->mark)
            continue;
        seen[value == column->mark]++;
        left[value == column->mark] += has_rest(search, column, i, array);
    }
    *is_mark = left[1] * seen[0] > left[0] * seen[1];
    return (seen[*is_mark] - left[*is_mark]) * LEFT_OF <= seen[*is_mark] &&
           left[!*is_mark] * CLEAN_OF <= seen[!*is_mark];
}

uint64_t counted_columns_deleted(const struct counted_search *search,
                                 const struct counted_live *live)
{
    const struct counted_column *column = &search->columns[live->column];
    bool is_mark;
    for (uint32_t i = 0; live->skips_mark && i < search->shape.array_count; i++)
        if (tell_deleted(search, column, i, &is_mark))
            return is_mark ? column->filled - column->live : search->shape.slots - column->filled;
    return 0;
}

/* --- the slots in use --- */

static bool is_live(const struct counted_column *column, const struct counted_live *live,
                    const unsigned char *element)
{
    uint32_t value = value_of(column, element);
    return value != column->blank && !(live->skips_mark && value == column->mark);
}

/* How many of the values are others than those before. */
static uint32_t count_distinct(const uint32_t *values, uint32_t count)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = 0;
        while (values[before] != values[i])
            before++;
        distinct += before == i;
    }
    return distinct;
}

bool counted_columns_sample(struct counted_search *search, const struct counted_live *live,
                            uint32_t round)
{
    struct counted_column *column = &search->columns[live->column];
    const struct counted_array *array = &search->shape.arrays[column->array];
    const uint32_t element = element_bytes(array);
    /* Of halves with hashes of their own the first. */
    const uint64_t end = search->shape.are_halves ? search->shape.capacity : search->shape.slots;
    const uint64_t at_once = COUNTED_CHUNK / element;
    uint64_t step = live->live / (search->shape.are_halves ? 2 : 1) / RELATION_SAMPLES, seen = 0;
    uint32_t values[RELATION_SAMPLES];
    step = step != 0 ? step : 1;
    search->count = 0;
    for (uint64_t first = 0; first < end && search->count < RELATION_SAMPLES; first += at_once) {
        uint64_t count = end - first < at_once ? end - first : at_once;
        if (!read_elements(search, array, first, (uint32_t)count, search->chunk))
            return false;
        for (uint64_t i = 0; i < count && search->count < RELATION_SAMPLES; i++) {
            const unsigned char *bytes = search->chunk + i * element;
            if (!is_live(column, live, bytes) || seen++ % step != round % step)
                continue;
            values[search->count] = value_of(column, bytes);
            search->slots[search->count++] = first + i;
        }
    }
    const uint32_t distinct = count_distinct(values, search->count);
    column->is_key_like = column->bytes == 4 && search->count >= LEAST_SHOWN &&
                          (search->count - distinct) * DISTINCT_OF <= search->count;
    column->is_tag = column->bytes == 1 && distinct >= LEAST_TAGS;
    return search->count >= RELATION_LEAST;
}

/* Whether the slots in use hold the numbers from zero on, or from one, each once: those of entries
 * of which the last one is put into the place of one that is erased. Of others that are in use,
 * too, those would be missing. */
static bool are_numbered(struct counted_search *search, const struct counted_live *live,
                         const struct counted_column *numbers)
{
    const struct counted_column *column = &search->columns[live->column];
    const struct counted_array *array = &search->shape.arrays[column->array];
    const struct counted_array *other = &search->shape.arrays[numbers->array];
    const uint32_t element = element_bytes(array), other_element = element_bytes(other);
    const uint32_t larger = element > other_element ? element : other_element;
    const uint64_t at_once = COUNTED_CHUNK / 2 / larger;
    unsigned char *others = search->chunk + COUNTED_CHUNK / 2;
    uint64_t seen = 0, sum = 0, squares = 0, lowest = UINT64_MAX;
    for (uint64_t first = 0; first < search->shape.slots; first += at_once) {
        uint64_t left = search->shape.slots - first, count = left < at_once ? left : at_once;
        if (!read_elements(search, array, first, (uint32_t)count, search->chunk) ||
            !read_elements(search, other, first, (uint32_t)count, others))
            return false;
        for (uint64_t i = 0; i < count; i++) {
            if (!is_live(column, live, search->chunk + i * element))
                continue;
            uint64_t value = word_u32(others, i * other_element + numbers->offset);
            if (value > live->live)
                return false;
            seen++;
            sum += value;
            squares += value * value;
            lowest = value < lowest ? value : lowest;
        }
    }
    const uint64_t n = live->live - 1 + lowest;
    return lowest <= 1 && seen == live->live && sum == n * (n + 1) / 2 &&
           squares == n * (n + 1) / 2 * (2 * n + 1) / 3;
}

static bool have_numbers(struct counted_search *search, const struct counted_live *live)
{
    for (uint32_t i = 0; live->live <= MOST_NUMBERS && i < search->column_count; i++)
        if (search->columns[i].bytes == 4 && i != live->column &&
            are_numbered(search, live, &search->columns[i]))
            return true;
    return false;
}

/* The object may count all entries, or those that are in use and those that were deleted; then the
 * number is but that of some of them. By a mark in the place of what tells entries apart these are
 * known to be deleted, whatever it counts besides. */
bool counted_columns_are_some(struct counted_search *search, const struct counted_live *live,
                              bool is_by_key)
{
    bool is_sum = false;
    for (uint32_t i = 0; i < search->column_count; i++) {
        const struct counted_column *column = &search->columns[i];
        if (column->bytes != 4 && i != live->column)
            continue;
        const uint64_t numbers[] = {column->filled, column->live};
        for (unsigned n = 0; n < 2; n++) {
            if (numbers[n] <= live->live + 1)
                continue;
            if (counted_object_has(&search->object, numbers[n]))
                return true;
            is_sum = is_sum || counted_object_adds_up_to(&search->object, numbers[n]);
        }
    }
    return is_sum && !is_by_key && !search->columns[live->column].is_tag &&
           !have_numbers(search, live);
}
