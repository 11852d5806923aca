/*
 * Tables whose slots do not show what they are: wide buckets, packed slots, numbers that lie close
 * together, states apart. Their own object tells what the slots do not.
 *
 * From one growth to the next a table's capacity stays the same share of its bytes, and the number
 * of entries at which it grows the same share of the array that it leaves. Words of one object that
 * did both at three growths in a row are its capacity and its count, whatever the slots hold. The
 * limit at which it grows next scales as well, but does not change between growths.
 */
#ifndef HASHTRACK_TABLE_SCALE_H
#define HASHTRACK_TABLE_SCALE_H

#include "layouts/layout.h"
#include "learnt.h"
#include "table_header.h"

/* Growths in a row at which the same words were right, before they are believed. */
#define SCALE_GROWTHS_PROVE 3u

#define SCALE_FRONT_BYTES 64u

/* What stands in front of the slots, or as the first of them, in both arrays. */
struct scale_fronts {
    unsigned char old[SCALE_FRONT_BYTES], array[SCALE_FRONT_BYTES];
};

/* A growth, and what the one before it taught. */
struct scale_search {
    const struct memory_reader *reader;
    struct block old, array;
    const struct scale_profile *before; /* NULL: the first growth */
    uint32_t array_sequence;            /* low half */
    bool by_realloc;                    /* no entry has moved yet */
    const struct scale_fronts *fronts;  /* NULL: nothing is looked for there */
};

/* Reads the fronts, for all places that are asked about. False when they are not there. */
bool table_scale_read_fronts(const struct scale_search *search, struct scale_fronts *out);

/* Whether the object around the place, which points at one of the two arrays, has such words. */
bool table_scale_match(const struct scale_search *search, const struct header_place *place,
                       struct scale_profile *out);

/* Keeps what the words that may be the count are as the next array is born. Those that are the room
 * left until the next growth are about nothing then; once the entries have moved, a table that
 * doubles has as much room as entries. Those that may be of a table beside this one
 * (foreign_words.h) prove nothing by that; `is_anothers` says whether an address is that of another
 * table's array. False when the object is not there any more. */
bool table_scale_note_birth(const struct memory_reader *reader, uint32_t array_sequence,
                            bool (*is_anothers)(uint64_t address, void *context), void *context,
                            struct scale_profile *profile);

/* Whether the words are those of a table that grows before it is full, not of a vector, a stack or
 * a buffer: exactly one of them is the capacity, and as many entries as a table has then are
 * counted.
 */
bool table_scale_is_early(const struct scale_profile *profile, uint64_t old_bytes);

/* Whether the word that counts is that of a capacity as well: one less than the old one is as good
 * a share of the bytes as a count. */
bool table_scale_is_capacity(const struct scale_profile *profile, const struct scale_count *count);

/* Low bits of a word that are flags, not a part of the number above them: at most so many. */
#define SCALE_MOST_FLAG_BITS 4u

/* How many of the word's low bits growths have shown to be flags; 0: none. */
unsigned table_scale_flag_bits(const struct scale_count *count);

/* Whether so many occupied slots may be the heads of chains that are all equally long, so that a
 * count of a power of two times as many says nothing of flags. */
bool table_scale_may_be_heads(uint64_t live, uint64_t capacity);

/* The entries at the growth, where the words are believed and agree: no more than the array that
 * was left had slots, `a_bucket` for each that the object names. The limit at which the table grows
 * next scales as well, and lies above that. */
bool table_scale_counted(const struct scale_profile *profile, uint64_t old_bytes, uint32_t a_bucket,
                         uint64_t *live);

/* Whether a word counts entries for certain: it was the same as the array was born. */
bool table_scale_was_at_birth(const struct scale_profile *profile);

/* Whether a count rose between the birth of the array and the end of the old one: entries came in
 * while others moved step by step. `before` is what note_birth kept. */
bool table_scale_rose(const struct scale_profile *profile, const struct scale_profile *before,
                      uint32_t array_sequence);

/* Of words that scaled, drops those that are another number than the slots showed at the growth,
 * where some are the same: of a table beside this one, that grows with it. */
void table_scale_compare(struct scale_profile *profile, uint64_t array_bytes, uint64_t slots,
                         uint64_t live);

/* What the object says now. `slots` is what the array's slots show, of no capacity where they could
 * not be read. False, and nothing changed, when the object does not point at the array any more, or
 * which of its words counts is not certain. */
bool table_scale_read(const struct layout_view *view, const struct block *array,
                      const struct scale_profile *profile, const struct table_reading *slots,
                      struct table_reading *reading);

#endif
