/*
 * Comparing an array with its successor: see signature.h. No state, no lock, no allocation.
 */
#include "signature.h"

#include "signature_pattern.h"
#include "signature_words.h"

#include <string.h>

/* What is read of the new array at a time. */
#define WINDOW_BYTES 65536u
/* Up to 16 MiB are searched whole, about 5 ms beside a rehash of a hundred; of more, a sixteenth.
 */
#define MOST_WINDOWS      256u
#define MOST_STEP         16u
#define MOST_WINDOWS_EVER 1024u /* 64 MiB, 20 ms */
#define WANTED_WORDS      64u   /* that a search should find of a table */
/* Spots are pages, at least so many of them and at most 4 MiB. */
#define SPOT_BYTES  4096u
#define LEAST_SPOTS 16u
#define MOST_SPOTS  1024u
#define SPOT_WORDS  128u /* wanted in spots: 16 neighbours may have stayed together */
#define SPOT_BATCH  15u  /* in a piece, each with the neighbour of its last word */

/* --- the index of sampled words --- */

/* Whether the word is the second of a pair of equal neighbours, not of more: the head of a list of
 * one entry, which is its first and its last. */
static bool is_second_of_pair(const struct sample *sample, uint32_t i)
{
    return i > 0 && sample->words[i - 1].word == sample->words[i].word &&
           sample->words[i - 1].offset + 1 == sample->words[i].offset &&
           (i < 2 || sample->words[i - 2].word != sample->words[i].word ||
            sample->words[i - 2].offset + 2 != sample->words[i].offset);
}

/* Words that occur twice in the sample (flags, types, a special empty key) are left out: they would
 * be found anywhere. Compacts the sample to the distinct ones. */
static void build_index(struct signature_work *work)
{
    struct sample *sample = &work->sample;
    work->index_mask = 63;
    while (work->index_mask < 4 * sample->count && work->index_mask < SIGNATURE_INDEX - 1)
        work->index_mask = work->index_mask * 2 + 1;
    memset(work->index, 0, (work->index_mask + 1) * sizeof(work->index[0]));
    memset(work->filter, 0, sizeof(work->filter));
    work->distinct = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t at = index_place(work, sample->words[i].word);
        bool is_new = work->index[at] == 0;
        work->found[i] = (struct found_word){.is_distinct = is_new};
        if (is_new) {
            work->index[at] = (uint16_t)(i + 1);
            work->distinct++;
        } else if (work->found[work->index[at] - 1].is_distinct &&
                   !(work->index[at] == i && is_second_of_pair(sample, i))) {
            work->found[work->index[at] - 1].is_distinct = false;
            work->distinct--;
        }
    }
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t hash = hash_word(sample->words[i].word);
        if (work->found[i].is_distinct)
            work->filter[hash >> 54] |= 1ull << (hash >> 48 & 63);
    }
}

static uint32_t words_found(const struct signature_work *work)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < work->sample.count; i++)
        found += work->found[i].is_distinct && work->found[i].hits > 0;
    return found;
}

/* The word passed the filter: most have been sampled. */
static __attribute__((noinline)) void look_up(struct signature_work *work, uint64_t word,
                                              uint64_t offset)
{
    uint32_t at = index_place(work, word);
    if (work->index[at] == 0)
        return;
    struct found_word *found = &work->found[work->index[at] - 1];
    bool same = offset == work->sample.words[work->index[at] - 1].offset;
    /* Two neighbours that are equal are one place. */
    bool is_second = found->hits > 0 && offset == found->offset + 1;
    found->hits += !is_second;
    /* The same offset wins over any other: what stands where it stood was not moved. */
    if ((found->hits == 1 && !is_second) || same)
        found->offset = offset;
    found->at_same_offset |= same;
}

INLINE void look_up_words(struct signature_work *work, const unsigned char *piece, uint64_t end,
                          uint64_t first, uint32_t unit, bool paired)
{
    for (uint64_t at = 0; at < end; at += unit) {
        uint64_t word = evidence_at(piece + at, unit, paired);
        if (word == 0)
            continue;
        uint64_t hash = hash_word(word);
        if (work->filter[hash >> 54] >> (hash >> 48 & 63) & 1)
            look_up(work, word, first + at / unit);
    }
}

