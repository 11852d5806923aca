/*
 * Studying where words went: see signature_pattern.h. No state, no lock, no allocation.
 */
#include "signature_pattern.h"

#include "sort.h"

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

#define LEAST_JUMPS 32u

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

#define MOST_COLUMNS 8u
#define LEAST_SORTED 24u /* words of a column */

/* Words of one column, from its lowest place to its highest. */
struct ascent {
    uint32_t words, rises, falls;
    uint64_t first, last, lowest, highest, bits;
    uint64_t first_offset, last_offset;
};

static void note_ascent(struct ascent *ascent, uint64_t word, uint64_t offset)
{
    ascent->rises += ascent->words > 0 && word > ascent->last;
    ascent->falls += ascent->words > 0 && word < ascent->last;
    if (ascent->words == 0 || word < ascent->lowest)
        ascent->lowest = word;
    if (word > ascent->highest)
        ascent->highest = word;
    ascent->bits |= word;
    if (ascent->words == 0) {
        ascent->first = word;
        ascent->first_offset = offset;
    }
    ascent->last = word;
    ascent->last_offset = offset;
    ascent->words++;
}

/* Whether so many bits hold the words, and they use all of that. */
static bool spans_bits(const struct ascent *ascent, unsigned bits)
{
    uint64_t end = UINT64_MAX >> (64 - bits), part = end / 16;
    return ascent->lowest <= part && ascent->highest <= end && ascent->highest >= end - part;
}

static bool may_be_hashes(const struct ascent *ascent)
{
    return spans_bits(ascent, 64) || spans_bits(ascent, 63) || spans_bits(ascent, 32) ||
           spans_bits(ascent, 31);
}

#define MOST_PROBES 8 /* slots that an entry may lie behind its own */

/* Entries that were allocated in the order of their keys lie so in a table that keeps this order,
 * as it does where keys are their own hashes. */
static bool may_be_addresses(const struct ascent *ascent)
{
    return (ascent->bits & 7) == 0 && ascent->lowest >> 16 != 0 && ascent->highest >> 47 == 0;
}

struct placed_word {
    uint64_t word, source, offset;
};

/* The words whose place is known, in work->piece, in the order in which they were. */
static uint32_t take_places(struct signature_work *work, struct placed_word **places)
{
    _Static_assert(sizeof(work->piece) >= SAMPLE_MAX_WORDS * sizeof(**places), "there is room");
    struct placed_word *out = (struct placed_word *)(void *)work->piece;
    uint32_t count = 0;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        struct placed_word place = {.word = work->sample.words[i].word,
                                    .source = work->sample.words[i].offset};
        if (moved_to(work, i, &place.offset))
            out[count++] = place;
    }
    *places = out;
    return count;
}

/* Slots are so many units, of which the words of one column are the same one: in the old array, or
 * in the new one. */
struct column {
    uint32_t period, number;
    bool is_there;
};

static bool is_in(const struct column *column, const struct placed_word *place)
{
    return (column->is_there ? place->offset : place->source) % column->period == column->number;
}

/* Whether the words of the column are hashes whose top bits name their slots: a table keeps those
 * in order. How many smaller keys there are tells about where a key lies, but not just where.
 * Between the first and the last of them places rise as hashes do, but for so many units. */
static bool lead_to_places(const struct placed_word *places, uint32_t count,
                           const struct column *column, const struct ascent *ascent, int64_t most)
{
    double slope = (double)(ascent->last_offset - ascent->first_offset) /
                   ((double)ascent->last - (double)ascent->first);
    uint32_t words = 0, there = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_in(column, &places[i]))
            continue;
        double home =
            (double)ascent->first_offset + slope * ((double)places[i].word - (double)ascent->first);
        double behind = (double)places[i].offset - home;
        words++;
        there += behind >= (double)-most && behind <= (double)most;
    }
    return there * 10 >= words * 9;
}

/* Of 50 steps from a word to the next one 49 lead the same way. */
#define SORTED_STEPS 50u

/* Whether the column stays unsorted, even if all of so many words that are left go on its way. */
static bool is_past_sorting(const struct ascent *ascent, uint32_t left)
{
    uint32_t more = ascent->rises > ascent->falls ? ascent->rises : ascent->falls;
    uint32_t fewer = ascent->rises > ascent->falls ? ascent->falls : ascent->rises;
    return fewer * (SORTED_STEPS - 1) > more + left;
}

/* Whether the column's words rise or fall from place to place, in the order of `places`. They
 * seldom do, a fraction of them tells, and there are 36 columns. */
static bool is_sorted(const struct placed_word *places, uint32_t count, const struct column *column,
                      struct ascent *ascent)
{
    *ascent = (struct ascent){0};
    for (uint32_t i = 0; i < count; i++) {
        if (!is_in(column, &places[i]))
            continue;
        note_ascent(ascent, places[i].word, places[i].offset);
        if (is_past_sorting(ascent, count - i - 1))
            return false;
    }
    uint32_t more = ascent->rises > ascent->falls ? ascent->rises : ascent->falls;
    return ascent->words >= LEAST_SORTED &&
           more * SORTED_STEPS >= (ascent->words - 1) * (SORTED_STEPS - 1);
}

