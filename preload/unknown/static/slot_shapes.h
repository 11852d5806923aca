/*
 * Shapes that the slots of an unknown array may have: how large they are, where the first begins,
 * which word tells empty from occupied and what it leads to. For arrays of which nobody saw the
 * growth, so that nothing is known but their bytes.
 */
#ifndef HASHTRACK_SLOT_SHAPES_H
#define HASHTRACK_SLOT_SHAPES_H

#include "glimpse.h"
#include "hash_relation.h"
#include "layouts/layout.h"

enum slot_leads {
    LEADS_NOWHERE,    /* the entry is in the slot */
    LEADS_BY_POINTER, /* the slot's word is the entry's address */
    LEADS_BY_INDEX,   /* it is the entry's number in another array */
};

struct slot_shape {
    uint32_t header_bytes; /* before the first slot */
    uint32_t slot_bytes;
    uint32_t column; /* in the slot: the word that leads to the entry */
    uint32_t column_bytes;
    uint64_t capacity;
    uint64_t empty; /* what that word holds in an empty slot */
    uint64_t mark;  /* and in a deleted one, where has_mark */
    bool has_mark;
    bool is_text;     /* a text begins in the column: where it has no letters the slot is empty */
    bool is_pure;     /* every word that is not empty is an address */
    bool is_numbered; /* an odd word is the number of an empty slot: slot_numbers.h */
    uint8_t leads;
    uint8_t tag_bits;        /* by pointer: the topmost of the word that are not the address's */
    struct block entries;    /* by index: their array */
    uint32_t entries_header; /* before the first of them */
    uint32_t entry_bytes;
    uint32_t first_index; /* by index: the number of the first entry */
    bool is_indirect;     /* by index: the array holds the entries' addresses */
};

/* The column's word of the slot, without a tag. */
static inline uint64_t slot_shape_word(const struct slot_shape *shape, uint64_t word)
{
    return word & UINT64_MAX >> shape->tag_bits;
}

/* Whether nothing is in a slot with that word. */
static inline bool slot_shape_is_blank(const struct slot_shape *shape, uint64_t word)
{
    return word == shape->empty || (shape->is_text && (word & 0xFF) == 0);
}

/* The nth way in which slots of `slot_bytes` fit into so many bytes: sets header_bytes and
 * capacity. False after the last. */
bool slot_shape_fit(uint64_t bytes, unsigned nth, struct slot_shape *shape);

/* A prime number of slots in a size that was rounded up to a cache line, as aligned_alloc() wants
 * it: sets the capacity to the nth of those that end in the last line. False where there is none.
 */
#define SLOT_SHAPE_LINE_PRIMES 2u
bool slot_shape_prime_in_lines(uint64_t bytes, unsigned nth, struct slot_shape *shape);

/* Whether the words of the column may lead to entries, by a few of them: all but few are addresses,
 * or nothing. Cheap, for columns that hold something else. SHAPE_BLANK: there is nothing but zeros.
 */
enum shape_points { SHAPE_POINTS_NOWHERE, SHAPE_MAY_POINT, SHAPE_BLANK };
enum shape_points slot_shape_may_point(const struct glimpse *glimpse, const struct block *block,
                                       const struct slot_shape *shape);

/* Copies up to `most` words of the column that stand for something, zeros and other small numbers
 * left out, with the numbers of their slots. */
uint32_t slot_shape_pick(const struct glimpse *glimpse, const struct block *block,
                         const struct slot_shape *shape, struct sampled_entry *entries,
                         uint32_t most);

/* The first step of slot_shape_learn: which words are empty. False when none are. */
bool slot_shape_learn_empty(const struct glimpse *glimpse, const struct block *block,
                            struct slot_shape *shape);

/* Whether the words of the column, in the glimpse, are empty, or marks, or lead somewhere; learns
 * which words are empty and which are marks. */
bool slot_shape_learn(const struct glimpse *glimpse, const struct block *block,
                      struct slot_shape *shape);

/* Whether no slot that the glimpse shows is empty or deleted, of so many that a table of up to five
 * entries a bucket has an empty one among them. */
bool slot_shape_is_full(const struct glimpse *glimpse, const struct block *block,
                        const struct slot_shape *shape);

/* Of slot `slot` with this word in the column. */
enum slot_state { SLOT_EMPTY, SLOT_DELETED, SLOT_OCCUPIED };
enum slot_state slot_shape_state(const struct slot_shape *shape, const struct block *block,
                                 uint64_t slot, uint64_t word);

/* By index: where the first entry is, and for how many there is room. */
static inline uint64_t slot_shape_first_entry(const struct slot_shape *shape)
{
    return shape->entries.address + shape->entries_header;
}

static inline uint64_t slot_shape_room(const struct slot_shape *shape)
{
    return (shape->entries.bytes - shape->entries_header) / shape->entry_bytes;
}

/* Where the entry is that the word leads to: of shapes that are indirect, where its address is. */
uint64_t slot_shape_place(const struct slot_shape *shape, const struct block *block, uint64_t slot,
                          uint64_t word);

/* The entry at that place; 0: there is none. */
uint64_t slot_shape_entry_at(const struct layout_view *view, const struct slot_shape *shape,
                             uint64_t place);

/* Whether a slot nearby, which is among the last of these entries, has the same word in the column:
 * erasing moved the entry back and left it where it was, behind a state that says that nothing is
 * there (`None` writes no more). No table has a key twice. */
bool slot_shape_is_copy(const struct slot_shape *shape, const struct sampled_entry *entries,
                        uint32_t count, uint64_t slot, uint64_t word);

#endif