/* Looks up the words of a piece of the array, the first of which has that number. Behind it lies
 * the neighbour of its last word, unless the array ends there. One loop for each way: the words are
 * many. */
static void search_piece(struct signature_work *work, const unsigned char *piece, uint64_t bytes,
                         uint64_t neighbour, uint64_t first)
{
    uint32_t unit = work->sample.unit;
    uint64_t end = work->sample.paired ? bytes + neighbour - unit : bytes;
    if (unit == 8 && !work->sample.paired)
        look_up_words(work, piece, end, first, 8, false);
    else if (unit == 8)
        look_up_words(work, piece, end, first, 8, true);
    else if (unit == 2)
        look_up_words(work, piece, end, first, 2, false);
    else if (!work->sample.paired)
        look_up_words(work, piece, end, first, 4, false);
    else
        look_up_words(work, piece, end, first, 4, true);
}

/* Of so many windows (or spots) every how manieth is searched at most: with few words to look for,
 * a part of the array would hold too few of them. */
static uint64_t affordable_step(const struct signature_work *work, uint32_t wanted)
{
    uint64_t step = work->distinct / wanted;
    return step > MOST_STEP ? MOST_STEP : step > 0 ? step : 1;
}

/* Searches the array, or evenly spread windows of a big one. Returns the share searched, 0 when
 * memory could not be read. */
static double search_windows(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                             struct signature_work *work)
{
    uint32_t unit = work->sample.unit;
    uint64_t windows = (bytes + WINDOW_BYTES - 1) / WINDOW_BYTES;
    uint64_t step = windows > MOST_WINDOWS ? windows / MOST_WINDOWS : 1;
    uint64_t affordable = affordable_step(work, WANTED_WORDS);
    if (step > affordable)
        step = affordable;
    uint64_t least = windows / MOST_WINDOWS_EVER + 1;
    if (step < least)
        step = least;
    uint64_t searched = 0;
    for (uint64_t window = 0; window < windows; window += step) {
        uint64_t start = window * WINDOW_BYTES;
        uint64_t length = bytes - start < WINDOW_BYTES ? bytes - start : WINDOW_BYTES;
        length -= length % unit;
        if (length == 0) /* a few bytes behind the last word */
            break;
        uint64_t neighbour = bytes - start - length >= unit ? unit : 0;
        const unsigned char *piece =
            see_bytes(reader, address + start, work->piece, (size_t)(length + neighbour));
        if (!piece)
            return 0;
        search_piece(work, piece, length, neighbour, start / unit);
        searched += length;
    }
    if (step == 1)
        return 1;
    return bytes ? (double)searched / (double)bytes : 0;
}

/* Searches pages, where they are if that may be done, else as many copies at once as there is room
 * for. */
static bool search_batch(const struct memory_reader *reader, uint64_t address, const uint64_t *at,
                         unsigned count, struct signature_work *work)
{
    const uint32_t unit = work->sample.unit;
    const size_t room = SPOT_BYTES + unit; /* and the neighbour of its last word */
    bool is_there = reader->borrow && count > 0 && reader->borrow(reader, at[0], room);
    if (!is_there && !read_pieces(reader, at, count, work->piece, room))
        return false;
    for (unsigned i = 0; i < count; i++) {
        const unsigned char *spot =
            is_there ? see_bytes(reader, at[i], work->piece, room) : work->piece + i * room;
        if (!spot)
            return false;
        search_piece(work, spot, SPOT_BYTES, unit, (at[i] - address) / unit);
    }
    return true;
}

/* Searches `spots` spots, one at no particular place in each stretch of the array. They begin where
 * pages begin, for the kernel looks up each page it reads. */
