/*
 * What the words of slots hold, if one of them leads to a block of entries: for vector_counts.c.
 *
 * A column is a number of four bytes (of the wider ones the upper halves are zero, and so the same
 * in all slots), or an address behind that in the pointer: an end.
 */
#ifndef HASHTRACK_VECTOR_COLUMNS_H
#define HASHTRACK_VECTOR_COLUMNS_H

#include "layouts/layout.h"
#include "layouts/words.h"

#define VECTOR_MOST_SLOT    64u
#define VECTOR_NUMBERS      (VECTOR_MOST_SLOT / 4)
#define VECTOR_ENDS         (VECTOR_MOST_SLOT / 8)
#define VECTOR_MOST_COLUMNS 2u
/* A pointer of no vector is below: zero, or the alignment of what it leads to. */
#define VECTOR_LEAST_ADDRESS 4096u
#define VECTOR_PHASES        6u /* slots may be two or three times as large as they are taken to be */

struct vector_column {
    uint32_t offset;
    bool is_end;
};

struct vectors {
    uint32_t slot_bytes, header_bytes, pointer;
    uint64_t slots, empty; /* `empty`: what a bucket without a vector holds for a pointer */
    uint64_t seen, occupied;
    uint64_t in_phase[VECTOR_PHASES]; /* of the slots whose numbers leave so much, those occupied */
    bool is_empty_known;
    uint32_t first[VECTOR_NUMBERS]; /* in the first slot */
    bool varies[VECTOR_NUMBERS], is_set_in_empty[VECTOR_NUMBERS];
    uint64_t sum[VECTOR_NUMBERS];
    bool is_no_end[VECTOR_ENDS];
    uint64_t end_sum[VECTOR_ENDS], divisor[VECTOR_ENDS];
};

/* The address of the first slot. */
static inline uint64_t vector_columns_start(const struct vectors *vectors,
                                            const struct block *block)
{
    return block->address + vectors->header_bytes;
}

/* Whether the slot has a vector; where it is. */
static inline bool vector_columns_pointer(const struct vectors *vectors, const unsigned char *slot,
                                          uint64_t *pointer)
{
    *pointer = word_u64(slot, vectors->pointer);
    return *pointer >= VECTOR_LEAST_ADDRESS;
}

/* The number, or the bytes up to the end. */
static inline uint64_t vector_columns_value(const struct vectors *vectors,
                                            const struct vector_column *column,
                                            const unsigned char *slot)
{
    return column->is_end ? word_u64(slot, column->offset) - word_u64(slot, vectors->pointer)
                          : word_u32(slot, column->offset);
}

/* Goes through the slots of the array, by their size, header and pointer, which are set. False
 * where they are no vectors, as far as that can be seen at once. Uses the view's scratch. */
bool vector_columns_tally(const struct layout_view *view, const struct block *block,
                          struct vectors *vectors);

/* The columns that are not the same in all slots. False where there are more than two, or one says
 * something of buckets that have no vector: a key beside a vector belongs to the slot, whether
 * anything is left in it or not. */
bool vector_columns_find(const struct vectors *vectors,
                         struct vector_column columns[VECTOR_MOST_COLUMNS], uint32_t *number);

/* Whether each other slot is empty, or two of three are: then they are parts of larger ones. */
bool vector_columns_are_parts(const struct vectors *vectors);

#endif
