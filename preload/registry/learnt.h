/*
 * What growths teach about a table that no layout knows, as its record keeps it: how its slots
 * look, which words of its object count, what marks a live slot. The finders are in unknown/, each
 * named beside its record. Sizes and offsets are bytes. All zero: nothing was learnt.
 */
#ifndef HASHTRACK_LEARNT_H
#define HASHTRACK_LEARNT_H

#include <stdint.h>

/* What tells an empty slot's word from others when it is not the same in all: a half that is all
 * ones; or a number that follows from the bucket's own number or address, odd, small or negative
 * beside pointers (the "nulls" of Linux). */
enum slot_mark {
    SLOT_MARK_NONE,
    SLOT_MARK_LOW,
    SLOT_MARK_HIGH,
    SLOT_MARK_ODD,
    SLOT_MARK_SMALL,
    SLOT_MARK_NEGATIVE,
    SLOT_MARKS
};

/* What a bucket that points at its entries says of their number: itself, in four bytes or in two,
 * or where they end. */
enum slot_length {
    SLOT_LENGTH_NONE,
    SLOT_LENGTH_COUNT,
    SLOT_LENGTH_END,
    SLOT_LENGTH_SHORT,
    SLOT_LENGTHS
};

/* How slots of a table without a known layout look, learnt at its growth (occupancy.h). */
struct slot_profile {
    uint32_t array_sequence; /* of the array it was learnt from, low half */
    uint32_t slot_bytes;     /* 0: not learnt */
    uint32_t header_bytes;   /* before the first slot */
    uint32_t column;         /* offset in the slot of the word that tells empty from occupied */
    uint32_t column_bytes;   /* 2, 4 or 8 */
    uint64_t empty_value;    /* what that word holds in an empty slot */
    uint32_t mark;           /* enum slot_mark: a part of it alone says so */
    uint32_t is_whole;       /* all entries of the array before are in that array, not in halves */
    uint32_t is_distinct;    /* that word was different in every occupied slot: a key, a pointer */
    uint32_t distinct_columns; /* bit n: so was the nth, where it was another than in the empty */
    uint32_t marker_offset;    /* of a byte that is marker_value in every live slot */
    uint16_t marker_value;
    uint16_t has_marker;
    uint32_t has_states;      /* a byte for each slot says which are live (slot_states.h) */
    uint32_t states_sequence; /* of the array with these bytes, low half; 0: behind the slots */
    uint32_t empty_state;
    uint64_t live_states[4]; /* bit n: byte n marks a live slot */
    uint32_t chain_offset;   /* chained: of the next pointer in an entry */
    uint32_t is_chained;
    uint32_t link_tag;      /* chained: low bits of a link that are none of it; 0: all are */
    uint32_t is_inline;     /* chained: the slot is its chain's first entry, and has the pointer */
    uint32_t tree_offset;   /* chained: one more than that of a second next pointer; 0: none */
    uint32_t list_offset;   /* to a list object: one more than its first entry's (bucket_lists.h) */
    uint32_t last_offset;   /* in the slot, of the pointer to the last entry of its list; 0: none */
    uint32_t length_kind;   /* enum slot_length (bucket_vectors.h) */
    uint32_t length_offset; /* of the number of four or two bytes, or of the 8-byte end */
    uint32_t length_entry;  /* bytes of an entry, where the end is known; else 1 */
    uint32_t is_indexed;    /* a slot is the head of a chain whose links were not found */
    uint32_t index_ppm;     /* of the array's bytes those of its slots, a power of two; 0: all */
    uint32_t is_carried;    /* from the array before, not learnt from this one */
    uint32_t is_of_parts;   /* its words are parts of larger slots (slot_kinds.h) */
    uint32_t is_in_use_to_its_end; /* what is more than a power of two of slots is no tail */
    uint64_t tail_bytes; /* behind the last slot, where the object tells (growth_tail.h) */
};

#define HEADER_MOST_COUNTS 3u