static double search_spots(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                           uint64_t spots, struct signature_work *work)
{
    uint32_t unit = work->sample.unit;
    uint64_t first = -address % SPOT_BYTES;
    uint64_t pages = (bytes - first - unit) / SPOT_BYTES; /* each with a word behind it */
    for (uint64_t done = 0; done < spots;) {
        uint64_t at[SPOT_BATCH];
        unsigned batch = 0;
        for (; batch < SPOT_BATCH && done + batch < spots; batch++) {
            uint64_t stretch = (done + batch) * pages / spots;
            uint64_t stretch_end = (done + batch + 1) * pages / spots;
            uint64_t page = stretch + hash_word(done + batch + 1) % (stretch_end - stretch);
            at[batch] = address + first + page * SPOT_BYTES;
        }
        if (!search_batch(reader, address, at, batch, work))
            return 0;
        done += batch;
    }
    return (double)(spots * SPOT_BYTES) / (double)bytes;
}

static double search(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                     enum signature_search how, struct signature_work *work)
{
    uint64_t pages = bytes / SPOT_BYTES;
    uint64_t spots = pages / affordable_step(work, SPOT_WORDS);
    if (spots < LEAST_SPOTS)
        spots = LEAST_SPOTS;
    if (spots > MOST_SPOTS)
        spots = MOST_SPOTS;
    /* Words of 4 and 8 bytes begin at multiples of that; a page then begins with a word. */
    if (how == SIGNATURE_SEARCH_ALL || pages < 2 * spots || address % work->sample.unit != 0)
        return search_windows(reader, address, bytes, work);
    return search_spots(reader, address, bytes, spots, work);
}

/* Whether any word of the run that begins with that one has not been found where it was. *next: the
 * first word behind the run. */
static bool is_wanted(const struct signature_work *work, uint32_t word, uint32_t *next)
{
    const struct sample *sample = &work->sample;
    bool is_wanted = false;
    uint32_t i = word;
    for (; i < sample->count && sample->words[i].run == sample->words[word].run; i++) {
        is_wanted |= work->found[i].is_distinct && !work->found[i].at_same_offset;
    }
    *next = i;
    return is_wanted;
}

static void find_at_same_offset(struct signature_work *work, uint32_t word,
                                const unsigned char *memory)
{
    const struct sample *sample = &work->sample;
    struct found_word *found = &work->found[word];
    if (!found->is_distinct || found->at_same_offset ||
        evidence_at(memory, sample->unit, sample->paired) != sample->words[word].word)
        return;
    found->at_same_offset = true;
    found->offset = sample->words[word].offset;
    found->hits = found->hits ? found->hits : 1;
}

/* In what was skipped a word at its old offset would be missed: looks there directly. */
static bool look_at_same_offsets(const struct memory_reader *reader, uint64_t address,
                                 uint64_t bytes, struct signature_work *work)
{
    const struct sample *sample = &work->sample;
    size_t run_bytes = (size_t)(RUN_WORDS + 1) * sample->unit; /* and a neighbour */
    uint64_t at[MOST_RUNS];
    uint32_t first[MOST_RUNS + 1], wanted = 0, next;
    if (bytes < run_bytes)
        return true;
    for (uint32_t i = 0; i < sample->count && wanted < MOST_RUNS; i = next) {
        uint64_t offset = (uint64_t)sample->words[i].offset * sample->unit;
        if (!is_wanted(work, i, &next) || offset >= bytes)
            continue;
        first[wanted] = i;
        at[wanted++] = address + (offset + run_bytes <= bytes ? offset : bytes - run_bytes);
    }
    if (!read_pieces(reader, at, wanted, work->piece, run_bytes))
        return false;
    for (uint32_t run = 0; run < wanted; run++) {
        for (uint32_t i = first[run];
             i < sample->count && sample->words[i].run == sample->words[first[run]].run; i++) {
            uint64_t place = address + (uint64_t)sample->words[i].offset * sample->unit - at[run];
            if (place + ((size_t)sample->unit << sample->paired) <= run_bytes)
                find_at_same_offset(work, i, work->piece + run * run_bytes + place);
        }
    }
    return true;
}

/* --- the verdict --- */

/* Sorted entries that got more room between them. */
static bool is_spread_out(struct signature_work *work, const struct pattern *pattern,
                          uint64_t units)
{
    return pattern_is_in_order(pattern) &&
           (pattern_is_sorted(work, pattern) || pattern_is_even(work, pattern, units));
}

