/*
 * Counting flags a word at a time: see flag_tally.h. No state, no lock, no allocation.
 */
#include "flag_tally.h"

#include <string.h>

/* Without an instruction for it, which not all processors have, the compiler calls a function. */
static inline unsigned ones_in(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (unsigned)(word * 0x0101010101010101ull >> 56);
}

static uint64_t bits_of(enum flag_unit unit)
{
    switch (unit) {
    case FLAG_BIT:
        return 1;
    case FLAG_PAIR:
        return 2;
    case FLAG_HASH_4:
        return 32;
    case FLAG_HASH_8:
        return 64;
    default:
        return 8;
    }
}

struct count {
    struct flag_tally *tally;
    enum flag_unit unit;
    uint64_t bits_left;
};

static void count_pairs(struct flag_tally *tally, uint64_t word)
{
    const uint64_t evens = 0x5555555555555555ull;
    unsigned both = ones_in(word & word >> 1 & evens);
    tally->pairs[3] += both;
    tally->pairs[2] += ones_in(word >> 1 & evens) - both;
    tally->pairs[1] += ones_in(word & evens) - both;
}

static void count_hashes(struct flag_tally *tally, uint64_t word, unsigned bits)
{
    for (unsigned at = 0; at < 64; at += bits) {
        uint64_t hash = word >> at & UINT64_MAX >> (64 - bits);
        tally->hashes += hash != 0;
        tally->unmarked += hash != 0 && hash >> (bits - 1) == 0;
    }
}

static void count_states(struct flag_tally *tally, uint64_t word, uint64_t bytes)
{
    for (; bytes > 0; bytes--, word >>= 8) {
        unsigned char value = (unsigned char)word;
        unsigned nth = 0;
        while (nth < tally->states && tally->state[nth].value != value)
            nth++;
        if (nth == FLAG_MOST_STATES) {
            tally->states = FLAG_MOST_STATES + 1;
            return;
        }
        if (nth == tally->states)
            tally->state[tally->states++].value = value;
        tally->state[nth].seen++;
    }
}

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = 0;
        memcpy(&word, piece + at, bytes - at < 8 ? bytes - at : 8);
        if (count->bits_left < 64)
            word &= (1ull << count->bits_left) - 1;
        uint64_t bits = count->bits_left < 64 ? count->bits_left : 64;
        if (count->unit == FLAG_BIT)
            count->tally->ones += ones_in(word);
        else if (count->unit == FLAG_PAIR)
            count_pairs(count->tally, word);
        else if (count->unit == FLAG_HIGH_BIT)
            count->tally->highs += ones_in(word & 0x8080808080808080ull);
        else if (count->unit == FLAG_HASH_4 || count->unit == FLAG_HASH_8)
            count_hashes(count->tally, word, (unsigned)bits_of(count->unit));
        else if (count->tally->states <= FLAG_MOST_STATES)
            count_states(count->tally, word, bits / 8);
        else
            return true;
        count->bits_left -= bits;
    }
    return true;
}

uint64_t flag_bytes(enum flag_unit unit, uint64_t slots)
{
    return (slots * bits_of(unit) + 7) / 8;
}

bool flag_tally_read(const struct layout_view *view, uint64_t start, uint64_t slots,
                     enum flag_unit unit, struct flag_tally *tally)
{
    struct count count = {.tally = tally, .unit = unit, .bits_left = slots * bits_of(unit)};
    tally->slots = slots;
    if (!layout_scan(view, start, flag_bytes(unit, slots), 8, count_piece, &count))
        return false;
    tally->pairs[0] = slots - tally->pairs[1] - tally->pairs[2] - tally->pairs[3];
    return true;
}

bool flag_tally_number(const struct flag_tally *tally, enum flag_unit unit, unsigned value,
                       uint64_t *out)
{
    *out = 0;
    if (unit == FLAG_BIT)
        *out = value ? tally->ones : tally->slots - tally->ones;
    else if (unit == FLAG_HIGH_BIT)
        *out = value ? tally->highs : tally->slots - tally->highs;
    else if (unit == FLAG_HASH_4 || unit == FLAG_HASH_8)
        *out = value == FLAG_HASH_UNMARKED ? tally->unmarked : tally->hashes;
    else if (unit == FLAG_PAIR)
        *out = tally->pairs[value % 4];
    for (unsigned i = 0; unit == FLAG_BYTE && i < tally->states && i < FLAG_MOST_STATES; i++)
        if (tally->state[i].value == value)
            *out = tally->state[i].seen;
    return unit != FLAG_BYTE || tally->states <= FLAG_MOST_STATES;
}

/* --- buckets --- */

/* Bytes hold a sum of up to 255: that of 31 others with at most 8 bits each. */
#define MOST_SUMMED 31u