/* What a word says of m slots: m, m - 1, or, 8 bytes of it, where the array ends. */
enum header_capacity {
    HEADER_CAPACITY_UNKNOWN,
    HEADER_CAPACITY_WHOLE,
    HEADER_CAPACITY_MASK,
    HEADER_CAPACITY_END
};
enum header_kind { HEADER_IN_OBJECT, HEADER_ON_STACK, HEADER_IN_ARRAY };

/* Where an unknown table's own object keeps its numbers (table_header.h). Offsets are from `place`.
 */
struct header_profile {
    uint64_t place;                     /* the address that holds a pointer into the array */
    uint64_t target;                    /* offset in the array to which it points */
    uint64_t live;                      /* the number of entries when it was learnt last */
    uint64_t array_bytes;               /* of the array then */
    uint32_t array_sequence;            /* of the array it was learnt from, low half */
    uint32_t growths;                   /* at which these words were right; 0: not learnt */
    int16_t counts[HEADER_MOST_COUNTS]; /* 4-byte words that equalled the number of entries */
    uint16_t count_number;
    int16_t capacity;       /* of a 4-byte word */
    uint8_t capacity_form;  /* enum header_capacity: m, or m - 1 */
    uint8_t kind;           /* enum header_kind; in the array itself no pointer leads to it */
    uint8_t times, parts;   /* real capacity : slots as they show themselves */
    uint8_t is_rough;       /* the number of entries was an estimate: one match proves nothing */
    uint8_t proven;         /* bit n: the nth was the same before the entries moved, and after */
    uint8_t foreign;        /* bit n: the nth stands nearer to the pointer of another table */
    uint8_t rooms;          /* bit n: the nth may be the room of another one (foreign_words.h) */
    uint8_t is_open;        /* which of them are a neighbour's is not known (twins.h) */
    uint32_t born_sequence; /* of the next array, low half; 0: none yet */
    uint32_t at_birth[HEADER_MOST_COUNTS]; /* what they were then, before the entries moved */
    uint32_t slot_bytes; /* as the object counts slots: the array's end names no number of them */
};

#define SCALE_MOST_CAPACITIES 6u
#define SCALE_MOST_COUNTS     6u

/* m, m - 1, log2 m; by how much a hash of 64 or 32 bits is shifted to leave its log2 m highest;
 * log2 m in the lowest bits of the pointer to slots that begin at a multiple of 64. */
enum scale_form {
    SCALE_WHOLE,
    SCALE_MASK,
    SCALE_LOG2,
    SCALE_SHIFT_OF_64,
    SCALE_SHIFT_OF_32,
    SCALE_LOG2_IN_POINTER,
    /* Groups of eight or of sixteen slots, as many as are compared at once (flag_regions.h). */
    SCALE_GROUPS_OF_8,
    SCALE_GROUPS_OF_8_MASK,
    SCALE_GROUPS_OF_16,
    SCALE_GROUPS_OF_16_MASK,
    SCALE_FORMS
};

/* Words of an unknown table's object that grow as its array does (table_scale.h). Offsets are from
 * `place`. */
struct scale_profile {
    uint64_t place;          /* the address that holds a pointer into the array */
    uint64_t object;         /* on a stack: where the object begins; else 0 */
    uint32_t array_sequence; /* of the array it was learnt from, low half */
    uint32_t growths;        /* at which these words were right; 0: not learnt */
    uint16_t capacity_number, count_number;
    uint16_t is_at_start; /* the pointer leads to the array's beginning */
    uint16_t score;       /* how much like a table's object it looked when it was found */
    struct scale_capacity {
        int16_t offset;
        uint8_t form;
        uint8_t in_array; /* the offset is from the array's beginning */
        uint32_t slot;    /* eighths of a byte for each of so many slots */
    } capacities[SCALE_MOST_CAPACITIES];
    struct scale_count {
        int16_t offset;
        uint8_t is_proven;    /* it was the same before the entries moved, and after */
        uint8_t was_at_birth; /* that was seen when an array was born */
        uint8_t is_of_slots;  /* it was the number of occupied slots at the last growth */
        uint8_t in_array;     /* the offset is from the array's beginning */
        uint8_t is_room;      /* it may be that of another table (foreign_words.h) */
        uint8_t flag_bits;    /* of its low bits so many are none of the number */
        uint8_t flag_growths; /* in a row at which the slots said so */
        uint8_t are_flags;    /* and they were not the heads of equal chains */
        uint32_t share;       /* millionths of the bytes of the array that was left */
        uint32_t word;        /* what it was at the growth */
        uint32_t at_birth;    /* when the next array was born, before the entries moved */
    } counts[SCALE_MOST_COUNTS];
    uint32_t born_sequence; /* of that array, low half; 0: none yet */
};

