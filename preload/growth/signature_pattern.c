/*
 * Studying where words went: see signature_pattern.h. No state, no lock, no allocation.
 */
#include "signature_pattern.h"

#include <string.h>

#define PERIODS_MOST 16u

/* In a matrix that got longer rows, row number r moved by r times the difference. If the number of
 * words that an old row had is to explain where every word is now, it lies between these bounds. */
struct row_bounds {
    double lowest, highest;
    uint32_t words;
};

static void bound_rows(struct row_bounds *bounds, uint64_t offset, double row)
{
    double lowest = (double)offset / (row + 1);
    if (lowest > bounds->lowest)
        bounds->lowest = lowest;
    if (row > 0 && (double)offset / row < bounds->highest)
        bounds->highest = (double)offset / row;
    bounds->words++;
}

/* Whether one row length explains all displacements, the smallest change being the step. */
bool pattern_is_relaid(const struct signature_work *work, const struct pattern *pattern)
{
    struct row_bounds bounds = {.highest = 1e18};
    int64_t step = pattern->smallest_change;
    if (step <= 0)
        return false;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        uint64_t offset;
        if (!moved_to(work, i, &offset))
            continue;
        int64_t displacement = (int64_t)offset - (int64_t)work->sample.words[i].offset;
        if (displacement < 0 || displacement % step != 0)
            return false;
        bound_rows(&bounds, work->sample.words[i].offset, (double)(displacement / step));
    }
    return bounds.words > 0 && bounds.lowest < bounds.highest;
}

/* A step from a word to its neighbour, and which word it is in a period of so many as there may be.
 */
struct jump {
    int64_t step;
    uint32_t source;
};

/* Sets *jumps to the steps of words whose neighbour did not stay beside them. */
static uint32_t take_jumps(struct signature_work *work, struct jump **jumps)
{
    _Static_assert(sizeof(work->piece) >= SAMPLE_MAX_WORDS * sizeof(**jumps), "there is room");
    struct jump *out = (struct jump *)(void *)work->piece;
    uint64_t offset, last_source = UINT64_MAX - 1, last_offset = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        uint64_t source = work->sample.words[i].offset;
        if (!moved_to(work, i, &offset))
            continue;
        int64_t step = (int64_t)(offset - last_offset);
        if (source == last_source + 1 && step != 1)
            out[count++] = (struct jump){.step = step, .source = (uint32_t)(source % PERIODS_MOST)};
        last_source = source;
        last_offset = offset;
    }
    *jumps = out;
    return count;
}

/* How many of the jumps are their class's commonest one, by majority vote (Boyer and Moore, MJRTY).
 */
static uint32_t count_common(const struct jump *jumps, uint32_t count, uint32_t period)
{
    int64_t common[PERIODS_MOST];
    int32_t votes[PERIODS_MOST] = {0};
    uint32_t as_common = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t class = jumps[i].source % period;
        if (votes[class] == 0) {
            common[class] = jumps[i].step;
            votes[class] = 1;
        } else {
            votes[class] += common[class] == jumps[i].step ? 1 : -1;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t class = jumps[i].source % period;
        as_common += votes[class] > 0 && common[class] == jumps[i].step;
    }
    return as_common;
}

#define LEAST_JUMPS 32u /* two for each place in the longest period */

/* Rearrangements (a transpose, structs to columns, tiles, a Morton order) put the neighbour of a
 * word a step away that depends on the word's place alone; a hash depends on the word. Looks for a
 * period of up to 16 words whose steps are mostly the same. */
bool pattern_is_regular(struct signature_work *work)
{
    struct jump *jumps;
    uint32_t count = take_jumps(work, &jumps);
    if (count < LEAST_JUMPS)
        return false;
    for (uint32_t period = 1; period <= PERIODS_MOST; period *= 2)
        if (count_common(jumps, count, period) >= 0.8 * count)
            return true;
    return false;
}

