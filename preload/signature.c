/*
 * Comparing an array with its successor: see signature.h. No state, no lock, no allocation.
 */
#include "signature.h"

#include "signature_pattern.h"

#include <string.h>

#define RUN_WORDS    16u /* neighbours that are looked at together */
#define WINDOW_BYTES 65536u
/* Up to 16 MiB are searched whole, about 5 ms beside a rehash of a hundred; of more, a sixteenth.
 */
#define MOST_WINDOWS      256u
#define MOST_STEP         16u
#define MOST_WINDOWS_EVER 1024u /* 64 MiB, 20 ms */
#define WANTED_WORDS      64u   /* that a search should find of a table */

static uint64_t word_at(const unsigned char *memory, uint32_t unit)
{
    uint64_t word = 0;
    memcpy(&word, memory, unit);
    return word;
}

/* A word that says nothing about where it came from: empty slots and the commonest marks for them.
 */
static bool is_plain(uint64_t word, uint32_t unit)
{
    return word == 0 || word == (unit == 8 ? UINT64_MAX : UINT32_MAX);
}

/* The word, or one that stands for it and its neighbour; 0 when it says nothing. */
static uint64_t evidence_at(const unsigned char *memory, uint32_t unit, bool paired)
{
    uint64_t word = word_at(memory, unit);
    if (is_plain(word, unit))
        return 0;
    if (!paired)
        return word;
    uint64_t next = word_at(memory + unit, unit);
    return is_plain(next, unit) ? 0 : hash_word(word) ^ next;
}

bool signature_sample(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      uint32_t unit, bool paired, struct sample *out, unsigned char *piece)
{
    uint64_t units = bytes / unit;
    uint32_t runs = SAMPLE_MAX_WORDS / RUN_WORDS;
    uint64_t stride = RUN_WORDS;

    out->source_bytes = bytes;
    out->unit = unit;
    out->paired = paired;
    out->count = 0;
    if (units / RUN_WORDS <= runs)
        runs = (uint32_t)(units / RUN_WORDS);
    else
        stride = units / runs;
    bool is_whole = bytes <= WINDOW_BYTES; /* one system call instead of one a run */
    if (is_whole && !reader->read(reader, address, piece, (size_t)bytes))
        return false;
    for (uint32_t run = 0; run < runs; run++) {
        uint64_t start = run * stride;
        /* Not always the same phase: a power-of-two stride would see one column of a matrix only.
         */
        if (stride > 2 * RUN_WORDS)
            start += hash_word(run + 1) % (stride - RUN_WORDS);
        if (!is_whole &&
            !reader->read(reader, address + start * unit, piece, (size_t)RUN_WORDS * unit))
            return false;
        const unsigned char *words = is_whole ? piece + start * unit : piece;
        for (uint32_t i = 0; i + paired < RUN_WORDS; i++) {
            uint64_t word = evidence_at(words + (size_t)i * unit, unit, paired);
            if (word == 0)
                continue;
            out->words[out->count].offset = start + i;
            out->words[out->count].run = run;
            out->words[out->count].word = word;
            out->count++;
        }
    }
    return true;
}

bool signature_is_of_indices(const struct sample *sample)
{
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t upper = sample->words[i].word >> 32, lower = sample->words[i].word & UINT32_MAX;
        pairs += (upper < sample->source_bytes || upper == UINT32_MAX) &&
                 (lower < sample->source_bytes || lower == UINT32_MAX) && upper != 0;
    }
    return pairs * 2 > sample->count;
}

/* --- the index of sampled words --- */

/* Words that occur twice in the sample (flags, types, a special empty key) are left out: they would
 * be found anywhere. Compacts the sample to the distinct ones. */
