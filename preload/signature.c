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

bool signature_sample(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      uint32_t unit, struct sample *out, unsigned char *piece)
{
    uint64_t units = bytes / unit;
    uint32_t runs = 4 * SAMPLE_MAX_WORDS / RUN_WORDS; /* a table may be mostly empty */
    uint64_t stride = RUN_WORDS;

    out->source_bytes = bytes;
    out->unit = unit;
    out->looked = out->nonzero = out->count = 0;
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
        for (uint32_t i = 0; i < RUN_WORDS; i++) {
            uint64_t word = word_at(words + (size_t)i * unit, unit);
            out->looked++;
            out->nonzero += word != 0;
            if (is_plain(word, unit) || out->count == SAMPLE_MAX_WORDS)
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

#define INDEX_SIZE                                                                                 \
    (sizeof(((struct signature_work *)0)->index) / sizeof(((struct signature_work *)0)->index[0]))

static uint32_t index_place(const struct signature_work *work, uint64_t word)
{
    uint32_t at = (uint32_t)(hash_word(word) >> 40) % INDEX_SIZE;
    while (work->index[at].hits != UINT32_MAX && work->index[at].word != word)
        at = (at + 1) % INDEX_SIZE;
    return at;
}

/* Words that occur twice in the sample (flags, types, a special empty key) are left out: they would
 * be found anywhere. Compacts the sample to the distinct ones. */
static void build_index(struct signature_work *work)
{
    struct sample *sample = &work->sample;
    for (size_t i = 0; i < INDEX_SIZE; i++)
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

/* Searches the array, or evenly spread windows of a big one. Returns the share searched, 0 when
 * memory could not be read. */
static double search(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                     struct signature_work *work)
{
    uint32_t unit = work->sample.unit;
    uint64_t windows = (bytes + WINDOW_BYTES - 1) / WINDOW_BYTES;
    uint64_t step = windows > MOST_WINDOWS ? windows / MOST_WINDOWS : 1;
    if (step > MOST_STEP)
        step = MOST_STEP;
    uint64_t searched = 0;
    for (uint64_t window = 0; window < windows; window += step) {
        uint64_t start = window * WINDOW_BYTES;
        uint64_t length = bytes - start < WINDOW_BYTES ? bytes - start : WINDOW_BYTES;
        length -= length % unit;
        if (!reader->read(reader, address + start, work->piece, (size_t)length))
            return 0;
        for (uint64_t at = 0; at < length; at += unit)
            look_up(work, word_at(work->piece + at, unit), (start + at) / unit);
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
        uint64_t word = 0;
        uint32_t at = index_place(work, sample->words[i].word);
        if (work->index[at].item != i || (offset + 1) * sample->unit > bytes)
            continue;
        if (!reader->read(reader, address + offset * sample->unit, &word, sample->unit))
            return false;
        if (word == sample->words[i].word && !work->index[at].at_same_offset) {
            work->index[at].at_same_offset = 1;
            work->index[at].offset = offset;
            work->index[at].hits = work->index[at].hits ? work->index[at].hits : 1;
        }
    }
    return true;
}

/* --- the verdict --- */

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* How the words that were found lie in the new array, in order of their old offsets. */
struct pattern {
    uint32_t found;
    uint32_t once;        /* found in one place only */
    uint32_t same;        /* at the same offset */
    uint32_t turns;       /* changes of the displacement from one to the next */
    uint32_t near_pairs;  /* pairs within a run */
    uint32_t near_turns;  /* of those, with different displacement */
    uint32_t backward;    /* pairs whose order was reversed */
    uint32_t uneven;      /* turns by another amount than the turn before */
    uint32_t quarters[4]; /* of the new array: how many words lie in each */
    uint64_t stride;      /* in units */
};

static void study(const struct signature_work *work, uint64_t units, struct pattern *out)
{
    const struct sample *sample = &work->sample;
    int64_t last_displacement = 0, last_change = 0;
    uint64_t last_offset = 0;
    uint32_t last_run = 0;

    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t at = index_place(work, sample->words[i].word);
        if (work->index[at].item != i || work->index[at].hits == 0)
            continue;
        uint64_t offset = work->index[at].offset;
        int64_t displacement = (int64_t)offset - (int64_t)sample->words[i].offset;
        out->once += work->index[at].hits == 1;
        out->same += displacement == 0;
        out->quarters[units ? offset * 4 / units : 0]++;
        if (out->found > 0) {
            int64_t change = displacement - last_displacement;
            bool near = sample->words[i].run == last_run;
            out->near_pairs += near;
            out->backward += offset < last_offset;
            if (change != 0) {
                uint64_t amount = change < 0 ? (uint64_t)-change : (uint64_t)change;
                out->stride = greatest_common_divisor(out->stride, amount);
                out->turns++;
                out->near_turns += near;
                out->uneven += out->turns > 1 && change != last_change;
                last_change = change;
            }
        }
        if (displacement != 0)
            out->stride = greatest_common_divisor(
                out->stride, (uint64_t)(displacement < 0 ? -displacement : displacement));
        last_displacement = displacement;
        last_offset = offset;
        last_run = sample->words[i].run;
        out->found++;
    }
}

static uint32_t distinct_words(const struct signature_work *work)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < work->sample.count; i++)
        distinct += work->index[index_place(work, work->sample.words[i].word)].item == i;
    return distinct;
}

/* Fewer words than this prove nothing. */
#define LEAST_WORDS 12u

static enum signature judge(const struct pattern *pattern, uint32_t distinct, double searched)
{
    if (distinct < LEAST_WORDS)
        return SIGNATURE_UNREADABLE;
    /* Of a copy or a move nearly all words would be found; of a chained table whose chains are
     * relinked about half (a bucket's first entry is often not first any more); by chance, none. */
    double expected = searched < 1 ? searched : 1;
    if (pattern->found < LEAST_WORDS / 2 || pattern->found < 0.2 * distinct * expected)
        return SIGNATURE_UNRELATED;
    double moved = (pattern->found - pattern->same) / expected;
    if (pattern->same >= 0.85 * (pattern->same + moved))
        return SIGNATURE_COPIED;
    /* Words of text or of an image turn up in many places; a moved entry in one. */
    if (pattern->once < 0.6 * pattern->found)
        return SIGNATURE_UNRELATED;
    if (pattern->turns <= 3 || pattern->near_turns == 0)
        return SIGNATURE_SHIFTED;
    /* In order, and every turn by the same amount: rows laid out again with a longer stride. */
    if (pattern->backward * 20 < pattern->found && pattern->uneven * 10 < pattern->turns)
        return SIGNATURE_SHIFTED;
    for (int quarter = 0; quarter < 4; quarter++)
        if (pattern->quarters[quarter] * 16 < pattern->found)
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
    out->signature = judge(&pattern, distinct, searched);
    out->stride_bytes = pattern.stride * work->sample.unit;
    if (pattern.found > 0)
        out->moved_ppm =
            (uint32_t)((uint64_t)(pattern.found - pattern.same) * 1000000 / pattern.found);
    if (distinct > 0)
        out->found_ppm = (uint32_t)((uint64_t)pattern.found * 1000000 / distinct);
}