/* Whether a column is sorted by its words, and the top bits of those do not name its slots. */
static bool is_in_order_of_words(const struct pattern *pattern, const struct placed_word *places,
                                 uint32_t count)
{
    struct ascent ascent;
    struct column column = {0};
    for (column.period = 1; column.period <= MOST_COLUMNS; column.period++)
        for (column.number = 0; column.number < column.period; column.number++)
            if (is_sorted(places, count, &column, &ascent) &&
                (!may_be_hashes(&ascent) ||
                 !lead_to_places(places, count, &column, &ascent,
                                 MOST_PROBES * pattern->smallest_change)))
                return true;
    return false;
}

/* Text and keys that are compared by their bytes ascend from the first byte on. */
static void swap_bytes(struct placed_word *places, uint32_t count, uint32_t unit)
{
    for (uint32_t i = 0; i < count; i++)
        places[i].word = __builtin_bswap64(places[i].word) >> (64 - 8 * unit);
}

bool pattern_is_sorted(struct signature_work *work, const struct pattern *pattern)
{
    struct placed_word *places;
    if (work->sample.paired)
        return false;
    uint32_t count = take_places(work, &places);
    if (is_in_order_of_words(pattern, places, count))
        return true;
    swap_bytes(places, count, work->sample.unit);
    return is_in_order_of_words(pattern, places, count);
}

static bool lies_before(struct placed_word a, struct placed_word b, const void *unused)
{
    (void)unused;
    return a.offset < b.offset;
}

DEFINE_SORT(sort_by_offset, struct placed_word, lies_before)

/* Slots that an entry may lie behind its own in a table that is nearly full, whose slots are named
 * by the top bits of hashes, or by numbers that follow each other. Of n random keys in sorted
 * order, one lies about sqrt(n) / 3 places from where its own number leads. */
#define MOST_PROBES_THERE 16

bool pattern_is_sorted_there(struct signature_work *work)
{
    struct placed_word *places;
    struct ascent ascent;
    if (work->sample.paired)
        return false;
    uint32_t count = take_places(work, &places);
    sort_by_offset(places, count, NULL);
    struct column column = {.is_there = true};
    bool is_sorted_there = false;
    for (column.period = 1; column.period <= MOST_COLUMNS; column.period++)
        for (column.number = 0; column.number < column.period; column.number++) {
            if (!is_sorted(places, count, &column, &ascent) || may_be_addresses(&ascent))
                continue;
            if (lead_to_places(places, count, &column, &ascent,
                               (int64_t)MOST_PROBES_THERE * column.period))
                return false;
            is_sorted_there = true;
        }
    return is_sorted_there;
}

#define LEAST_RUN_JUMPS 4u
#define LEAST_RUNS      8u

/* The distances between neighbours of a run that were parted. */
struct run_jumps {
    uint32_t count;
    int64_t least, most;
};

/* By chance two of three runs have a third distance, or two that are further apart. */
static void end_run(struct run_jumps *run, int64_t step, uint32_t *runs, uint32_t *even)
{
    if (run->count >= LEAST_RUN_JUMPS) {
        (*runs)++;
        *even += run->most - run->least <= step;
    }
    *run = (struct run_jumps){0};
}

#define NEAR_SLOTS 4
#define NEAR_UNITS 8 /* a header */

/* Whether nearly all words lie where their old places lead: a hash that spreads keys in sequence
 * evenly does that, too. */
static bool follow_their_places(const struct signature_work *work, const struct pattern *pattern,
                                uint64_t units)
{
    const struct sample *sample = &work->sample;
    double ratio = (double)units * sample->unit / (double)sample->source_bytes;
    double most = (double)(NEAR_SLOTS * pattern->smallest_change + NEAR_UNITS);
    uint32_t words = 0, there = 0;
    uint64_t offset;
    for (uint32_t i = 0; i < sample->count; i++) {
        if (!moved_to(work, i, &offset))
            continue;
        double behind = (double)offset - ratio * (double)sample->words[i].offset;
        words++;
        there += behind >= -most && behind <= most;
    }
    return there * 10 >= words * 9;
}

bool pattern_is_even(const struct signature_work *work, const struct pattern *pattern,
                     uint64_t units)
{
    const struct sample *sample = &work->sample;
    int64_t step = pattern->smallest_change; /* a slot */
    struct run_jumps run = {0};
    uint32_t runs = 0, even = 0, last_run = UINT32_MAX;
    uint64_t offset, last_offset = 0;
    bool was_moved = false;
    /* In an array that is still nearly full there is no room for other distances. */
    if (step <= 0 || units * 5 < sample->source_bytes / sample->unit * 9)
        return false;
    for (uint32_t i = 0; i < sample->count; i++) {
        if (sample->words[i].run != last_run)
            end_run(&run, step, &runs, &even);
        bool is_moved = moved_to(work, i, &offset);
        int64_t jump = (int64_t)(offset - last_offset);
        /* What stays beside its neighbour may be of the same slot. */
        if (is_moved && was_moved && sample->words[i].run == last_run && (jump != 1 || step == 1)) {
            run.least = run.count == 0 || jump < run.least ? jump : run.least;
            run.most = run.count == 0 || jump > run.most ? jump : run.most;
            run.count++;
        }
        was_moved = is_moved;
        last_offset = offset;
        last_run = sample->words[i].run;
    }
    end_run(&run, step, &runs, &even);
    return runs >= LEAST_RUNS && even * 10 >= runs * 9 &&
           !follow_their_places(work, pattern, units);
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
