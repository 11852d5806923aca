/*
 * Learning and adding up lengths: see bucket_vectors.h. No state, no lock, no allocation.
 */
#include "bucket_vectors.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define LEAST_SLOT  16u
#define MOST_SLOT   64u
#define COLUMNS     (MOST_SLOT / 4)
#define LEARN_SLOTS 8192u
#define LEAST_SEEN  64u
#define MOST_LENGTH 255u
#define MOST_BYTES  65536u /* between the pointer and the end */
#define MOST_APART  0.08   /* of the sum expected */

struct lengths {
    const struct slot_profile *profile;
    uint64_t looked, occupied;
    bool wrong[COLUMNS][2]; /* a slot said that the column is none; by enum slot_length - 1 */
    uint64_t sum[COLUMNS][2];
    uint64_t divisor[COLUMNS][2]; /* of all that are not zero */
};

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What the column at `offset` says as a length of that kind: entries, or bytes. False: nothing that
 * could be one. */
static bool length_of(const unsigned char *slot, const struct slot_profile *profile,
                      enum slot_length kind, uint32_t offset, uint64_t *length)
{
    uint64_t pointer = word_u64(slot, profile->column);
    bool is_empty = pointer == profile->empty_value;
    if (kind == SLOT_LENGTH_COUNT) {
        *length = word_u32(slot, offset);
        return is_empty ? *length == 0 : *length <= MOST_LENGTH;
    }
    uint64_t end = word_u64(slot, offset);
    *length = end - pointer;
    return is_empty ? end == pointer : *length <= MOST_BYTES;
}

/* False when there is nothing to be found any more: no pointer, no column that may be a length. */
static bool learn_slot(struct lengths *lengths, const unsigned char *slot)
{
    const struct slot_profile *profile = lengths->profile;
    uint64_t pointer = word_u64(slot, profile->column);
    bool is_occupied = pointer != profile->empty_value, is_left = false;
    if (is_occupied && !slot_profile_is_pointer(pointer))
        return false;
    lengths->looked++;
    lengths->occupied += is_occupied;
    for (uint32_t at = 0; at + 4 <= profile->slot_bytes; at += 4) {
        uint64_t length;
        if (at >= profile->column && at < profile->column + 8)
            continue;
        for (int kind = SLOT_LENGTH_COUNT; kind <= SLOT_LENGTH_END; kind++) {
            if ((kind == SLOT_LENGTH_END && (at % 8 != 0 || at + 8 > profile->slot_bytes)) ||
                lengths->wrong[at / 4][kind - 1])
                continue;
            if (!length_of(slot, profile, (enum slot_length)kind, at, &length) ||
                (is_occupied && length == 0)) {
                lengths->wrong[at / 4][kind - 1] = true;
                continue;
            }
            is_left = true;
            lengths->sum[at / 4][kind - 1] += length;
            lengths->divisor[at / 4][kind - 1] =
                common_divisor(length, lengths->divisor[at / 4][kind - 1]);
        }
    }
    return is_left;
}

static bool learn_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lengths *lengths = context;
    (void)offset;
    for (size_t at = 0; at + lengths->profile->slot_bytes <= bytes;
         at += lengths->profile->slot_bytes)
        if (!learn_slot(lengths, piece + at))
            return false;
    return true;
}

/* Whether some column is one in each bucket that is not empty. If that is the length, keys lie more
 * evenly than by chance, and the sum of another column may be what is expected, but is the room. */
static bool has_ones(const struct lengths *lengths)
{
    const struct slot_profile *profile = lengths->profile;
    for (uint32_t at = 0; at < profile->slot_bytes; at += 4)
        if (at / 8 != profile->column / 8 && !lengths->wrong[at / 4][SLOT_LENGTH_COUNT - 1] &&
            lengths->sum[at / 4][SLOT_LENGTH_COUNT - 1] == lengths->occupied)
            return true;
    return false;
}

/* Of the columns that may be lengths, with about the sum that is expected, the one that has the
 * smallest: the room of a vector is larger. */
static void choose(const struct lengths *lengths, struct slot_profile *profile)
{
    double share = (double)lengths->occupied / (double)lengths->looked;
    /* Of n keys thrown into N buckets a share of 1 - exp(-n/N) is occupied. */
    double expected = -slot_profile_log(1 - share) * (double)lengths->looked;
    double best = expected * (1 + MOST_APART);
    for (uint32_t column = 0; column * 4 < profile->slot_bytes; column++)
        for (int kind = SLOT_LENGTH_COUNT; kind <= SLOT_LENGTH_END; kind++) {
            uint64_t entry = lengths->divisor[column][kind - 1];
            bool is_pointer = column * 4 >= profile->column && column * 4 < profile->column + 8;
            /* Numbers that are all even are not of entries, but of what there is room for. */
            if (is_pointer || entry == 0 || (kind == SLOT_LENGTH_COUNT && entry > 1) ||
                lengths->wrong[column][kind - 1] || (kind == SLOT_LENGTH_END && column % 2 != 0) ||
                lengths->sum[column][kind - 1] / entry <= lengths->occupied)
                continue;
            double sum = (double)(lengths->sum[column][kind - 1] / entry);
            if (sum >= best || sum * (1 + MOST_APART) < expected)
                continue;
            best = sum;
            profile->length_kind = (uint32_t)kind;
            profile->length_offset = column * 4;
            profile->length_entry = (uint32_t)entry;
        }
}

void bucket_vectors_learn(const struct layout_view *view, const struct block *block,
                          struct slot_profile *profile)
{
    struct lengths lengths = {.profile = profile};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    uint64_t looked = slots < LEARN_SLOTS ? slots : LEARN_SLOTS;
    profile->length_kind = SLOT_LENGTH_NONE;
    if (profile->column_bytes != 8 || profile->empty_value != 0 || !profile->is_distinct ||
        profile->is_chained || profile->slot_bytes < LEAST_SLOT ||
        profile->slot_bytes > MOST_SLOT || profile->slot_bytes % 8 != 0)
        return;
    uint64_t first = (slots - looked) / 2;
    if (!layout_scan(view, block->address + profile->header_bytes + first * profile->slot_bytes,
                     looked * profile->slot_bytes, profile->slot_bytes, learn_piece, &lengths) ||
        lengths.occupied < LEAST_SEEN || lengths.occupied + LEAST_SEEN > lengths.looked ||
        has_ones(&lengths))
        return;
    choose(&lengths, profile);
}

struct total {
    const struct slot_profile *profile;
    uint64_t sum, occupied;
};

static bool add_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct total *total = context;
    const struct slot_profile *profile = total->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        uint64_t length;
        if (!length_of(piece + at, profile, (enum slot_length)profile->length_kind,
                       profile->length_offset, &length))
            return false;
        total->sum += length;
        total->occupied += length > 0;
    }
    return true;
}

bool bucket_vectors_count(const struct layout_view *view, const struct block *block,
                          const struct slot_profile *profile, uint64_t *live, uint64_t *occupied)
{
    struct total total = {.profile = profile};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    if (profile->length_entry == 0 ||
        !layout_scan(view, block->address + profile->header_bytes, slots * profile->slot_bytes,
                     profile->slot_bytes, add_piece, &total))
        return false;
    *live = total.sum / profile->length_entry;
    *occupied = total.occupied;
    return true;
}
