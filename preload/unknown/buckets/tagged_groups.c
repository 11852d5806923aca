/*
 * Groups of slots with a byte for each of them: see tagged_groups.h. No state, no allocation; the
 * arrays are read a few times at most, if their object's numbers allow groups of some size.
 */
#include "tagged_groups.h"

#include <string.h>

#include "glimpse.h"
#include "slot_profile.h"
#include "tagged_parts.h"

#define LEAST_GROUP_BYTES 16u
#define MOST_GROUP_BYTES  1040u /* eight tags, eight slots of 128 bytes, a link */
#define LEAST_GROUPS      16u
#define LEAST_SLOT_BYTES  4u  /* of a group with few tags, for each of them beside it */
#define FEW_TAGS          16u /* with more of them, entries lie elsewhere */
#define MOST_PASSES       12u /* over the arrays */
#define FEW_PASSES        4u  /* where nothing else says that it is a table's */

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
    /* Beside a capacity of four bytes the count has no two: half of a random word is met as one of
     * the numbers that are tried in one of some thousand looks. Nor beside a logarithm, a byte that
     * is met by chance itself: so was one of 49 plain tables that no count stood beside. */
    uint8_t least = groups->capacity.bytes == 2 ? 2 : 4;
    groups->count = (struct tagged_number){0, 0};
    while (tagged_next_number(&groups->count, least)) {
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

/* There is a tally, of these tags at least. */
static bool try_tags(const struct layout_view *view, struct tagged_work *work,
                     const struct tagged_array *arrays, uint32_t count, bool has_grown,
                     struct tagged_groups *groups)
{
    groups->empties = 0;
    if (!tagged_total(view, work, arrays, count, groups))
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
                   (count > 1 || !tagged_are_records(&arrays[0], work, groups, has_grown)) &&
                   !tagged_are_indexed(view, work, &arrays[0], groups);
    }
    return false;
}

/* --- by a few groups of the first array --- */

struct learning {
    const struct layout_view *view;
    struct tagged_work *work;
    const struct tagged_array *arrays;
    uint32_t count, passes;
    enum tagged_round round;
    uint32_t most_passes;
    bool has_grown;
    struct tagged_filter filter;
    bool is_glimpsed;
    struct glimpse glimpse; /* of the first array; in the view's scratch */
};

/* The tally of the first `tags` tags of those groups that lie wholly in a piece of the glimpse. How
 * many there are. */
static uint64_t sample_groups(struct learning *learning, const struct tagged_groups *groups,
                              uint32_t tags)
{
    const struct layout_view *view = learning->view;
    const struct glimpse *glimpse = &learning->glimpse;
    uint64_t end = tagged_groups_in(&learning->arrays[0].block, groups) * groups->group_bytes;
    uint64_t sampled = 0;
    if (!learning->is_glimpsed &&
        !glimpse_read(view, &learning->arrays[0].block, 0, view->scratch, &learning->glimpse))
        return 0;
    learning->is_glimpsed = true;
    memset(learning->work->tally, 0, tags * sizeof(learning->work->tally[0]));
    for (uint32_t i = 0; i < glimpse->pieces; i++) {
        uint64_t from = glimpse->offset[i], to = from + glimpse->piece_bytes;
        uint64_t behind = from > groups->start ? from - groups->start : 0;
        uint64_t first = (behind + groups->group_bytes - 1) / groups->group_bytes;
        uint64_t last = (to - groups->start < end ? to - groups->start : end) / groups->group_bytes;
        if (last <= first)
            continue;
        uint64_t at = groups->start + first * groups->group_bytes - from;
        tagged_tally(glimpse->memory + (size_t)i * glimpse->piece_bytes + at,
                     (size_t)((last - first) * groups->group_bytes), groups, tags, learning->work);
        sampled += last - first;
    }
    return sampled;
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
                        const struct tagged_work *work, uint64_t sampled,
                        struct tagged_groups *groups)
{
    double times = (double)tagged_groups_in(&arrays[0].block, groups) / (double)sampled;
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
        up_to += up_to / 2; /* of groups elsewhere */
        if ((count == 1 || is_last) && tagged_may_be_hashes(work, groups))
            is_possible |= has_number(&arrays[0], least * times, up_to * times);
    }
    return is_possible;
}

