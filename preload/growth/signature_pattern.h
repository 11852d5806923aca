/*
 * How the words of an array that were found in its successor lie there: the part of the rehash
 * signature that tells a hash from everything else that moves words.
 */
#ifndef HASHTRACK_SIGNATURE_PATTERN_H
#define HASHTRACK_SIGNATURE_PATTERN_H

#include "signature.h"

static inline uint64_t hash_word(uint64_t word)
{
    word ^= word >> 31;
    return word * 0x9E3779B97F4A7C15ull;
}

/* The place of a word in the index of sampled words: its own, or the free one where it belongs. */
static inline uint32_t index_place(const struct signature_work *work, uint64_t word)
{
    uint32_t at = (uint32_t)(hash_word(word) >> 40) & work->index_mask;
    while (work->index[at] != 0 && work->sample.words[work->index[at] - 1].word != word)
        at = (at + 1) & work->index_mask;
    return at;
}

/* How the words that were found lie in the new array, in order of their old offsets. */
struct pattern {
    uint32_t found;
    uint32_t once;             /* found in one place only; all below is about these */
    uint32_t same;             /* at the same offset */
    uint32_t turns;            /* changes of the displacement from one to the next */
    uint32_t near_pairs;       /* pairs within a run */
    uint32_t near_together;    /* of those, within a sixteenth of the new array */
    uint32_t near_turns;       /* and with different displacement */
    uint32_t backward;         /* pairs whose order was reversed */
    uint32_t stretched[5];     /* [k]: near pairs that are k times as far apart as they were */
    uint32_t quarters[4];      /* of the new array: how many words lie in each */
    uint32_t same_quarters[4]; /* of those, the ones at the same offset */
    uint32_t behind;           /* moved to where the old array had nothing yet */
    uint32_t by_its_size;      /* of those, by a multiple of its size, as hash & mask moves them */
    uint64_t first, last;      /* the outermost of them, in units */
    uint64_t first_source, last_source; /* and where the outermost were in the old array */
    int64_t smallest_change;            /* of the displacement upwards; 0: none */
};

/* Whether the word's one place in the new array is known, and where that is. */
static inline bool moved_to(const struct signature_work *work, uint32_t item, uint64_t *offset)
{
    const struct found_word *found = &work->found[item];
    *offset = found->offset;
    return found->is_distinct && found->hits == 1;
}

/* Studies what was found (work->found) in an array of that many units. */
void pattern_study(const struct signature_work *work, uint64_t units, struct pattern *out);

/* Whether neighbours parted by steps that depend on their place: transposed, tiled. Uses
 * work->piece. */
bool pattern_is_regular(struct signature_work *work);

static inline bool pattern_is_in_order(const struct pattern *pattern)
{
    return pattern->backward * 20 < pattern->turns;
}

/* Whether rows were laid out again with a longer stride. */
bool pattern_is_relaid(const struct signature_work *work, const struct pattern *pattern);

/* Of words that kept their order: whether it is not a hash that keeps the order of its slots, but
 * an array in sorted order with gaps, as a packed memory array is: its keys ascend, or were spread
 * evenly. The first uses work->piece. */
bool pattern_is_sorted(struct signature_work *work, const struct pattern *pattern);
bool pattern_is_even(const struct signature_work *work, const struct pattern *pattern,
                     uint64_t units);

/* Of words that did not keep their order: whether they are in sorted order now, and no top bits of
 * hashes: what came in any order was put into an array with gaps. Uses work->piece. */
bool pattern_is_sorted_there(struct signature_work *work);

/* Whether many words stayed and the others went anywhere: the vectors of an array's records grew
 * and got each other's blocks. Uses work->piece. */
bool pattern_is_reuse(struct signature_work *work, const struct pattern *pattern);

/* Whether each word lies in a cell of a finer grid of rows that covers a part of its old cell. */
bool pattern_is_finer(const struct signature_work *work, uint64_t units);

/* Which slot sizes the displacements allow: sets out->slot_units. Uses work->piece. */
void pattern_allow_slots(struct signature_work *work, struct comparison *out);

#endif
