/*
 * Sampling the words of an array: see signature.h. No state, no lock, no allocation.
 */
#include "signature_words.h"

#define WHOLE_BYTES 16384u /* up to here one read of everything costs less than one of each run */

/* Runs of words, packed one behind the other, that begin at these words of the array. */
static bool read_runs(const struct memory_reader *reader, uint64_t address, uint32_t unit,
                      const uint64_t *starts, uint32_t runs, unsigned char *into)
{
    uint64_t at[MOST_RUNS];
    for (uint32_t run = 0; run < runs; run++)
        at[run] = address + starts[run] * unit;
    return read_pieces(reader, at, runs, into, (size_t)RUN_WORDS * unit);
}

/* The runs of an array that are sampled. */
struct runs {
    uint32_t count;
    uint64_t starts[MOST_RUNS]; /* each one's first word */
    const unsigned char *words;
    bool is_whole; /* `words` is all of the array; else run lies behind run */
};

static const unsigned char *words_of(const struct runs *runs, uint32_t run, uint32_t unit)
{
    return runs->words + (runs->is_whole ? runs->starts[run] : run * RUN_WORDS) * unit;
}

static bool choose_runs(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                        uint32_t unit, unsigned char *piece, struct runs *out)
{
    uint64_t units = bytes / unit, stride = RUN_WORDS;
    out->count = MOST_RUNS;
    if (units / RUN_WORDS <= out->count)
        out->count = (uint32_t)(units / RUN_WORDS);
    else
        stride = units / out->count;
    for (uint32_t run = 0; run < out->count; run++) {
        out->starts[run] = run * stride;
        /* Not always the same phase: a power-of-two stride would see one column of a matrix only.
         */
        if (stride > 2 * RUN_WORDS)
            out->starts[run] += hash_word(run + 1) % (stride - RUN_WORDS);
    }
    out->is_whole = bytes <= WHOLE_BYTES;
    out->words = piece;
    if (out->is_whole)
        out->words = see_bytes(reader, address, piece, (size_t)bytes);
    else if (!read_runs(reader, address, unit, out->starts, out->count, piece))
        return false;
    return out->words != NULL;
}

/* The head of an empty list leads to itself: the new array has addresses of its own. */
INLINE bool leads_to_itself(uint64_t word, uint64_t address, uint64_t bytes, uint32_t unit)
{
    return unit == 8 && word - address < bytes;
}

INLINE void take_words(const struct runs *runs, uint32_t run, uint64_t address, uint32_t unit,
                       bool paired, struct sample *out)
{
    const unsigned char *words = words_of(runs, run, unit);
    const uint64_t first = runs->starts[run], bytes = out->source_bytes;
    struct sampled_word *next = out->words + out->count;
    for (uint32_t i = 0; i + paired < RUN_WORDS; i++) {
        uint64_t word = evidence_at(words + (size_t)i * unit, unit, paired);
        if (word != 0 && (paired || !leads_to_itself(word, address, bytes, unit)))
            *next++ = (struct sampled_word){.offset = first + i, .run = run, .word = word};
    }
    out->count = (uint32_t)(next - out->words);
}

/* Nearly all samples are of single words of 8 bytes: a loop of their own. */
static void take_run(const struct runs *runs, uint32_t run, uint64_t address, struct sample *out)
{
    if (out->unit == 8 && !out->paired)
        take_words(runs, run, address, 8, false, out);
    else
        take_words(runs, run, address, out->unit, out->paired, out);
}

bool signature_sample(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      uint32_t unit, bool paired, struct sample *out, unsigned char *piece)
{
    struct runs runs;
    out->source_bytes = bytes;
    out->unit = unit;
    out->paired = paired;
    out->count = 0;
    if (!choose_runs(reader, address, bytes, unit, piece, &runs))
        return false;
    for (uint32_t run = 0; run < runs.count; run++)
        take_run(&runs, run, address, out);
    return true;
}

/* Whether the word is rather two numbers, of entries in an array of so many bytes. */
INLINE bool is_of_indices(uint64_t word, uint64_t bytes)
{
    uint64_t upper = word >> 32, lower = word & UINT32_MAX;
    return (upper < bytes || upper == UINT32_MAX) && (lower < bytes || lower == UINT32_MAX) &&
           upper != 0;
}

/* Words that a sample of all runs would have; *pairs: those that are rather two numbers. */
INLINE uint32_t count_words(const struct runs *runs, uint64_t address, uint64_t bytes,
                            uint32_t unit, uint32_t *pairs)
{
    uint32_t count = 0, of_indices = 0;
    for (uint32_t run = 0; run < runs->count; run++) {
        const unsigned char *words = words_of(runs, run, unit);
        for (uint32_t i = 0; i < RUN_WORDS; i++) {
            uint64_t word = word_at(words + (size_t)i * unit, unit);
            bool counts = !is_plain(word, unit) && !leads_to_itself(word, address, bytes, unit);
            count += counts;
            of_indices += counts && is_of_indices(word, bytes);
        }
    }
    *pairs = of_indices;
    return count;
}

bool signature_sample_thinned(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                              uint32_t unit, uint32_t most, struct sample *out,
                              unsigned char *piece, struct whole_sample *whole)
{
    struct runs runs;
    uint32_t pairs;
    out->source_bytes = bytes;
    out->unit = unit;
    out->paired = false;
    out->count = 0;
    if (!choose_runs(reader, address, bytes, unit, piece, &runs))
        return false;
    uint32_t count = unit == 8 ? count_words(&runs, address, bytes, 8, &pairs)
                               : count_words(&runs, address, bytes, 4, &pairs);
    *whole = (struct whole_sample){.count = count, .are_indices = pairs * 2 > count};
    uint32_t every = count > most ? (count + most - 1) / most : 1;
    for (uint32_t run = 0; run < runs.count && out->count < most; run += every)
        take_run(&runs, run, address, out);
    if (out->count > most)
        out->count = most;
    return true;
}

bool signature_is_of_indices(const struct sample *sample)
{
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        pairs += is_of_indices(sample->words[i].word, sample->source_bytes);
    return pairs * 2 > sample->count;
}

bool signature_is_of_numbers(const struct sample *sample)
{
    uint32_t numbers = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        numbers +=
            sample->words[i].word < sample->source_bytes ||
            (sample->unit == 8 && is_of_indices(sample->words[i].word, sample->source_bytes));
    return !sample->paired && numbers * 3 > sample->count * 2;
}

/* Only bytes from tab to tilde: none is below 8, none has its highest bit set. */
static bool is_text(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 255;
    return ((word | (word - ones * 8)) & (ones << 7)) == 0;
}

bool signature_is_of_text(const struct sample *sample)
{
    uint32_t text = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        text += is_text(sample->words[i].word);
    return sample->count >= LEAST_WORDS && text * 10 > sample->count * 9;
}
