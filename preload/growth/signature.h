/*
 * The rehash signature: was this array's content copied, moved as a whole, or scattered?
 *
 * A sample of the old array's words is looked for in the new one. What a hash table does when it
 * grows and nothing else does: most words are found, once each, most of them at another offset,
 * neighbours parted, all over the new array. docs/design.md has the measurements.
 */
#ifndef HASHTRACK_SIGNATURE_H
#define HASHTRACK_SIGNATURE_H

#include "reader.h"

#define SAMPLE_MAX_WORDS 1024u

struct sampled_word {
    uint64_t offset : 48; /* in units */
    uint64_t run : 16;    /* words of one run were next to each other */
    uint64_t word;
};

/* Words of an array at one moment. */
struct sample {
    uint64_t source_bytes;
    uint32_t unit;   /* bytes of a word: 8, or 4 for tables of small keys, 2 for short numbers */
    uint32_t paired; /* words[].word stands for the word and its neighbour */
    uint32_t count;  /* distinct non-zero words kept, in order of their offsets */
    struct sampled_word words[SAMPLE_MAX_WORDS];
};

enum signature {
    SIGNATURE_UNREADABLE, /* memory could not be read, or says too little */
    SIGNATURE_UNRELATED,  /* the words are not there */
    SIGNATURE_COPIED,     /* at the same offsets: a vector */
    SIGNATURE_SHIFTED,    /* moved as a whole or in long pieces: ring, gap buffer, matrix */
    SIGNATURE_SCATTERED,  /* rehashed, if the new array also has room between its words */
};

struct comparison {
    enum signature signature;
    uint32_t moved_ppm; /* of the words found, those at another offset */
    uint32_t found_ppm; /* of the sampled words, as far as the search can tell */
    bool is_partial;    /* a part of the array was searched */
    bool is_in_order;   /* the words that were found are in the order in which they were */
    bool is_unmoved;    /* hardly one of the words is anywhere else */
    bool splits;        /* words stayed or moved by the old array's size, about half and half */
    bool is_spread_out; /* SIGNATURE_SHIFTED: in sorted order, with more room between the entries */
    bool ends_early;    /* SIGNATURE_SHIFTED, but scattered over all of the array up to a place */
    /* Bit n: nearly all displacements are multiples of n + 1 units, so slots may have that size. */
    uint64_t slot_units[2];
};

/* Slots of more units than this are not looked for. */
#define SIGNATURE_MOST_SLOT_UNITS 128u

static inline bool signature_allows_slot(const struct comparison *comparison, size_t units)
{
    return units >= 1 && units <= SIGNATURE_MOST_SLOT_UNITS &&
           (comparison->slot_units[(units - 1) / 64] >> ((units - 1) % 64) & 1);
}

/* Places for sampled words: four times as many. */
#define SIGNATURE_INDEX (4 * SAMPLE_MAX_WORDS)

/* Where a sampled word is in the other array. */
struct found_word {
    uint64_t offset;  /* in units; of the last place, unless it is at its old one */
    uint32_t hits;    /* places */
    bool is_distinct; /* it occurs once in the sample; of the others nothing is known */
    bool at_same_offset;
};

/* Room that both functions need, in one piece, from scratch.h. Small, for what it takes of the
 * processor's caches its program has to fetch again. */
struct signature_work {
    struct sample sample;
    uint32_t distinct;   /* words of the sample that occur in it once */
    uint32_t index_mask; /* of the places in use: few words need not pay for clearing all */
    uint16_t index[SIGNATURE_INDEX]; /* by hash: the number of a sampled word plus 1, or 0 */
    struct found_word found[SAMPLE_MAX_WORDS];
    uint64_t filter[1024];
    _Alignas(8) unsigned char piece[65536 + 8]; /* a window and the neighbour of its last word */
};

/* Samples the array's words of `unit` bytes (those of 2 bytes singly); `paired`: each together with
 * the one behind it, for tables whose single words are small numbers that occur everywhere. False
 * when it could not be read. */
bool signature_sample(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      uint32_t unit, bool paired, struct sample *out, unsigned char *piece);

/* Samples (words of 4 or 8 bytes, singly) no more than so many words: whole runs of neighbours,
 * evenly chosen. *whole: what a sample of all runs would be. */
struct whole_sample {
    uint32_t count;
    bool are_indices; /* signature_is_of_indices */
};

bool signature_sample_thinned(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                              uint32_t unit, uint32_t most, struct sample *out,
                              unsigned char *piece, struct whole_sample *whole);

/* Whether the sampled 8-byte words are rather two numbers each: indices into some other array, as a
 * table keeps whose entries lie densely in one. Pairs of them part when the table grows. */
bool signature_is_of_indices(const struct sample *sample);

/* Whether the sampled words are small numbers, one or two each: so many other arrays hold the same
 * ones, each once and anywhere, as those of numbers that are put in another order do. */
bool signature_is_of_numbers(const struct sample *sample);

/* Whether the sampled 8-byte words are text: what is moved there is no table's slots, where short
 * keys leave zeros, and numbers and pointers stand between long ones. */
bool signature_is_of_text(const struct sample *sample);

/* How much of the array is searched. */
enum signature_search {
    SIGNATURE_SEARCH_ALL,   /* a part only of more than 16 MiB */
    SIGNATURE_SEARCH_SPOTS, /* pages all over it, in which a rehash would have put 128 of the words.
                               What is scattered may look shifted, for neighbours often stay
                               together, and words that occur everywhere may look scattered. */
};

/* Looks for the sampled words (work->sample) in the array. */
void signature_compare(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                       enum signature_search how, struct signature_work *work,
                       struct comparison *out);

#endif
