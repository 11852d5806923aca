/*
 * Slots that keep a hash and the number of a row, in an array elsewhere that has the keys: see
 * static_search.h. No state, no allocation.
 *
 * A hash beside a number looks like a handle beside an index: the slot's number, a generation above
 * it. So the rows are looked for in the blocks that the table's object points at as well. Rows have
 * their keys' addresses all at one place, by which their size is found; and each slot must keep the
 * whole hash of its row's key, not those bits alone that name the slot.
 */
#include "static_search.h"

#define MOST_ROW_BYTES 128u /* each size costs a read for each entry sampled */
#define MOST_MARKS     2u   /* numbers before the first row's: empty, erased */
#define MOST_ASKED     8u   /* kinds of rows that look as if they had keys */

struct rows_search {
    struct static_search *search;
    const struct relation_question *question;
    uint32_t numbers[RELATION_SAMPLES], least, highest;
    uint32_t asked;
    bool found;
};

static uint64_t row_at(const struct block *rows, uint32_t number, uint32_t first, uint32_t bytes)
{
    return rows->address + (uint64_t)(number - first) * bytes;
}

/* Whether the column of slots holds numbers, each of another row. */
static bool read_numbers(struct rows_search *rows, uint32_t column)
{
    const struct static_search *search = rows->search;
    rows->least = UINT32_MAX;
    rows->highest = 0;
    for (uint32_t i = 0; i < search->count; i++) {
        uint32_t *number = &rows->numbers[i];
        if (!layout_read_u32(search->view, search->work->entries[i].address + column, number) ||
            *number > search->shape.capacity)
            return false;
        for (uint32_t before = 0; before < i; before++)
            if (rows->numbers[before] == *number)
                return false;
        rows->least = *number < rows->least ? *number : rows->least;
        rows->highest = *number > rows->highest ? *number : rows->highest;
    }
    return true;
}

static bool is_address_at(const struct rows_search *rows, const struct block *block, uint32_t first,
                          uint32_t bytes, uint32_t offset)
{
    for (uint32_t i = 0; i < rows->search->count; i++) {
        uint64_t word;
        if (!layout_read_u64(rows->search->view,
                             row_at(block, rows->numbers[i], first, bytes) + offset, &word) ||
            !layout_is_pointer(word, 1))
            return false;
    }
    return true;
}

static bool have_addresses(const struct rows_search *rows, const struct block *block,
                           uint32_t first, uint32_t bytes)
{
    for (uint32_t offset = 0; offset + 8 <= bytes; offset += 8)
        if (is_address_at(rows, block, first, bytes, offset))
            return true;
    return false;
}

/* Puts the rows in the place of the entries, and asks for their keys. */
static bool have_keys(const struct rows_search *rows, const struct block *block, uint32_t first,
                      uint32_t bytes)
{
    struct static_search *search = rows->search;
    struct relation_question question = *rows->question;
    struct hash_relation keyed;
    for (uint32_t i = 0; i < search->count; i++)
        if (!layout_read(search->view, row_at(block, rows->numbers[i], first, bytes),
                         search->work->entries[i].bytes, bytes))
            return false;
    question.first = question.entry = 0;
    question.end = question.text_end = bytes;
    question.no_numbers = true;
    return keyed_relation_find(&question, &keyed) && keyed.is_exact &&
           static_keep_whole_hash(search, &keyed);
}

static bool try_rows(const struct block *block, void *context)
{
    struct rows_search *rows = context;
    if (block->address == rows->search->block->address)
        return true;
    for (uint32_t bytes = 8; bytes <= MOST_ROW_BYTES; bytes += 8)
        for (uint32_t first = 0; first <= MOST_MARKS && first <= rows->least; first++) {
            if ((uint64_t)(rows->highest - first + 1) * bytes > block->bytes ||
                !have_addresses(rows, block, first, bytes))
                continue;
            if (rows->asked++ == MOST_ASKED)
                return false;
            if (have_keys(rows, block, first, bytes)) {
                rows->search->rows = *block;
                rows->found = true;
                return false;
            }
        }
    return true;
}

bool static_rows_have_keys(struct static_search *search, const struct relation_question *question)
{
    struct rows_search rows = {.search = search, .question = question};
    if (search->shape.leads != LEADS_NOWHERE)
        return false;
    for (uint32_t column = 0; column + 4 <= search->shape.slot_bytes && !rows.found; column += 4)
        if (column != search->relation.offset && read_numbers(&rows, column))
            static_siblings(search->view, search->block->address, try_rows, &rows);
    return rows.found;
}
