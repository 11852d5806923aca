/*
 * Which column is zero in no entry: see slot_zeros.h. No state, no lock, no allocation.
 */
#include "slot_zeros.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define MOST_SLOT   64u
#define MOST_WORDS  (MOST_SLOT / 4)
#define LEAST_ZEROS 3u  /* fewer may be of what lies in front of the slots, or behind them */
#define MOST_PART   32u /* one entry in so many has zero there, else there is no telling */
#define EDGE_BYTES  128u

struct zeros {
    const struct slot_profile *profile;
    uint64_t first_at, last_at; /* offsets at which slots hold something but there */
    uint64_t number, used;
    /* Of the slots in use those in which the nth column is zero, and the nth pair of columns. */
    uint64_t of_column[MOST_WORDS], of_pair[MOST_WORDS];
    bool are_counted;
};

static bool is_blank(const unsigned char *slot, size_t bytes)
{
    uint64_t any = 0;
    size_t at = 0;
    for (; at + 8 <= bytes; at += 8)
        any |= word_u64(slot, at);
    return any == 0 && (at == bytes || word_u32(slot, at) == 0);
}

static void count_columns(struct zeros *zeros, const unsigned char *slot)
{
    const struct slot_profile *profile = zeros->profile;
    for (uint32_t at = 0, nth = 0; at < profile->slot_bytes; at += profile->column_bytes, nth++) {
        bool is_zero = word_sized(slot, at, profile->column_bytes) == 0;
        zeros->of_column[nth] += is_zero;
        if (nth % 2 == 1)
            zeros->of_pair[nth / 2] +=
                is_zero && word_sized(slot, at - profile->column_bytes, profile->column_bytes) == 0;
    }
}

static bool look(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct zeros *zeros = context;
    const struct slot_profile *profile = zeros->profile;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        bool is_zero = word_sized(piece, at + profile->column, profile->column_bytes) == 0;
        if (is_zero && is_blank(piece + at, profile->slot_bytes))
            continue;
        zeros->used++;
        if (zeros->are_counted)
            count_columns(zeros, piece + at);
        if (!is_zero)
            continue;
        zeros->first_at = zeros->number == 0 ? offset + at : zeros->first_at;
        zeros->last_at = offset + at;
        zeros->number++;
    }
    return true;
}

/* Whether entries all over the array have zero there, and not many. */
static bool are_of_entries(const struct zeros *zeros, uint64_t bytes)
{
    return zeros->number >= LEAST_ZEROS && zeros->number * MOST_PART <= zeros->used &&
           zeros->first_at < bytes / 2 && zeros->first_at >= EDGE_BYTES &&
           zeros->last_at >= bytes / 2 && zeros->last_at + EDGE_BYTES < bytes;
}

/* A column that is zero in none of them is what the table tells its empty slots by, or as good;
 * else the key's two words are. */
static void take_another(const struct zeros *zeros, struct slot_profile *profile)
{
    const uint32_t width = profile->column_bytes;
    for (uint32_t nth = 0; (nth + 1) * width <= profile->slot_bytes; nth++)
        if (zeros->of_column[nth] == 0) {
            profile->column = nth * width;
            profile->is_distinct = profile->is_distinct && (profile->distinct_columns >> nth & 1);
            return;
        }
    uint32_t pair = profile->column / 8, distinct = 0;
    if (width != 4 || profile->slot_bytes % 8 != 0 || zeros->of_pair[pair] != 0)
        return;
    for (uint32_t word = 0; word < 16; word++)
        distinct |= (profile->distinct_columns >> 2 * word & 3 ? 1u : 0) << word;
    profile->distinct_columns = distinct;
    profile->column = pair * 8;
    profile->column_bytes = 8;
}

void slot_zeros_avoid(const struct layout_view *view, const struct block *block,
                      struct slot_profile *profile)
{
    struct zeros zeros = {.profile = profile};
    uint64_t bytes = slot_profile_capacity(profile, block->bytes) * profile->slot_bytes;
    uint64_t start = block->address + profile->header_bytes;
    if (profile->column_bytes < 4 || profile->slot_bytes == profile->column_bytes ||
        profile->slot_bytes > MOST_SLOT || profile->slot_bytes % profile->column_bytes != 0 ||
        profile->empty_value != 0 || profile->mark != SLOT_MARK_NONE || profile->is_of_parts ||
        !layout_scan(view, start, bytes, profile->slot_bytes, look, &zeros) ||
        !are_of_entries(&zeros, bytes))
        return;
    zeros = (struct zeros){.profile = profile, .are_counted = true};
    if (layout_scan(view, start, bytes, profile->slot_bytes, look, &zeros))
        take_another(&zeros, profile);
}
