/*
 * Going through slots that may be vectors: see vector_columns.h. No state, no lock, no allocation.
 */
#include "vector_columns.h"

#include "slot_profile.h"

#define MOST_BYTES (1u << 20) /* of the entries of one bucket */

static void tally_end(struct vectors *vectors, uint32_t nth, uint64_t end, uint64_t pointer,
                      bool is_occupied)
{
    uint64_t bytes = end - pointer;
    if (is_occupied ? bytes > MOST_BYTES : bytes != 0) {
        vectors->is_no_end[nth] = true;
        return;
    }
    vectors->end_sum[nth] += bytes;
    vectors->divisor[nth] = common_divisor(bytes, vectors->divisor[nth]);
}

/* False where there are no vectors. */
static bool tally_slot(struct vectors *vectors, const unsigned char *slot)
{
    uint64_t pointer;
    bool is_occupied = vector_columns_pointer(vectors, slot, &pointer);
    if (is_occupied && !slot_profile_is_pointer(pointer))
        return false;
    if (!is_occupied) {
        if (vectors->is_empty_known && vectors->empty != pointer)
            return false;
        vectors->is_empty_known = true;
        vectors->empty = pointer;
    }
    for (uint32_t at = 0; at < vectors->slot_bytes; at += 4) {
        uint32_t number = word_u32(slot, at), nth = at / 4;
        if (vectors->seen == 0)
            vectors->first[nth] = number;
        vectors->varies[nth] = vectors->varies[nth] || number != vectors->first[nth];
        vectors->sum[nth] += is_occupied ? number : 0;
        vectors->is_set_in_empty[nth] =
            vectors->is_set_in_empty[nth] || (!is_occupied && number != 0);
    }
    for (uint32_t at = 0; at < vectors->slot_bytes; at += 8)
        if (!vectors->is_no_end[at / 8])
            tally_end(vectors, at / 8, word_u64(slot, at), pointer, is_occupied);
    vectors->seen++;
    vectors->in_phase[(vectors->seen - 1) % VECTOR_PHASES] += is_occupied;
    vectors->occupied += is_occupied;
    return true;
}

static bool is_end(const struct vectors *vectors, uint32_t offset)
{
    return offset != vectors->pointer && !vectors->is_no_end[offset / 8];
}

bool vector_columns_find(const struct vectors *vectors,
                         struct vector_column columns[VECTOR_MOST_COLUMNS], uint32_t *number)
{
    *number = 0;
    for (uint32_t at = 0; at < vectors->slot_bytes; at += 4) {
        bool has_end = is_end(vectors, at & ~7u);
        if ((at & ~7u) == vectors->pointer || (has_end && at % 8 != 0) ||
            (!has_end && !vectors->varies[at / 4]))
            continue;
        if (*number == VECTOR_MOST_COLUMNS || (!has_end && vectors->is_set_in_empty[at / 4]))
            return false;
        columns[(*number)++] = (struct vector_column){.offset = at, .is_end = has_end};
    }
    return true;
}

static bool tally_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct vectors *vectors = context;
    struct vector_column columns[VECTOR_MOST_COLUMNS];
    uint32_t number;
    (void)offset;
    for (size_t at = 0; at + vectors->slot_bytes <= bytes; at += vectors->slot_bytes)
        if (!tally_slot(vectors, piece + at))
            return false;
    return vector_columns_find(vectors, columns, &number);
}

bool vector_columns_tally(const struct layout_view *view, const struct block *block,
                          struct vectors *vectors)
{
    return layout_scan(view, vector_columns_start(vectors, block),
                       vectors->slots * vectors->slot_bytes, vectors->slot_bytes, tally_piece,
                       vectors);
}

bool vector_columns_are_parts(const struct vectors *vectors)
{
    const uint64_t *in_phase = vectors->in_phase;
    bool are_halves = false, are_thirds = false;
    for (uint32_t i = 0; i < 2; i++)
        are_halves = are_halves || in_phase[i] + in_phase[i + 2] + in_phase[i + 4] == 0;
    for (uint32_t i = 0; i < 3; i++)
        are_thirds = are_thirds || in_phase[i] + in_phase[i + 3] == 0;
    return are_halves || are_thirds;
}
