/*
 * Learning and adding up lengths: see bucket_vectors.h. No state, no lock, no allocation.
 */
#include "bucket_vectors.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define LEAST_SLOT  16u /* a pointer and a length */
#define MOST_SLOT   64u
#define COLUMNS     (MOST_SLOT / 2)
#define LEARN_SLOTS 8192u  /* that are looked at */
#define LEAST_SEEN  64u    /* of them in use, and as many empty */
#define MOST_LENGTH 255u   /* a larger number is none of entries in one bucket */
#define MOST_BYTES  65536u /* between the pointer and the end */
#define MOST_APART  0.08   /* of the sum expected */

struct lengths {
    const struct slot_profile *profile;
    uint64_t looked, occupied;
    /* By enum slot_length - 1. */
    struct column {
        bool is_wrong; /* a slot said that it is none */
        uint32_t sum;
        uint32_t most;    /* of one slot */
        uint32_t divisor; /* of all that are not zero */
    } columns[COLUMNS][SLOT_LENGTHS - 1];
};

/* Bytes of a column of that kind, which begins at a multiple of them. */
static uint32_t width_of(enum slot_length kind)
{
    return kind == SLOT_LENGTH_END ? 8 : kind == SLOT_LENGTH_COUNT ? 4 : 2;
}

/* Whether there may be one at the offset, beside the pointer. */
static bool may_be_at(const struct slot_profile *profile, uint32_t at, enum slot_length kind)
{
    return at % width_of(kind) == 0 && at + width_of(kind) <= profile->slot_bytes &&
           (at >= profile->column + 8 || at + width_of(kind) <= profile->column);
}

/* What the column at `offset` says as a length of that kind: entries, or bytes. False: nothing that
 * could be one. */
static bool length_of(const unsigned char *slot, const struct slot_profile *profile,
                      enum slot_length kind, uint32_t offset, uint64_t *length)
{
    uint64_t pointer = word_u64(slot, profile->column);
    bool is_empty = pointer == profile->empty_value;
    if (kind != SLOT_LENGTH_END) {
        *length = word_sized(slot, offset, width_of(kind));
        return is_empty ? *length == 0 : *length <= MOST_LENGTH;
    }
    uint64_t end = word_u64(slot, offset);
    *length = end - pointer;
    return is_empty ? end == pointer : *length <= MOST_BYTES;
}

/* Vectors have room for so many times the entries that they may have. */
#define MOST_ROOM (4 * MOST_LENGTH)

static bool is_room(const unsigned char *slot, const struct slot_profile *profile, uint32_t offset,
                    uint64_t length)
{
    return may_be_at(profile, offset, SLOT_LENGTH_SHORT) && word_sized(slot, offset, 2) >= length &&
           word_sized(slot, offset, 2) <= MOST_ROOM;
}

/* Whether a number of two bytes has the room beside it that a vector of so many entries has. Half a
 * value is small by chance: that of a pointer's multiple was 3 to 7 in 60,000 slots, beside a half
 * that is anything. */
