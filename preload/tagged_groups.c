/*
 * Groups of slots with a byte for each of them: see tagged_groups.h. No state, no allocation; the
 * arrays are read a few times at most, if their object's numbers allow groups of some size.
 */
#include "tagged_groups.h"

#include "layouts/words.h"
#include "slot_profile.h"
#include "tagged_parts.h"

#define LEAST_GROUP_BYTES  16u
#define MOST_GROUP_BYTES   1040u
#define LEAST_GROUPS       16u
#define LEAST_SLOT_BYTES   4u  /* of a group with few tags, for each of them beside it */
#define FEW_TAGS           16u /* with more of them, entries lie elsewhere */
#define MOST_PASSES        12u /* over the arrays */
#define SAMPLE_PIECES      16u
#define SAMPLE_PIECE_BYTES 2048u
#define LEAST_SAMPLED      32u
#define MOST_COMMON        4u /* no tag's value is that of a larger part of them */

static const uint8_t tag_numbers[] = {4, 6, 7, 8, 10, 12, 14, 15, 16, 32, 64, 128};
static const uint8_t starts[] = {0, 8, 16};
static const uint8_t tag_places[] = {0, 8};

/* Numbers of entries in each of the arrays. */
struct lives {
    uint64_t number[TAGGED_MOST_ARRAYS];
};

static bool count_each(const struct layout_view *view, struct tagged_work *work,
                       const struct tagged_array *arrays, uint32_t count,
                       const struct tagged_groups *groups, struct lives *lives)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!tagged_sum(view, work, &arrays[i], 1, groups))
            return false;
        lives->number[i] = tagged_live(work, groups);
    }
    return true;
}

static bool find_count(const struct tagged_array *arrays, uint32_t count, const struct lives *lives,
                       struct tagged_groups *groups)
{
    groups->count = (struct tagged_number){0, 0};
    while (tagged_next_number(&groups->count, 2)) {
        uint32_t right = 0;
        bool is_capacity = groups->count.at < groups->capacity.at + groups->capacity.bytes &&
                           groups->capacity.at < groups->count.at + groups->count.bytes;
        while (!is_capacity && right < count &&
               tagged_number_at(&arrays[right], groups->count) == lives->number[right])
            right++;
        if (right == count)
            return true;
    }
    return false;
}

/* Of one array `total` is known already. */
static bool find_counts(const struct layout_view *view, struct tagged_work *work,
                        const struct tagged_array *arrays, uint32_t count,
                        struct tagged_groups *groups)
{
    struct lives lives = {.number = {tagged_live(work, groups)}};
    if (count > 1) {
        uint32_t same = 1;
        if (!count_each(view, work, arrays, count, groups, &lives))
            return false;
        while (same < count && lives.number[same] == lives.number[0])
            same++;
        if (same == count)
            return false; /* a number that is the same in all says nothing */
    }
    return find_count(arrays, count, &lives, groups);
}

static bool try_tags(const struct layout_view *view, struct tagged_work *work,
                     const struct tagged_array *arrays, uint32_t count,
                     struct tagged_groups *groups)
{
    groups->empties = 0;
    if (!tagged_sum(view, work, arrays, count, groups))
        return false;
    while (groups->empties < TAGGED_MOST_EMPTIES) {
        tagged_add_empty(work, groups);
        if (!tagged_are_hashes(work, groups))
            continue;
        bool found = find_counts(view, work, arrays, count, groups);
        if (count > 1 && !tagged_sum(view, work, arrays, count, groups))
            return false;
        if (found)
            return tagged_are_scattered(view, work, arrays, count, groups) &&
                   !tagged_are_indexed(view, work, &arrays[0], groups);
    }
    return false;
}

/* --- by a few groups of the first array --- */

struct group_sample {
    uint64_t groups;
    bool leads_elsewhere; /* a group's last word is an address outside the array */
};

static bool take_sample(const struct layout_view *view, struct tagged_work *work,
                        const struct block *block, const struct tagged_groups *groups,
                        struct group_sample *sample)
{
    uint64_t all = tagged_groups_in(block, groups);
    uint32_t group_bytes = groups->group_bytes, a_piece = SAMPLE_PIECE_BYTES / group_bytes;
    a_piece = a_piece ? a_piece : 1;
    *sample = (struct group_sample){0};
    memset(work->tally, 0, groups->tags * sizeof(work->tally[0]));
    for (uint32_t i = 0; i < SAMPLE_PIECES; i++) {
        uint64_t first = all * i / SAMPLE_PIECES, next = all * (i + 1) / SAMPLE_PIECES;
        uint64_t number = next - first < a_piece ? next - first : a_piece;
        size_t bytes = (size_t)number * group_bytes;
        if (!layout_read(view, block->address + groups->start + first * group_bytes, work->piece,
                         bytes))
            return false;
        tagged_tally(work->piece, bytes, groups, groups->tags, work);
        sample->groups += number;
        for (size_t behind = group_bytes; behind <= bytes; behind += group_bytes) {
            uint64_t word = word_u64(work->piece, behind - 8);
            sample->leads_elsewhere |= layout_is_pointer(word, 8) && !block_has(block, word);
        }
    }
    tagged_sum_tags(work, groups->tags);
    return sample->groups > 0;
}