#define BUCKET_MOST_WAYS 4u

enum bucket_kind { BUCKET_WAY_COLUMNS, BUCKET_WAY_COUNT, BUCKET_WAY_MASK };
enum bucket_empty { BUCKET_EMPTY_ZERO, BUCKET_EMPTY_ONES, BUCKET_EMPTY_HIGH };

/* Buckets of several entries in line, of an unknown table (bucket_shape.h). */
struct bucket_shape {
    uint32_t bucket_bytes; /* 0: not learnt */
    uint32_t start;        /* of the first bucket in the array */
    uint32_t bucket_load;  /* thousandths of an entry in each bucket when the table grew */
    uint8_t growths;       /* at which these ways were right */
    uint8_t looks;         /* that taught nothing */
    uint8_t way_number;
    struct bucket_way {      /* to count the entries */
        uint8_t kind, empty; /* enum bucket_kind, enum bucket_empty */
        uint8_t unit, first, stride;
        uint8_t slots; /* of a bucket, if it is right */
    } ways[BUCKET_MOST_WAYS];
};

#define FLAG_MOST_WAYS 4u

/* Of a slot each, one behind the other: a bit, two, a byte, the highest bit of a byte, a hash of 4
 * or 8 bytes that is zero when the slot is free. Of a bucket each: a bit for each of its slots. */
enum flag_unit {
    FLAG_BIT,
    FLAG_PAIR,
    FLAG_BYTE,
    FLAG_HIGH_BIT,
    FLAG_HASH_4,
    FLAG_HASH_8,
    FLAG_BUCKET
};
/* Hashes of live slots: those that are not zero, or have their highest bit clear besides, which
 * marks the slot as deleted. */
enum flag_hash { FLAG_HASH_ANY = 1, FLAG_HASH_UNMARKED };
enum flag_base { FLAG_FROM_START, FLAG_TO_END, FLAG_FROM_POINTER, FLAG_TO_POINTER };

/* Flags of an unknown table's slots that its object counts (flag_regions.h). Offsets are from
 * `place`. */
struct flag_regions {
    uint64_t place;          /* the address that holds a pointer into the array */
    uint64_t object;         /* on a stack: where the object begins; else 0 */
    uint32_t array_sequence; /* of the array at the last growth, low half */
    uint32_t slots;          /* of that array */
    uint32_t live, load_ppm; /* entries then, and their share of the slots that were left */
    uint8_t growths;         /* at which these ways were right */
    uint8_t looks;           /* that taught nothing */
    uint8_t is_in_array;     /* the place is the array's own beginning */
    uint8_t way_number;
    struct flag_way {
        int16_t count;         /* of the 4-byte word that counts the live slots */
        int16_t capacity;      /* of the word that names the slots */
        int16_t pointer;       /* of what leads to the flags */
        uint16_t bucket_slots; /* FLAG_BUCKET */
        uint8_t form;          /* enum scale_form, of the capacity */
        uint8_t base, unit;    /* enum flag_base, enum flag_unit */
        uint8_t value;         /* of a live slot's flags, FLAG_HASH_4: enum flag_hash;
                                  FLAG_BUCKET: where in the bucket */
        uint8_t in_array;      /* the capacity's offset is from the array's beginning */
    } ways[FLAG_MOST_WAYS];
};

#endif