struct column_count {
    struct flag_columns *columns;
    uint32_t bucket_bytes;
    uint32_t summed;
    bool is_for_bits; /* and not for how many are set */
    uint64_t sums[FLAG_MOST_BUCKET / 8], used[FLAG_MOST_BUCKET / 8];
    uint64_t any[FLAG_MOST_BUCKET / 8], unset[FLAG_MOST_BUCKET / 8];
};

/* The bits of each byte in that byte. */
static inline uint64_t ones_in_bytes(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
    return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
}

/* All bits of each byte that is not zero. */
static inline uint64_t used_bytes(uint64_t word)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7full;
    return ((((word & low) + low) | word) & ~low) / 0x80 * 0xff;
}

static void settle(struct column_count *count)
{
    for (uint32_t at = 0; at < count->bucket_bytes; at++) {
        uint32_t shift = at % 8 * 8;
        if (!count->is_for_bits) {
            count->columns->ones[at] += (unsigned char)(count->sums[at / 8] >> shift);
            count->columns->used[at] += (unsigned char)(count->used[at / 8] >> shift);
        }
        count->columns->any[at] |= (unsigned char)(count->any[at / 8] >> shift);
        count->columns->unset[at] |= (unsigned char)(count->unset[at / 8] >> shift);
    }
    memset(count->sums, 0, sizeof(count->sums));
    memset(count->used, 0, sizeof(count->used));
    count->summed = 0;
}

static bool count_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct column_count *count = context;
    (void)offset;
    for (size_t first = 0; first + count->bucket_bytes <= bytes; first += count->bucket_bytes) {
        for (uint32_t nth = 0; nth * 8 < count->bucket_bytes; nth++) {
            uint64_t word = 0;
            memcpy(&word, piece + first + nth * 8, sizeof(word));
            uint64_t used = used_bytes(word);
            count->sums[nth] += ones_in_bytes(word);
            count->used[nth] += used & 0x0101010101010101ull;
            count->any[nth] |= word;
            count->unset[nth] |= used & ~word;
        }
        if (++count->summed == MOST_SUMMED)
            settle(count);
    }
    return true;
}

static bool scan_buckets(const struct layout_view *view, uint64_t start, uint64_t buckets,
                         struct column_count *count)
{
    if (!layout_scan(view, start, buckets * count->bucket_bytes, count->bucket_bytes, count_buckets,
                     count))
        return false;
    settle(count);
    return true;
}

bool flag_columns_read(const struct layout_view *view, uint64_t start, uint64_t buckets,
                       uint32_t bucket_bytes, struct flag_columns *columns)
{
    struct column_count count = {.columns = columns, .bucket_bytes = bucket_bytes};
    memset(columns, 0, sizeof(*columns));
    return scan_buckets(view, start, buckets, &count);
}

bool flag_columns_add_bits(const struct layout_view *view, uint64_t start, uint64_t buckets,
                           uint32_t bucket_bytes, struct flag_columns *columns)
{
    struct column_count count = {
        .columns = columns, .bucket_bytes = bucket_bytes, .is_for_bits = true};
    return scan_buckets(view, start, buckets, &count);
}

bool flag_columns_differ(const struct flag_columns *columns, uint32_t column, uint32_t slots)
{
    for (uint32_t at = column; at < column + (slots + 7) / 8 && at < FLAG_MOST_BUCKET; at++)
        if (columns->any[at] & columns->unset[at] && columns->ones[at] > columns->used[at])
            return true;
    return false;
}

uint32_t flag_columns_slots(const struct flag_columns *columns, uint32_t bucket_bytes,
                            uint32_t column)
{
    uint32_t slots = 0;
    for (uint32_t at = column; at < bucket_bytes && at < column + FLAG_MOST_MASK_BYTES; at++) {
        uint32_t more = columns->any[at] + 1u;
        if ((more & (more - 1)) != 0)
            return 0;
        slots += (uint32_t)__builtin_ctz(more);
        if (more != 256)
            break;
    }
    return slots;
}

bool flag_columns_fit(const struct flag_columns *columns, uint32_t bucket_bytes, uint32_t column,
                      uint32_t slots)
{
    uint32_t last = column + slots / 8; /* of a byte that they take in part, or behind them */
    if (slots == 0 || last + (slots % 8 != 0) > bucket_bytes)
        return false;
    return slots % 8 == 0 || columns->any[last] >> slots % 8 == 0;
}

uint64_t flag_columns_number(const struct flag_columns *columns, uint32_t column, uint32_t slots)
{
    uint64_t number = 0;
    for (uint32_t at = column; at < column + (slots + 7) / 8 && at < FLAG_MOST_BUCKET; at++)
        number += columns->ones[at];
    return number;
}
