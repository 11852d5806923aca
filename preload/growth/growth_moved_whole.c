/*
 * Comparing two arrays at the distances of their ends: see growth_moved_whole.h. No state, no lock,
 * no allocation.
 */
#include "growth_moved_whole.h"

#include <string.h>

#define PIECES      64u
#define PIECE_WORDS 16u
#define PIECE_BYTES (PIECE_WORDS * sizeof(uint64_t))
#define BACKWARD    4096u /* bytes looked at in one go from the end */
#define LEAST_WORDS 32u   /* in use, of those that are looked at */
#define MOST_PARTED 20u   /* one of so many may differ: something was written since */

struct first_used {
    uint64_t offset;
    bool found;
};

static bool find_first(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct first_used *first = context;
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, piece + i, sizeof(word));
        if (word != 0) {
            *first = (struct first_used){.offset = offset + i, .found = true};
            return false;
        }
    }
    return true;
}

/* Of the first word in use and the last one. */
static bool find_first_used(const struct layout_view *view, const struct block *block,
                            uint64_t *offset)
{
    struct first_used first = {.found = false};
    layout_scan(view, block->address, block->bytes & ~(uint64_t)7, sizeof(uint64_t), find_first,
                &first);
    *offset = first.offset;
    return first.found;
}

static bool find_last_used(const struct layout_view *view, const struct block *block,
                           uint64_t *offset)
{
    uint64_t end = block->bytes & ~(uint64_t)7;
    while (end > 0) {
        uint64_t words[BACKWARD / sizeof(uint64_t)];
        uint64_t bytes = end < sizeof(words) ? end : sizeof(words);
        if (!layout_read(view, block->address + end - bytes, words, bytes))
            return false;
        for (uint64_t i = bytes / sizeof(uint64_t); i > 0; i--) {
            if (words[i - 1] != 0) {
                *offset = end - bytes + (i - 1) * sizeof(uint64_t);
                return true;
            }
        }
        end -= bytes;
    }
    return false;
}

/* Whether the words of pieces from all over the old block, from `first` on to `last`, stand so many
 * bytes further on in the other. */
static bool stand_apart_by(const struct layout_view *view, const struct block *old, uint64_t first,
                           uint64_t last, const struct block *array, int64_t distance)
{
    unsigned in_use = 0, parted = 0;
    uint64_t span = last + sizeof(uint64_t) - first;
    if (span < PIECE_BYTES || (int64_t)first + distance < 0 ||
        (int64_t)(last + sizeof(uint64_t)) + distance > (int64_t)array->bytes)
        return false;
    for (unsigned i = 0; i < PIECES; i++) {
        uint64_t before[PIECE_WORDS], after[PIECE_WORDS];
        uint64_t at = first + ((span - PIECE_BYTES) / (PIECES - 1) * i & ~(uint64_t)7);
        if (!layout_read(view, old->address + at, before, sizeof(before)) ||
            !layout_read(view, array->address + at + (uint64_t)distance, after, sizeof(after)))
            return false;
        for (unsigned word = 0; word < PIECE_WORDS; word++) {
            in_use += before[word] != 0;
            parted += before[word] != 0 && before[word] != after[word];
        }
    }
    return in_use >= LEAST_WORDS && parted * MOST_PARTED <= in_use;
}

bool growth_moved_whole(const struct layout_view *view, const struct block *old,
                        const struct block *array)
{
    uint64_t first, last, first_there, last_there;
    if (!find_first_used(view, old, &first) || !find_last_used(view, old, &last) ||
        !find_first_used(view, array, &first_there) || !find_last_used(view, array, &last_there))
        return false;
    int64_t of_first = (int64_t)(first_there - first), of_last = (int64_t)(last_there - last);
    return stand_apart_by(view, old, first, last, array, of_first) ||
           (of_last != of_first && stand_apart_by(view, old, first, last, array, of_last));
}
