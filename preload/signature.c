/*
 * Comparing an array with its successor: see signature.h. No state, no lock, no allocation.
 */
#include "signature.h"

#include <string.h>

#define RUN_WORDS    16u /* neighbours that are looked at together */
#define WINDOW_BYTES 65536u
/* Up to 16 MiB are searched whole, about 5 ms beside a rehash of a hundred; of more, a sixteenth.
 */
#define MOST_WINDOWS 256u
#define MOST_STEP    16u
#define WANTED_WORDS 64u /* that a search should find of a table */

static uint64_t word_at(const unsigned char *memory, uint32_t unit)
{
    uint64_t word = 0;
    memcpy(&word, memory, unit);
    return word;
}

static uint64_t hash_word(uint64_t word)
{
    word ^= word >> 31;
    return word * 0x9E3779B97F4A7C15ull;
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
            out->words[out->count].offset = (uint32_t)(start + i);
            out->words[out->count].run = run;
            out->words[out->count].word = word;
            out->count++;
        }
    }
    return true;
}

/* --- the index of sampled words --- */

static uint32_t index_place(const struct signature_work *work, uint64_t word)
{
    uint32_t at = (uint32_t)(hash_word(word) >> 40) & work->index_mask;
    while (work->index[at].hits != UINT32_MAX && work->index[at].word != word)
        at = (at + 1) & work->index_mask;
    return at;
}

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

/* How the words that were found lie in the new array, in order of their old offsets. */
struct pattern {
    uint32_t found;
    uint32_t once;         /* found in one place only; all below is about these */
    uint32_t same;         /* at the same offset */
    uint32_t turns;        /* changes of the displacement from one to the next */
    uint32_t near_pairs;   /* pairs within a run */
    uint32_t near_turns;   /* of those, with different displacement */
    uint32_t backward;     /* pairs whose order was reversed */
    uint32_t stretched[5]; /* [k]: near pairs that are k times as far apart as they were */
    uint32_t quarters[4];  /* of the new array: how many words lie in each */
    bool is_relaid;        /* rows that were laid out again with a longer stride */
};

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

/* Whether one row length explains all displacements, `step` being the smallest one. */
static bool is_relaid(const struct signature_work *work, int64_t step)
{
    struct row_bounds bounds = {.highest = 1e18};
    if (step <= 0)
        return false;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        uint32_t at = index_place(work, work->sample.words[i].word);
        if (work->index[at].item != i || work->index[at].hits != 1)
            continue;
        int64_t displacement =
            (int64_t)work->index[at].offset - (int64_t)work->sample.words[i].offset;
        if (displacement < 0 || displacement % step != 0)
            return false;
        bound_rows(&bounds, work->sample.words[i].offset, (double)(displacement / step));
    }
    return bounds.words > 0 && bounds.lowest < bounds.highest;
}

/* Whether the word's one place in the new array is known, and where that is. */
static bool moved_to(const struct signature_work *work, uint32_t item, uint64_t *offset)
{
    uint32_t at = index_place(work, work->sample.words[item].word);
    if (work->index[at].item != item || work->index[at].hits != 1)
        return false;
    *offset = work->index[at].offset;
    return true;
}

static void study(const struct signature_work *work, uint64_t units, struct pattern *out)
{
    const struct sample *sample = &work->sample;
    int64_t last_displacement = 0, smallest_change = 0;
    uint64_t offset, last_offset = 0, last_source = 0;
    uint32_t last_run = 0;

    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t at = index_place(work, sample->words[i].word);
        out->found += work->index[at].item == i && work->index[at].hits > 0;
        /* Of a word found in several places it cannot be told to which it moved. */
        if (!moved_to(work, i, &offset))
            continue;
        uint64_t source = sample->words[i].offset;
        int64_t displacement = (int64_t)offset - (int64_t)source;
        out->same += displacement == 0;
        out->quarters[units ? offset * 4 / units : 0]++;
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
}

/* Which slot sizes the displacements allow. A few words are found at a wrong place by chance, so
 * nine out of ten are enough. */
static void allow_slots(const struct signature_work *work, struct comparison *out)
{
    uint32_t divisible[SIGNATURE_MOST_SLOT_UNITS] = {0};
    uint32_t moved = 0;
    uint64_t offset;
    for (uint32_t i = 0; i < work->sample.count; i++) {
        if (!moved_to(work, i, &offset) || offset == work->sample.words[i].offset)
            continue;
        uint64_t source = work->sample.words[i].offset;
        uint64_t displacement = offset > source ? offset - source : source - offset;
        moved++;
        for (uint32_t n = 0; n < SIGNATURE_MOST_SLOT_UNITS; n++)
            divisible[n] += displacement % (n + 1) == 0;
    }
    for (uint32_t n = 0; n < SIGNATURE_MOST_SLOT_UNITS; n++)
        if (divisible[n] >= 0.9 * moved)
            out->slot_units[n / 64] |= 1ull << (n % 64);
}

/* Fewer words than this prove nothing. */
#define LEAST_WORDS 12u

static enum signature judge(const struct pattern *pattern, bool paired, uint32_t distinct,
                            double searched)
{
    if (distinct < LEAST_WORDS)
        return SIGNATURE_UNREADABLE;
    /* Of a copy or a move nearly all words would be found; of a chained table whose chains are
     * relinked about half (a bucket's first entry is often not first any more); by chance, none. */
    double expected = searched < 1 ? searched : 1;
    if (pattern->found < LEAST_WORDS || pattern->found < 0.2 * distinct * expected)
        return SIGNATURE_UNRELATED;
    /* A moved entry turns up in one place. Words of text or of an image turn up by chance, as often
     * as a Poisson variable says: if 95 % of them were found by chance, 16 % would be found once, of
     * 98.5 % 6 %. Entries with small numbers beside a key are above that; numbers that follow each
     * other are so only in pairs. */
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
    for (int quarter = 0; quarter < 4; quarter++)
        if (pattern->quarters[quarter] * 16 < pattern->once)
            return SIGNATURE_SHIFTED; /* one dense piece: a vector that was sorted, say */
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
    study(work, bytes / work->sample.unit, &pattern);
    out->signature = judge(&pattern, work->sample.paired, distinct, searched);
    if (out->signature == SIGNATURE_SCATTERED)
        allow_slots(work, out);
    if (pattern.found > 0)
        out->moved_ppm =
            (uint32_t)((uint64_t)(pattern.found - pattern.same) * 1000000 / pattern.found);
    if (distinct > 0)
        out->found_ppm = (uint32_t)((uint64_t)pattern.found * 1000000 / distinct);
}
