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

/* Whether the word's one place in the new array is known, and where that is. */
static bool moved_to(const struct signature_work *work, uint32_t item, uint64_t *offset)
{
    const struct found_word *found = &work->found[item];
    *offset = found->offset;
    return found->is_distinct && found->hits == 1;
}

/* Whether one row length explains all displacements, `step` being the smallest one. */
static bool is_relaid(const struct signature_work *work, int64_t step)
{
    struct row_bounds bounds = {.highest = 1e18};
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

/* Rearrangements (a transpose, structs to columns, tiles, a Morton order) put the neighbour of a
 * word a step away that depends on the word's place alone; a hash depends on the word. Looks for a
 * period of up to 16 words whose steps are mostly the same, by majority vote (Boyer and Moore,
 * MJRTY). */
static bool is_regular(const struct signature_work *work)
{
    for (uint32_t period = 1; period <= PERIODS_MOST; period *= 2) {
        int64_t common[PERIODS_MOST];
        int32_t votes[PERIODS_MOST] = {0};
        uint32_t jumps = 0, as_common = 0;
        for (int pass = 0; pass < 2; pass++) {
            uint64_t last_source = UINT64_MAX - 1, last_offset = 0;
            for (uint32_t i = 0; i < work->sample.count; i++) {
                uint64_t offset, source = work->sample.words[i].offset;
                if (!moved_to(work, i, &offset))
                    continue;
                int64_t step = (int64_t)(offset - last_offset);
                if (source == last_source + 1 && step != 1) {
                    uint32_t class = (uint32_t)(source % period);
                    if (pass == 1) {
                        jumps++;
                        as_common += votes[class] > 0 && common[class] == step;
                    } else if (votes[class] == 0) {
                        common[class] = step;
                        votes[class] = 1;
                    } else {
                        votes[class] += common[class] == step ? 1 : -1;
                    }
                }
                last_source = source;
                last_offset = offset;
            }
        }
        if (jumps >= 32 && as_common >= 0.8 * jumps)
            return true;
    }
    return false;
}

void pattern_study(const struct signature_work *work, uint64_t units, struct pattern *out)
{
    const struct sample *sample = &work->sample;
    int64_t last_displacement = 0, smallest_change = 0;
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
        if (out->once > 0) {
            int64_t change = displacement - last_displacement;
            bool near = sample->words[i].run == last_run;
            out->near_pairs += near;
            out->backward += offset < last_offset;
            out->turns += change != 0;
            out->near_turns += near && change != 0;
            uint64_t apart = source - last_source;
            if (near && offset > last_offset && (offset - last_offset) % apart == 0 &&
                (offset - last_offset) / apart <= 4)
                out->stretched[(offset - last_offset) / apart]++;
            if (change > 0 && (smallest_change == 0 || change < smallest_change))
                smallest_change = change;
        }
        last_displacement = displacement;
        last_offset = offset;
        last_source = source;
        last_run = sample->words[i].run;
        out->once++;
    }
    out->is_relaid = is_relaid(work, smallest_change);
    out->is_regular = is_regular(work);
}

/* By how much displacements differ is a multiple of the slot size, also where a header in front of
 * the slots has grown. A word found at a wrong place by chance spoils two differences: eight of ten
 * are enough. */
void pattern_allow_slots(const struct signature_work *work, struct comparison *out)
{
    uint32_t divisible[SIGNATURE_MOST_SLOT_UNITS] = {0};
    uint32_t moved = 0;
    uint64_t offset;
    int64_t last = 0;
    bool has_last = false;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        if (!moved_to(work, i, &offset))
            continue;
        int64_t displacement = (int64_t)offset - (int64_t)work->sample.words[i].offset;
        int64_t change = displacement - last;
        if (has_last && change != 0) {
            moved++;
            /* In 32 bits, where it fits, a division takes a third of the time; there are 128. */
            uint64_t size = (uint64_t)(change < 0 ? -change : change);
            if (size <= UINT32_MAX)
                for (uint32_t n = 0; n < SIGNATURE_MOST_SLOT_UNITS; n++)
                    divisible[n] += (uint32_t)size % (n + 1) == 0;
            else
                for (uint32_t n = 0; n < SIGNATURE_MOST_SLOT_UNITS; n++)
                    divisible[n] += size % (n + 1) == 0;
        }
        last = displacement;
        has_last = true;
    }
    for (uint32_t n = 0; n < SIGNATURE_MOST_SLOT_UNITS; n++)
        if (divisible[n] >= 0.8 * moved)
            out->slot_units[n / 64] |= 1ull << (n % 64);
}