/* Slots are used to both ends of the array: of n words thrown at random none lies in its last
 * eighth with probability (7/8)^n, one in 5000 for 64. A header or states take less than that. But
 * a table named by the top bits of its hashes leaves the words of a run near each other, and a
 * fingerprint has eight runs, the last of which begins at the last eighth of the old array. They
 * end where they ended there. A vector in pieces does not, in an array that has grown. */
static bool stays_inside(const struct signature_work *work, const struct pattern *pattern,
                         uint64_t units)
{
    const struct sample *sample = &work->sample;
    double old_units = (double)sample->source_bytes / sample->unit, all = (double)units;
    double before = 0, behind = 0; /* shares of the old array */
    if (pattern->near_together * 2 > pattern->near_pairs && all * 4 >= old_units * 5) {
        before = (double)pattern->first_source / old_units;
        behind = 1 - (double)(pattern->last_source + 1) / old_units;
    }
    return (double)pattern->last < 0.875 * (1 - behind) * all ||
           all - (double)pattern->first < 0.875 * (1 - before) * all;
}

/* Most stayed where they were, and what did not went anywhere: a copy in which some words were
 * overwritten since, and turn up by chance, as those of a trie in an array do, which are numbers of
 * its cells. A mask leaves half of the words of a table, and moves the others by its size. */
static bool is_copied_and_changed(const struct pattern *pattern, double weighted)
{
    return pattern->same >= 0.65 * weighted &&
           pattern->by_its_size * 2 < pattern->once - pattern->same;
}

/* Whether so many words were found again that the arrays have to do with each other. */
static bool are_related(const struct signature_work *work, const struct pattern *pattern,
                        double expected)
{
    const uint32_t distinct = work->distinct;
    /* Of a copy or a move nearly all words would be found; of a chained table whose chains are
     * relinked about half (a bucket's first entry is often not first any more); by chance, none. */
    if (pattern->found < LEAST_WORDS || pattern->found < 0.2 * distinct * expected)
        return false;
    /* A moved entry turns up in one place. Words of text or of an image turn up by chance, as often
     * as a Poisson variable says: if 95 % of them were found by chance, 16 % would be found once,
     * of 98.5 % 6 %. Entries with small numbers beside a key are above that; numbers that follow
     * each other are so only in pairs. */
    bool is_moved = pattern->once >= 0.6 * pattern->found ||
                    (pattern->once >= 0.25 * distinct && pattern->found >= 0.95 * distinct) ||
                    (pattern->once >= 0.12 * distinct && pattern->found >= 0.985 * distinct) ||
                    (work->sample.paired && pattern->once >= 0.3 * distinct &&
                     pattern->found >= 0.8 * distinct);
    return pattern->once >= LEAST_WORDS && is_moved;
}

/* All in order: the table's hash keeps the order of its slots (hash >> shift), or rows were laid
 * out again with a longer stride, or an image was scaled, both of which are regular; or sorted
 * entries got more room between them. */
static bool is_regular_in_order(struct signature_work *work, const struct pattern *pattern,
                                uint64_t units)
{
    bool is_scaled = false;
    for (int k = 1; k <= 4; k++)
        is_scaled = is_scaled || pattern->stretched[k] >= 0.9 * pattern->near_pairs;
    return pattern_is_relaid(work, pattern) || is_spread_out(work, pattern, units) || is_scaled;
}

/* Whether one part of the array has hardly any of the words: they are one dense piece, a vector
 * that was sorted, say. */
static bool is_one_piece(const struct pattern *pattern, double expected, double weighted)
{
    for (int quarter = 0; quarter < 4; quarter++) {
        double here = pattern->same_quarters[quarter] +
                      (pattern->quarters[quarter] - pattern->same_quarters[quarter]) / expected;
        if (here * 16 < weighted)
            return true;
    }
    return false;
}