static bool has_room_beside(const unsigned char *slot, const struct slot_profile *profile,
                            uint32_t offset, uint64_t length)
{
    return is_room(slot, profile, offset + 2, length) ||
           (offset >= 2 && is_room(slot, profile, offset - 2, length));
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
    for (uint32_t at = 0; at + 2 <= profile->slot_bytes; at += 2)
        for (int kind = SLOT_LENGTH_COUNT; kind < SLOT_LENGTHS; kind++) {
            struct column *column = &lengths->columns[at / 2][kind - 1];
            uint64_t length;
            if (column->is_wrong || !may_be_at(profile, at, (enum slot_length)kind))
                continue;
            if (!length_of(slot, profile, (enum slot_length)kind, at, &length) ||
                (is_occupied && length == 0) ||
                (kind == SLOT_LENGTH_SHORT && !has_room_beside(slot, profile, at, length))) {
                column->is_wrong = true;
                continue;
            }
            is_left = true;
            column->sum += (uint32_t)length;
            if (length > column->most)
                column->most = (uint32_t)length;
            column->divisor = (uint32_t)common_divisor(length, column->divisor);
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

/* Of the columns that may be lengths, with about the sum that is expected, the one that has the
 * smallest: the room of a vector is larger. What is the same in all buckets is a room as well, of
 * vectors among which keys in sequence are spread evenly, and so are numbers that are all even. */
static void choose(const struct lengths *lengths, struct slot_profile *profile)
{
    double share = (double)lengths->occupied / (double)lengths->looked;
    /* Of n keys thrown into N buckets a share of 1 - exp(-n/N) is occupied. */
    double expected = -slot_profile_log(1 - share) * (double)lengths->looked;
    double best = expected * (1 + MOST_APART);
    for (uint32_t at = 0; at < profile->slot_bytes; at += 2)
        for (int kind = SLOT_LENGTH_COUNT; kind < SLOT_LENGTHS; kind++) {
            const struct column *column = &lengths->columns[at / 2][kind - 1];
            uint64_t entry = column->divisor;
            if (!may_be_at(profile, at, (enum slot_length)kind) || entry == 0 || column->is_wrong ||
                (kind != SLOT_LENGTH_END && entry > 1) ||
                column->sum / entry <= lengths->occupied ||
                column->sum == (uint64_t)column->most * lengths->occupied)
                continue;
            double sum = (double)(column->sum / entry);
            if (sum >= best || sum * (1 + MOST_APART) < expected)
                continue;
            best = sum;
            profile->length_kind = (uint32_t)kind;
            profile->length_offset = at;
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
        lengths.occupied < LEAST_SEEN || lengths.occupied + LEAST_SEEN > lengths.looked)
        return;
    choose(&lengths, profile);
}

/* --- vectors that lead to nowhere when they are empty --- */

#define VEC_BYTES      24u /* room, pointer and length */
#define MOST_ALIGNMENT 16u /* of entries: what the pointer of an empty one is */

struct vecs {
    uint32_t column; /* of the pointer */
    uint64_t nowhere;
    uint32_t fields[2]; /* offsets of the other two words */
    bool wrong[2];      /* is more than the other one: no length */
    uint64_t occupied, empty, sum[2], most[2];
};

static bool learn_vec(struct vecs *vecs, const unsigned char *slot)
{
    uint64_t pointer = word_u64(slot, vecs->column);
    const uint64_t words[] = {word_u64(slot, vecs->fields[0]), word_u64(slot, vecs->fields[1])};
    if (!slot_profile_is_pointer(pointer)) {
        vecs->nowhere = vecs->empty++ == 0 ? pointer : vecs->nowhere;
        return pointer == vecs->nowhere && words[0] == 0 && words[1] == 0;
    }
    vecs->occupied++;
    for (unsigned i = 0; i < 2; i++) {
        vecs->wrong[i] = vecs->wrong[i] || words[i] > words[1 - i] || words[i] > MOST_LENGTH;
        vecs->sum[i] += words[i];
        vecs->most[i] = words[i] > vecs->most[i] ? words[i] : vecs->most[i];
    }
    return words[0] != 0 || words[1] != 0;
}

static bool learn_vecs(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    (void)offset;
    for (size_t at = 0; at + VEC_BYTES <= bytes; at += VEC_BYTES)
        if (!learn_vec(context, piece + at))
            return false;
    return true;
}

void bucket_vectors_learn_vecs(const struct layout_view *view, const struct block *block,
                               struct slot_profile *profile)
{
    if (profile->slot_bytes != VEC_BYTES || profile->header_bytes % 8 != 0 || profile->is_chained)
        return;
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    for (uint32_t column = 0; column < VEC_BYTES; column += 8) {
        struct vecs vecs = {.column = column,
                            .fields = {column == 0 ? 8 : 0, column == 16 ? 8 : 16}};
        if (!layout_scan(view, block->address + profile->header_bytes, slots * VEC_BYTES, VEC_BYTES,
                         learn_vecs, &vecs) ||
            vecs.occupied < LEAST_SEEN || vecs.empty < LEAST_SEEN || vecs.nowhere < 4 ||
            vecs.nowhere > MOST_ALIGNMENT || !is_power_of_two(vecs.nowhere) ||
            vecs.wrong[0] == vecs.wrong[1])
            continue;
        unsigned length = vecs.wrong[0] ? 1 : 0;
        double share = (double)vecs.occupied / (double)slots;
        double expected = -slot_profile_log(1 - share) * (double)slots;
        double sum = (double)vecs.sum[length];
        /* Where keys in sequence are spread evenly each bucket has one, and the least room. Where
         * the other words differ, the ones are states beside lengths. */
        bool is_even = vecs.sum[length] == vecs.occupied &&
                       vecs.sum[1 - length] == vecs.most[1 - length] * vecs.occupied;
        if (!is_even && (vecs.sum[length] == vecs.occupied || sum > expected * (1 + MOST_APART) ||
                         sum * (1 + MOST_APART) < expected))
            continue;
        profile->column = column;
        profile->column_bytes = 8;
        profile->empty_value = vecs.nowhere;
        profile->is_distinct = 1;
        profile->distinct_columns = 1u << column / 8;
        profile->has_marker = profile->has_states = 0;
        profile->mark = SLOT_MARK_NONE;
        profile->length_kind = SLOT_LENGTH_COUNT;
        profile->length_offset = vecs.fields[length];
        profile->length_entry = 1;
        return;
    }
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