/* Whether a number of the object lies in between, and may so be the entries'. */
static bool has_number(const struct tagged_array *array, double least, double most)
{
    struct tagged_number number = {0, 0};
    while (tagged_next_number(&number, 2)) {
        double value = (double)tagged_number_at(array, number);
        if (value >= least && value <= most)
            return true;
    }
    return false;
}

/* Whether the tags of the groups may be such: beside the commonest values, which may be the empty
 * ones, no other is common, and about as many are left as a number of the object says. */
static bool may_be_tags(const struct tagged_array *arrays, uint32_t count,
                        const struct tagged_work *work, const struct group_sample *sample,
                        struct tagged_groups *groups)
{
    double times = (double)tagged_groups_in(&arrays[0].block, groups) / (double)sample->groups;
    double most = 0;
    bool is_possible = false;
    for (groups->empties = 0; groups->empties < TAGGED_MOST_EMPTIES;) {
        tagged_add_empty(work, groups);
        double seen = (double)tagged_live(work, groups);
        double error = times > 1 ? TAGGED_SURE_ERRORS * slot_profile_square_root(seen + 1) : 0;
        if (groups->empties == 1)
            most = seen + error;
        double least = seen > error ? seen - error : 0;
        bool is_last = groups->empties == TAGGED_MOST_EMPTIES;
        double up_to = count > 1 ? most : seen + error;
        if (groups->has_overflow)
            up_to *= 2;
        if (count == 1 || is_last)
            is_possible |= has_number(&arrays[0], least * times, up_to * times);
    }
    uint64_t live = tagged_live(work, groups);
    for (uint32_t value = 0; live >= LEAST_SAMPLED && value < 256; value++)
        if (!tagged_is_empty(groups, (unsigned char)value) &&
            work->total[value] * MOST_COMMON > live)
            return false;
    return is_possible;
}

static bool try_groups(const struct layout_view *view, struct tagged_work *work,
                       const struct tagged_array *arrays, uint32_t count, enum tagged_round round,
                       struct tagged_groups *groups, uint32_t *passes)
{
    uint32_t rest = groups->group_bytes - groups->tags_at;
    struct group_sample sample;
    for (uint32_t i = 0; i < sizeof(tag_numbers); i++) {
        groups->tags = tag_numbers[i];
        if (rest < groups->tags + 8 ||
            (groups->tags <= FEW_TAGS && rest - groups->tags < groups->tags * LEAST_SLOT_BYTES) ||
            !tagged_find_capacity(arrays, count, round, groups) ||
            !take_sample(view, work, &arrays[0].block, groups, &sample))
            continue;
        for (int overflow = 0; overflow <= sample.leads_elsewhere; overflow++) {
            groups->has_overflow = overflow;
            if (!may_be_tags(arrays, count, work, &sample, groups))
                continue;
            if (++*passes > MOST_PASSES)
                return false;
            if (try_tags(view, work, arrays, count, groups))
                return true;
            if (overflow < sample.leads_elsewhere &&
                !take_sample(view, work, &arrays[0].block, groups, &sample))
                return false;
        }
    }
    return false;
}

static bool learn_at(const struct layout_view *view, struct tagged_work *work,
                     const struct tagged_array *arrays, uint32_t count, enum tagged_round round,
                     struct tagged_groups *out)
{
    uint64_t bytes = arrays[0].block.bytes;
    uint32_t passes = 0;
    for (uint32_t place = 0; place < sizeof(tag_places); place++)
        for (uint32_t start = 0; start < sizeof(starts); start++)
            for (uint32_t group = LEAST_GROUP_BYTES; group <= MOST_GROUP_BYTES; group += 8) {
                *out = (struct tagged_groups){
                    .start = starts[start], .group_bytes = group, .tags_at = tag_places[place]};
                if (bytes > out->start && (bytes - out->start) % group == 0 &&
                    tagged_groups_in(&arrays[0].block, out) >= LEAST_GROUPS &&
                    try_groups(view, work, arrays, count, round, out, &passes))
                    return true;
            }
    return false;
}

bool tagged_groups_learn(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count,
                         struct tagged_groups *out)
{
    if (count == 0 || count > TAGGED_MOST_ARRAYS)
        return false;
    for (int round = TAGGED_EXACT; round < TAGGED_ROUNDS; round++)
        if (learn_at(view, work, arrays, count, (enum tagged_round)round, out))
            return true;
    return false;
}

/* --- reading --- */

bool tagged_groups_read(const struct layout_view *view, struct tagged_work *work,
                        const struct tagged_array *array, const struct tagged_groups *groups,
                        struct table_reading *out)
{
    struct lives lives;
    const struct block *block = &array->block;
    if (block->bytes <= groups->start ||
        (block->bytes - groups->start) % groups->group_bytes != 0 ||
        tagged_number_at(array, groups->capacity) != tagged_expected_capacity(block, groups) ||
        !count_each(view, work, array, 1, groups, &lives) ||
        tagged_number_at(array, groups->count) != lives.number[0])
        return false;
    uint64_t capacity = tagged_named_groups(block, groups) * groups->tags;
    *out = (struct table_reading){
        .header = array->place,
        .capacity = capacity,
        .live = lives.number[0],
        .slot_bytes = block->bytes / capacity,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_HEADER,
        .flags = DUMP_TABLE_COUNTED | DUMP_TABLE_GROWS_UNSEEN,
    };
    return true;
}
