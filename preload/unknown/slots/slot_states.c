/*
 * Learning and counting states: see slot_states.h. No state of its own, no lock, no allocation.
 */
#include "slot_states.h"

#include <string.h>

#include "slot_profile.h"

#define LEARN_SLOTS  2048u /* in the middle of the array */
#define LEAST_HASHES 8u    /* values of live slots: fewer are states */
#define LEAST_SEEN   32u   /* of either kind */
#define MOST_MARKS   2u    /* values that mark deleted slots: one, or one more for "do not reuse" */
/* A mark among hashes stands in so many times as many slots as any of these, and in some more. */
#define MARK_TIMES   4u
#define LEAST_MARKED 16u
/* Distances that a growth showed: of fewer states each may have a meaning of its own. */
#define LEAST_DISTANCES 3u

static bool is_live(const struct slot_profile *profile, unsigned char state)
{
    return profile->live_states[state / 64] >> (state % 64) & 1;
}

bool slot_states_learn(struct layout_view *view, const struct block *block, uint64_t states,
                       struct slot_profile *profile)
{
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    uint64_t looked = capacity < LEARN_SLOTS ? capacity : LEARN_SLOTS;
    uint64_t first = (capacity - looked) / 2;
    unsigned char bytes[256];
    uint32_t occupied = 0, empty = 0;
    uint64_t live_states[4] = {0};
    int empty_state = -1;

    for (uint64_t i = 0; i < looked; i++) {
        uint64_t slot = first + i, word = 0;
        if (i % sizeof(bytes) == 0 &&
            !layout_read(view, states + slot, bytes,
                         looked - i < sizeof(bytes) ? looked - i : sizeof(bytes)))
            return false;
        if (!layout_read(view,
                         block->address + profile->header_bytes + slot * profile->slot_bytes +
                             profile->column,
                         &word, profile->column_bytes))
            return false;
        unsigned char state = bytes[i % sizeof(bytes)];
        if (!slot_profile_is_empty(profile, word)) {
            occupied++;
            live_states[state / 64] |= 1ull << (state % 64);
        } else {
            empty++;
            if (empty_state >= 0 && empty_state != state)
                return false;
            empty_state = state;
        }
    }
    if (occupied < LEAST_SEEN || empty < LEAST_SEEN ||
        live_states[empty_state / 64] >> (empty_state % 64) & 1)
        return false;
    profile->has_states = 1;
    profile->empty_state = (uint32_t)empty_state;
    memcpy(profile->live_states, live_states, sizeof(live_states));
    return true;
}

bool slot_states_are_hashes(const struct slot_profile *profile)
{
    unsigned values = 0;
    for (unsigned i = 0; i < sizeof(profile->live_states) / sizeof(profile->live_states[0]); i++)
        values += (unsigned)__builtin_popcountll(profile->live_states[i]);
    return values >= LEAST_HASHES;
}

struct state_count {
    uint64_t seen[256];
};

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct state_count *count = context;
    (void)offset;
    for (size_t i = 0; i < bytes; i++)
        count->seen[piece[i]]++;
    return true;
}

/* The lowest, the highest and the most frequent of the states that were seen in live slots. */
struct live_range {
    unsigned first, last;
    uint64_t most;
};

static struct live_range range_of(const struct slot_profile *profile,
                                  const struct state_count *count)
{
    struct live_range range = {.first = 256};
    for (unsigned state = 0; state < 256; state++) {
        if (!is_live(profile, (unsigned char)state))
            continue;
        range.first = range.first < state ? range.first : state;
        range.last = state;
        range.most = range.most > count->seen[state] ? range.most : count->seen[state];
    }
    return range;
}

/* Of many hashes a growth did not show each one. Those that it did not are live, too, but for
 * marks, which lie below all hashes or above, and stand in far more slots than any. */
static bool count_among_hashes(const struct slot_profile *profile, const struct state_count *count,
                               uint64_t *live, uint64_t *deleted)
{
    const struct live_range range = range_of(profile, count);
    unsigned marks = 0;
    *live = *deleted = 0;
    for (unsigned state = 0; state < 256; state++) {
        uint64_t seen = count->seen[state];
        bool is_mark = (state < range.first || state > range.last) &&
                       seen > range.most * MARK_TIMES + LEAST_MARKED;
        if (state == profile->empty_state)
            continue;
        *(is_mark ? deleted : live) += seen;
        marks += is_mark;
    }
    return marks <= MOST_MARKS;
}

/* Distances from where a key leads, counted without a gap from beside the empty state: a growth
 * shows the short ones, and a fuller array has longer ones as well, each more seldom than the one
 * before. A mark of deleted slots that stands where the next distance would is counted among them.
 */
static bool are_distances(const struct slot_profile *profile, const struct state_count *count)
{
    const struct live_range range = range_of(profile, count);
    unsigned state = range.first;
    if (range.last < range.first + LEAST_DISTANCES - 1 ||
        range.first != ((profile->empty_state + 1) & 0xff))
        return false;
    for (; state <= range.last; state++)
        if (!is_live(profile, (unsigned char)state))
            return false;
    for (; state < 256 && count->seen[state] > 0; state++)
        if (count->seen[state] > count->seen[state - 1] + MARK_TIMES)
            return false;
    for (; state < 256; state++)
        if (count->seen[state] > 0 && state != profile->empty_state)
            return false;
    return true;
}

bool slot_states_count(struct layout_view *view, uint64_t states, uint64_t capacity,
                       const struct slot_profile *profile, uint64_t *live, uint64_t *deleted)
{
    struct state_count count = {0};
    unsigned marks = 0;
    *live = *deleted = 0;
    if (!layout_scan(view, states, capacity, 1, count_piece, &count))
        return false;
    for (unsigned state = 0; state < 256; state++) {
        if (is_live(profile, (unsigned char)state)) {
            *live += count.seen[state];
        } else if (state != profile->empty_state && count.seen[state] > 0) {
            *deleted += count.seen[state];
            marks++;
        }
    }
    if (marks > MOST_MARKS && are_distances(profile, &count)) {
        *live += *deleted;
        *deleted = 0;
        return true;
    }
    return marks <= MOST_MARKS ||
           (slot_states_are_hashes(profile) && count_among_hashes(profile, &count, live, deleted));
}
