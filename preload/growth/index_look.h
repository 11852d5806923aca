/*
 * Whether words are the numbers of entries, as an index holds them: small numbers, and room.
 */
#ifndef HASHTRACK_INDEX_LOOK_H
#define HASHTRACK_INDEX_LOOK_H

#include "layouts/layout.h"

#define INDEX_LEAST_SLOTS 64u
#define INDEX_MOST_WIDTH  8u
/* Numbers that are no entry's, the first or the last ones: empty, erased. */
#define INDEX_MOST_MARKS 4u
/* Numbers that an index of so many slots may hold: of entries that hang behind each other, too. */
#define INDEX_MOST_ENTRIES_A_SLOT 8u

/* Words that were looked at, by what they are. */
struct index_look {
    uint64_t zeros, ones, numbers;
    uint64_t uneven; /* numbers in every second place: none where numbers are twice as long */
};

/* The highest number of so many bytes. */
static inline uint64_t index_all_ones(uint32_t width)
{
    return width == 8 ? UINT64_MAX : (1ull << width * 8) - 1;
}

/* Adds `count` words that lie one behind the other to the look; the highest number of an entry is
 * `most`. False when one is neither a number nor empty; those behind it are not looked at. */
bool index_note_words(struct index_look *look, const unsigned char *memory, size_t count,
                      uint32_t width, uint64_t most);

/* Whether the words here and there, from `address` on, are numbers of entries, `most` at most;
 * those of the first half and those of the second are told apart. */
bool index_look_at(const struct memory_reader *reader, uint64_t address, uint64_t slots,
                   uint32_t width, uint64_t most, struct index_look halves[2]);

/* Whether both halves are of one index: there is something in them, and room, unless it is full.
 * The entries behind it may be small numbers, too, but have another pattern. Sets *look to what
 * both have together. */
bool index_is_one(const struct index_look halves[2], bool may_be_full, struct index_look *look);

/* Whether the slots hold nothing but numbers of entries, of `width` bytes, and have room, unless
 * they may be full. */
bool index_are_numbers(const struct memory_reader *reader, const struct block *slots,
                       uint32_t width, bool may_be_full);

#endif
