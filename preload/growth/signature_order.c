/*
 * Words that kept their order: a table that is indexed by the top bits of its hashes, or an array
 * in sorted order with gaps. See signature_pattern.h. No state, no lock, no allocation.
 */
#include "signature_pattern.h"
#include "sort.h"

#define MOST_COLUMNS 8u /* of a slot, each of which is tried */
/* Words of a column that tell; of so few none may lie on the wrong side of the one before. */
#define LEAST_SORTED 24u

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

#define LEAST_RUN_JUMPS 4u /* of a run that tells */
#define LEAST_RUNS      8u /* by chance all of so many are even once in 6,000 */

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

#define NEAR_SLOTS 4 /* that an entry lies off by probing */
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