#define TAG_NUMBERS ((uint32_t)sizeof(tag_numbers))

/* The ways in which groups of that size may have tags, by a sample. */
static uint32_t find_ways(struct learning *learning, const struct tagged_groups *groups,
                          struct tagged_groups ways[TAG_NUMBERS])
{
    uint32_t rest = groups->group_bytes - groups->tags_at, named = 0, number = 0;
    for (uint32_t i = 0; i < TAG_NUMBERS; i++) {
        struct tagged_groups way = *groups;
        way.tags = tag_numbers[i];
        if (rest >= way.tags + 8 &&
            (way.tags > FEW_TAGS || rest - way.tags >= way.tags * LEAST_SLOT_BYTES) &&
            tagged_find_capacity(learning->arrays, learning->count, &learning->filter,
                                 learning->round, &way))
            ways[named++] = way;
    }
    uint64_t sampled = named > 0 ? sample_groups(learning, groups, ways[named - 1].tags) : 0;
    for (uint32_t i = 0; sampled > 0 && i < named; i++) {
        tagged_sum_tags(learning->work, ways[i].tags);
        if (may_be_tags(learning->arrays, learning->count, learning->work, sampled, &ways[i]))
            ways[number++] = ways[i];
    }
    return number;
}

static bool try_groups(struct learning *learning, struct tagged_groups *groups)
{
    struct tagged_groups ways[TAG_NUMBERS];
    struct tagged_work *work = learning->work;
    const struct layout_view *view = learning->view;
    const struct tagged_array *arrays = learning->arrays;
    uint32_t count = learning->count, number = find_ways(learning, groups, ways);
    for (uint32_t i = 0; i < number; i++) {
        /* Of one array the tally of the most tags is that of all. */
        if (i == 0 || count > 1) {
            if (++learning->passes > learning->most_passes ||
                !tagged_tally_arrays(view, work, arrays, count, &ways[i], ways[number - 1].tags))
                return false;
        }
        for (int further = 0; further <= work->leads_elsewhere; further++) {
            ways[i].has_overflow = further;
            if (!try_tags(view, work, arrays, count, learning->has_grown, &ways[i]))
                continue;
            *groups = ways[i];
            return true;
        }
    }
    return false;
}

static bool learn_at(struct learning *learning, struct tagged_groups *out)
{
    const struct block *block = &learning->arrays[0].block;
    for (uint32_t place = 0; place < sizeof(tag_places); place++)
        for (uint32_t start = 0; start < sizeof(starts); start++)
            for (uint32_t group = LEAST_GROUP_BYTES; group <= MOST_GROUP_BYTES; group += 8) {
                *out = (struct tagged_groups){
                    .start = starts[start], .group_bytes = group, .tags_at = tag_places[place]};
                if (block->bytes > out->start && (block->bytes - out->start) % group == 0 &&
                    tagged_groups_in(block, out) >= LEAST_GROUPS && try_groups(learning, out))
                    return true;
            }
    return false;
}

bool tagged_groups_learn(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count, bool has_grown,
                         struct tagged_groups *out)
{
    struct learning learning = {
        .view = view, .work = work, .arrays = arrays, .count = count, .has_grown = has_grown};
    learning.most_passes = count == 1 && !has_grown ? FEW_PASSES : MOST_PASSES;
    if (count == 0 || count > TAGGED_MOST_ARRAYS)
        return false;
    tagged_filter_fill(&learning.filter, &arrays[0]);
    for (int round = TAGGED_EXACT; round <= (has_grown ? TAGGED_OTHERS : TAGGED_EXACT); round++) {
        learning.round = (enum tagged_round)round;
        learning.passes = 0;
        if (learn_at(&learning, out))
            return true;
    }
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