static void build_index(struct signature_work *work)
{
    struct sample *sample = &work->sample;
    work->index_mask = 63;
    while (work->index_mask < 4 * sample->count && work->index_mask < SIGNATURE_INDEX - 1)
        work->index_mask = work->index_mask * 2 + 1;
    for (size_t i = 0; i <= work->index_mask; i++)
        work->index[i].hits = UINT32_MAX; /* no word here */
    memset(work->filter, 0, sizeof(work->filter));
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t at = index_place(work, sample->words[i].word);
        bool is_new = work->index[at].hits == UINT32_MAX;
        work->index[at].word = sample->words[i].word;
        work->index[at].hits = 0;
        work->index[at].item = is_new ? i : UINT32_MAX; /* not distinct */
        work->index[at].at_same_offset = 0;
    }
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t hash = hash_word(sample->words[i].word);
        if (work->index[index_place(work, sample->words[i].word)].item == i)
            work->filter[hash >> 58 | (hash >> 20 & 0xf) << 6] |= 1ull << (hash >> 52 & 63);
    }
}

static void look_up(struct signature_work *work, uint64_t word, uint64_t offset)
{
    uint64_t hash = hash_word(word);
    if (!(work->filter[hash >> 58 | (hash >> 20 & 0xf) << 6] >> (hash >> 52 & 63) & 1))
        return;
    uint32_t at = index_place(work, word);
    if (work->index[at].hits == UINT32_MAX || work->index[at].item == UINT32_MAX)
        return;
    bool same = offset == work->sample.words[work->index[at].item].offset;
    work->index[at].hits++;
    /* The same offset wins over any other: what stands where it stood was not moved. */
    if (work->index[at].hits == 1 || same)
        work->index[at].offset = offset;
    work->index[at].at_same_offset |= same;
}

static uint32_t distinct_words(const struct signature_work *work)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < work->sample.count; i++)
        distinct += work->index[index_place(work, work->sample.words[i].word)].item == i;
    return distinct;
}

/* Searches the array, or evenly spread windows of a big one. Returns the share searched, 0 when
 * memory could not be read. */
static double search(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                     struct signature_work *work)
{
    uint32_t unit = work->sample.unit;
    uint64_t windows = (bytes + WINDOW_BYTES - 1) / WINDOW_BYTES;
    uint64_t step = windows > MOST_WINDOWS ? windows / MOST_WINDOWS : 1;
    /* With few words to look for, a part of the array would hold too few of them. */
    uint64_t affordable = distinct_words(work) / WANTED_WORDS;
    if (affordable > MOST_STEP)
        affordable = MOST_STEP;
    if (step > affordable)
        step = affordable > 0 ? affordable : 1;
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
        if (!reader->read(reader, address + start, work->piece, (size_t)(length + neighbour)))
            return 0;
        uint64_t end = work->sample.paired ? length + neighbour - unit : length;
        for (uint64_t at = 0; at < end; at += unit) {
            uint64_t word = evidence_at(work->piece + at, unit, work->sample.paired);
            if (word != 0)
                look_up(work, word, (start + at) / unit);
        }
        searched += length;
    }
    return bytes ? (double)searched / (double)bytes : 0;
}

/* In windows that were skipped a word at its old offset would be missed: look there directly. */
static bool look_at_same_offsets(const struct memory_reader *reader, uint64_t address,
                                 uint64_t bytes, struct signature_work *work)
{
    struct sample *sample = &work->sample;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t offset = sample->words[i].offset;
        unsigned char memory[16];
        uint32_t at = index_place(work, sample->words[i].word);
        size_t length = (size_t)sample->unit << sample->paired;
        if (work->index[at].item != i || work->index[at].at_same_offset ||
            offset * sample->unit + length > bytes)
            continue;
        if (!reader->read(reader, address + offset * sample->unit, memory, length))
            return false;
        uint64_t word = evidence_at(memory, sample->unit, sample->paired);
        if (word == sample->words[i].word) {
            work->index[at].at_same_offset = 1;
            work->index[at].offset = offset;
            work->index[at].hits = work->index[at].hits ? work->index[at].hits : 1;
        }
    }
    return true;
}

/* --- the verdict --- */

/* Fewer words than this prove nothing. */
#define LEAST_WORDS 12u

