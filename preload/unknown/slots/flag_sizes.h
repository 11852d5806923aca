/*
 * What the words around a table's pointer, and those in front of its slots, may say of how many
 * slots it has: the numbers that fill the array.
 */
#ifndef HASHTRACK_FLAG_SIZES_H
#define HASHTRACK_FLAG_SIZES_H

#include "flag_regions.h"
#include "table_scale_words.h"

#define FLAG_LEAST_SLOT  4u   /* bytes of the array for each slot, at least */
#define FLAG_MOST_HEADER 128u /* bytes before the slots, or what is left over behind them */
#define FLAG_MOST_SIZES  3u   /* numbers of slots that are tried in one place */

struct flag_size {
    uint64_t slots;
    int16_t offset;
    uint8_t form;
    uint8_t in_array;
};

struct flag_sizes {
    struct flag_size size[FLAG_MOST_SIZES];
    unsigned number;
};

/* The words around the place. The array's own beginning has no pointer in it that leads to the
 * array. */
bool flag_words_read(const struct memory_reader *reader, uint64_t place, bool is_in_array,
                     uint64_t object, struct object_window *window);

/* The word so far from the place, 0 where none is; and whether it is that number. */
uint32_t flag_word_at(const struct object_window *window, int64_t offset);
bool flag_word_says(const struct object_window *window, int64_t offset, uint64_t number,
                    uint64_t slack);

/* Whether so many slots, with flags or without, fill the array but for a header or a rest. */
bool flag_slots_can_fill(uint64_t bytes, uint64_t slots);

/* What the words say as numbers of slots, those next to the pointer first, then those in `front` of
 * the slots (NULL: not looked at), where a small number is met by chance. */
void flag_sizes_find(const struct object_window *window, const unsigned char *front,
                     const struct block *array, struct flag_sizes *sizes);

#define FLAG_GROUPS_REACH 64u

/* The same for words that name groups of eight or of sixteen slots, which are a power of two. */
void flag_sizes_find_groups(const struct object_window *window, const struct block *array,
                            struct flag_sizes *sizes);

#endif
