/*
 * A search for the slots in use of an array whose object counts them: what counted_object.c reads,
 * counted_columns.c counts and counted_slots.c proves. Private to these files. The memory is that
 * of the pieces of static_rules.h, so that nothing large is on a stack.
 */
#ifndef HASHTRACK_COUNTED_SEARCH_H
#define HASHTRACK_COUNTED_SEARCH_H

#include "counted_slots.h"
#include "keyed_relation.h"
#include "object_window.h"

#define COUNTED_REACH    64u /* the object's words are so near to its pointer, in bytes */
#define COUNTED_LEAST    48u /* entries: smaller numbers stand in every object */
#define COUNTED_TAIL     32u /* slots behind the last one, for probes that run over the end */
#define COUNTED_EMPTY_OF 4u  /* of so many slots one is in use at most */

/* An array with as many elements as the table has slots: the slots, or one column of them. */
struct counted_array {
    struct block block; /* the tracked one in which it lies */
    uint64_t address;
    uint32_t slot_bytes; /* 0: bits */
    uint32_t bits;
};

#define COUNTED_ARRAYS 6u
#define COUNTED_OTHERS 6u

struct counted_shape {
    uint64_t capacity; /* slots that hashes lead to */
    uint64_t slots;    /* and those behind the last one, for probes that run over the end */
    bool are_halves;   /* each with a hash of its own: cuckoo */
    uint32_t array_count, other_count;
    struct counted_array arrays[COUNTED_ARRAYS];
    struct block others[COUNTED_OTHERS]; /* to which the object points besides */
};

struct counted_object {
    struct object_window window;
};

/* The words of the object that may count, four bytes each, by their numbers; false behind the last.
 */
bool counted_object_word(const struct counted_object *object, uint32_t nth, uint32_t *word);

/* Reads what lies around the nth pointer to the array. */
bool counted_object_read(const struct layout_view *view, const struct block *block, unsigned nth,
                         struct counted_object *out);

/* Whether it has such a number, near the pointer. */
bool counted_object_says(const struct counted_object *object, uint64_t number);

/* Whether it has such a number, or nearly, or two numbers that are as much together. */
bool counted_object_has(const struct counted_object *object, uint64_t number);
bool counted_object_adds_up_to(const struct counted_object *object, uint64_t number);

/* The nth shape that the array may have by what the object says; `out->slots` is 0 where it does
 * not fit. False behind the last. */
bool counted_object_shape(const struct layout_view *view, const struct block *block,
                          const struct counted_object *object, uint32_t nth,
                          struct counted_shape *out);

/* A byte, a word of four, or some bits of each slot, which hold one of two values in nearly all. */
struct counted_column {
    uint8_t array, offset, bytes; /* 0 bytes: bits */
    bool has_mark;
    bool is_key_like; /* in slots that are in use it differs from one to the next */
    bool is_tag;      /* or is a byte of many values, which may be of their hashes */
    bool is_dropped;  /* it cannot tell the slots in use */
    uint32_t blank, mark;
    uint64_t filled; /* slots with another value than `blank`, */
    uint64_t live;   /* and than `mark` */
};

#define COUNTED_COLUMNS      320u
#define COUNTED_SAMPLE       1024u
#define COUNTED_SAMPLE_BYTES 128u /* of a slot, all arrays together */
#define COUNTED_CHUNK        32768u

/* How many slots are in use by a column, as the object says. */
struct counted_live {
    uint16_t column;
    bool skips_mark;
    uint64_t live;
};
#define COUNTED_LIVES  6u
#define COUNTED_KEPT   8u
#define COUNTED_SHAPES 48u /* of which a sample is looked at */

struct counted_search {
    const struct layout_view *view;
    struct block block;
    uint32_t holder, nth; /* pointers to it, and shapes by what lies around, that were tried */
    uint64_t bytes_left;  /* of slots that may yet be gone through, in all shapes */
    uint32_t kept_count;  /* shapes of which the object counts the slots in use */
    struct {
        uint32_t holder, nth;
    } kept[COUNTED_KEPT];
    uint32_t seen_count;
    uint64_t seen[COUNTED_SHAPES]; /* the shapes' capacities */
    struct counted_object object;
    struct counted_shape shape;
    uint32_t column_count, live_count;
    struct counted_live lives[COUNTED_LIVES];
    struct counted_column columns[COUNTED_COLUMNS];
    uint64_t slots[RELATION_SAMPLES]; /* that are in use */
    uint32_t count;
    struct sampled_entry entries[RELATION_SAMPLES];
    unsigned char room[KEYED_ROOM] __attribute__((aligned(8)));
    unsigned char chunk[COUNTED_CHUNK];
    unsigned char sample[COUNTED_SAMPLE * COUNTED_SAMPLE_BYTES];
};
_Static_assert(sizeof(struct counted_search) <= sizeof(((struct static_pieces *)0)->memory),
               "there is room");

/* Counts by all columns: fills in lives, the most first. False when there are none. */
bool counted_columns_find(struct counted_search *search);

/* How many slots it tells to be deleted, of two values that stand in others than those in use: what
 * was erased stays in them, and what was never in use holds nothing. 0: that cannot be told. */
uint64_t counted_columns_deleted(const struct counted_search *search,
                                 const struct counted_live *live);

/* Slots that are in use by that column, all over the array: others for each round. */
bool counted_columns_sample(struct counted_search *search, const struct counted_live *live,
                            uint32_t round);

/* Whether the object counts more slots than these: then they are but some of those in use. */
bool counted_columns_are_some(struct counted_search *search, const struct counted_live *live,
                              bool is_by_key);

#endif