static enum signature judge(const struct pattern *pattern, bool paired, uint32_t distinct,
                            double searched, uint64_t units)
{
    if (distinct < LEAST_WORDS)
        return SIGNATURE_UNREADABLE;
    /* Of a copy or a move nearly all words would be found; of a chained table whose chains are
     * relinked about half (a bucket's first entry is often not first any more); by chance, none. */
    double expected = searched < 1 ? searched : 1;
    if (pattern->found < LEAST_WORDS || pattern->found < 0.2 * distinct * expected)
        return SIGNATURE_UNRELATED;
    /* A moved entry turns up in one place. Words of text or of an image turn up by chance, as often
     * as a Poisson variable says: if 95 % of them were found by chance, 16 % would be found once,
     * of 98.5 % 6 %. Entries with small numbers beside a key are above that; numbers that follow
     * each other are so only in pairs. */
    bool is_moved = pattern->once >= 0.6 * pattern->found ||
                    (pattern->once >= 0.25 * distinct && pattern->found >= 0.95 * distinct) ||
                    (pattern->once >= 0.12 * distinct && pattern->found >= 0.985 * distinct) ||
                    (paired && pattern->once >= 0.3 * distinct && pattern->found >= 0.8 * distinct);
    if (pattern->once < LEAST_WORDS || !is_moved)
        return SIGNATURE_UNRELATED;
    double moved = (pattern->once - pattern->same) / expected;
    if (pattern->same >= 0.85 * (pattern->same + moved))
        return SIGNATURE_COPIED;
    /* Whether the pieces that moved kept their order. Neighbours that all stayed together are long
     * pieces, unless the pieces are slots longer than a run, which went everywhere. */
    bool is_in_order = pattern->backward * 20 < pattern->turns;
    if (pattern->turns <= 3 || (pattern->near_turns == 0 && is_in_order))
        return SIGNATURE_SHIFTED;
    /* All in order: the table's hash keeps the order of its slots (hash >> shift), or rows were
     * laid out again with a longer stride, or an image was scaled, both of which are regular. */
    if (is_in_order) {
        if (pattern->is_relaid)
            return SIGNATURE_SHIFTED;
        for (int k = 1; k <= 4; k++)
            if (pattern->stretched[k] >= 0.9 * pattern->near_pairs)
                return SIGNATURE_SHIFTED;
    }
    double weighted = pattern->same + moved;
    for (int quarter = 0; quarter < 4; quarter++) {
        double here = pattern->same_quarters[quarter] +
                      (pattern->quarters[quarter] - pattern->same_quarters[quarter]) / expected;
        if (here * 16 < weighted)
            return SIGNATURE_SHIFTED; /* one dense piece: a vector that was sorted, say */
    }
    if (!is_in_order && pattern->is_regular)
        return SIGNATURE_SHIFTED;
    /* Slots are used to both ends of the array: of n words thrown at random none lies in its last
     * eighth with probability (7/8)^n, one in 5000 for 64. A header or states take less than that.
     */
    if (pattern->once >= 64 && ((double)pattern->last < 0.875 * (double)units ||
                                (double)pattern->first > 0.125 * (double)units))
        return SIGNATURE_SHIFTED;
    return SIGNATURE_SCATTERED;
}

void signature_compare(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                       struct signature_work *work, struct comparison *out)
{
    memset(out, 0, sizeof(*out));
    out->signature = SIGNATURE_UNREADABLE;
    build_index(work);
    double searched = search(reader, address, bytes, work);
    if (searched == 0 || !look_at_same_offsets(reader, address, bytes, work))
        return;
    struct pattern pattern;
    uint32_t distinct = distinct_words(work);
    pattern_study(work, bytes / work->sample.unit, &pattern);
    out->signature =
        judge(&pattern, work->sample.paired, distinct, searched, bytes / work->sample.unit);
    if (out->signature == SIGNATURE_SCATTERED)
        pattern_allow_slots(work, out);
    if (pattern.found > 0)
        out->moved_ppm =
            (uint32_t)((uint64_t)(pattern.found - pattern.same) * 1000000 / pattern.found);
    if (distinct > 0)
        out->found_ppm = (uint32_t)((uint64_t)pattern.found * 1000000 / distinct);
}