static enum signature judge(struct signature_work *work, const struct pattern *pattern,
                            double searched, uint64_t units)
{
    if (work->distinct < LEAST_WORDS)
        return SIGNATURE_UNREADABLE;
    const double expected = searched < 1 ? searched : 1;
    if (!are_related(work, pattern, expected))
        return SIGNATURE_UNRELATED;
    const double moved = (pattern->once - pattern->same) / expected;
    const double weighted = pattern->same + moved;
    if (pattern->same >= 0.85 * weighted || is_copied_and_changed(pattern, weighted))
        return SIGNATURE_COPIED;
    /* Whether the pieces that moved kept their order. Neighbours that all stayed together are long
     * pieces, unless the pieces are slots longer than a run, which went everywhere. */
    const bool is_in_order = pattern_is_in_order(pattern);
    if (pattern->turns <= 3 || (pattern->near_turns == 0 && is_in_order))
        return SIGNATURE_SHIFTED;
    if (is_in_order && is_regular_in_order(work, pattern, units))
        return SIGNATURE_SHIFTED;
    /* Blocks that were freed and handed out again: their addresses were appended to an array in
     * which their old places are empty. A hash that is taken modulo another size spreads what it
     * moves over all of the array, a mask moves it by the old size. */
    if (pattern->same > 0 && pattern->behind >= 0.97 * (pattern->once - pattern->same) &&
        pattern->by_its_size < 0.5 * pattern->behind)
        return SIGNATURE_SHIFTED;
    if (is_one_piece(pattern, expected, weighted))
        return SIGNATURE_SHIFTED;
    if (!is_in_order && (pattern_is_regular(work) || pattern_is_sorted_there(work)))
        return SIGNATURE_SHIFTED;
    if (pattern->once >= 64 && stays_inside(work, pattern, units))
        return SIGNATURE_SHIFTED;
    if (pattern_is_finer(work, units) || (searched >= 1 && pattern_is_reuse(work, pattern)))
        return SIGNATURE_SHIFTED;
    return SIGNATURE_SCATTERED;
}

/* A mask leaves each word where it is, or moves it by the old array's size. Of a hash that spreads
 * keys in sequence evenly, every second one in turn, which looks like a rearrangement. */
static bool is_split(const struct pattern *pattern)
{
    uint32_t moved = pattern->once - pattern->same;
    return pattern->once >= LEAST_WORDS && moved * 4 >= pattern->once &&
           pattern->same * 4 >= pattern->once && pattern->by_its_size * 20 >= moved * 19;
}

void signature_compare(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                       enum signature_search how, struct signature_work *work,
                       struct comparison *out)
{
    memset(out, 0, sizeof(*out));
    out->signature = SIGNATURE_UNREADABLE;
    build_index(work);
    double searched = search(reader, address, bytes, how, work);
    if (searched == 0 || (searched < 1 && !look_at_same_offsets(reader, address, bytes, work)))
        return;
    struct pattern pattern;
    uint32_t distinct = work->distinct;
    uint64_t units = bytes / work->sample.unit;
    out->is_partial = searched < 1;
    if (words_found(work) == 0) { /* as of most arrays that have nothing to do with each other */
        out->signature = distinct < LEAST_WORDS ? SIGNATURE_UNREADABLE : SIGNATURE_UNRELATED;
        return;
    }
    pattern_study(work, units, &pattern);
    out->signature = judge(work, &pattern, searched, units);
    out->is_in_order = pattern_is_in_order(&pattern);
    out->is_unmoved = pattern.same * 50 >= pattern.once * 49;
    out->splits = is_split(&pattern);
    out->is_spread_out =
        out->signature == SIGNATURE_SHIFTED && is_spread_out(work, &pattern, units);
    /* A vector that was sorted lies so, too, and a table in a block whose size was rounded up. */
    uint64_t end = pattern.last + 1;
    if (out->signature == SIGNATURE_SHIFTED && end * 2 >= units && end * 8 < units * 7) {
        struct pattern up_to_there;
        pattern_study(work, end, &up_to_there);
        out->ends_early = judge(work, &up_to_there, searched, end) == SIGNATURE_SCATTERED;
    }
    if (out->signature == SIGNATURE_SCATTERED || out->ends_early)
        pattern_allow_slots(work, out);
    if (pattern.found > 0)
        out->moved_ppm =
            (uint32_t)((uint64_t)(pattern.found - pattern.same) * 1000000 / pattern.found);
    if (distinct > 0) {
        double found = pattern.same + (pattern.found - pattern.same) / searched;
        out->found_ppm = found < distinct ? (uint32_t)(found * 1e6 / distinct) : 1000000;
    }
}