void pattern_study(const struct signature_work *work, uint64_t units, struct pattern *out)
{
    const struct sample *sample = &work->sample;
    int64_t last_displacement = 0;
    uint64_t offset, last_offset = 0, last_source = 0;
    uint32_t last_run = 0;
    uint64_t old_units = sample->source_bytes / sample->unit;
    uint64_t slack = old_units / 64 + PERIODS_MOST; /* probing */

    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < sample->count; i++) {
        out->found += work->found[i].is_distinct && work->found[i].hits > 0;
        /* Of a word found in several places it cannot be told to which it moved. */
        if (!moved_to(work, i, &offset))
            continue;
        uint64_t source = sample->words[i].offset;
        int64_t displacement = (int64_t)offset - (int64_t)source;
        out->same += displacement == 0;
        if (displacement != 0 && offset >= old_units) {
            uint64_t beyond = old_units ? (uint64_t)displacement % old_units : 0;
            out->behind++;
            out->by_its_size += beyond <= slack || beyond + slack >= old_units;
        }
        out->quarters[units ? offset * 4 / units : 0]++;
        out->same_quarters[units ? offset * 4 / units : 0] += displacement == 0;
        if (out->once == 0 || offset < out->first)
            out->first = offset;
        if (offset > out->last)
            out->last = offset;
        if (out->once == 0)
            out->first_source = source;
        out->last_source = source;
        if (out->once > 0) {
            int64_t change = displacement - last_displacement;
            bool near = sample->words[i].run == last_run;
            uint64_t parted = offset > last_offset ? offset - last_offset : last_offset - offset;
            out->near_pairs += near;
            out->near_together += near && parted * 16 <= units;
            out->backward += offset < last_offset;
            out->turns += change != 0;
            out->near_turns += near && change != 0;
            uint64_t apart = source - last_source;
            if (near && offset > last_offset && (offset - last_offset) % apart == 0 &&
                (offset - last_offset) / apart <= 4)
                out->stretched[(offset - last_offset) / apart]++;
            if (change > 0 && (out->smallest_change == 0 || change < out->smallest_change))
                out->smallest_change = change;
        }
        last_displacement = displacement;
        last_offset = offset;
        last_source = source;
        last_run = sample->words[i].run;
        out->once++;
    }
}

/* Sets *changes to those of the displacement from one moved word to the next, without their signs.
 */
static uint32_t take_changes(struct signature_work *work, uint64_t **changes)
{
    _Static_assert(sizeof(work->piece) >= SAMPLE_MAX_WORDS * sizeof(**changes), "there is room");
    uint64_t *out = (uint64_t *)(void *)work->piece;
    uint32_t count = 0;
    uint64_t offset;
    int64_t last = 0;
    bool has_last = false;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        if (!moved_to(work, i, &offset))
            continue;
        int64_t displacement = (int64_t)offset - (int64_t)work->sample.words[i].offset;
        int64_t change = displacement - last;
        if (has_last && change != 0)
            out[count++] = (uint64_t)(change < 0 ? -change : change);
        last = displacement;
        has_last = true;
    }
    *changes = out;
    return count;
}

/* Whether at most so many of the changes are no multiples of `size`. A multiplication tells as long
 * as they have 32 bits (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019): there
 * are 128 sizes to be tried. */
static bool are_multiples(const uint64_t *changes, uint32_t count, uint32_t size, uint32_t most)
{
    uint64_t inverse = UINT64_MAX / size + 1;
    uint32_t others = 0;
    for (uint32_t i = 0; i < count && others <= most; i++)
        others +=
            changes[i] <= UINT32_MAX ? inverse * changes[i] > inverse - 1 : changes[i] % size != 0;
    return others <= most;
}

/* By how much displacements differ is a multiple of the slot size, also where a header in front of
 * the slots has grown. A word found at a wrong place by chance spoils two differences: eight of ten
 * are enough. */
void pattern_allow_slots(struct signature_work *work, struct comparison *out)
{
    uint64_t *changes;
    uint32_t count = take_changes(work, &changes);
    bool fails[SIGNATURE_MOST_SLOT_UNITS + 1] = {false};
    out->slot_units[0] |= 1;
    for (uint32_t size = 2; size <= SIGNATURE_MOST_SLOT_UNITS; size++) {
        /* What is no multiple of a size is none of twice or three times that. */
        if (!fails[size] && are_multiples(changes, count, size, count / 5)) {
            out->slot_units[(size - 1) / 64] |= 1ull << ((size - 1) % 64);
            continue;
        }
        for (uint32_t more = size; more <= SIGNATURE_MOST_SLOT_UNITS; more += size)
            fails[more] = true;
    }
}
