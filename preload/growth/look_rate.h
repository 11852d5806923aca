/*
 * How often looking at arrays is worth its cost.
 *
 * A look costs 10 to 1000 µs. At a place where tables grow it finds one nearly every time; a
 * program that copies vectors or swaps buffers a thousand times a second finds nothing, and must
 * not pay for it. So each place (a call site) is looked at less and less often while nothing is
 * found there, and always again after a find. Relaxed counters, no lock: places may share one.
 */
#ifndef HASHTRACK_LOOK_RATE_H
#define HASHTRACK_LOOK_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOK_PLACES      1024u
#define LOOK_SMALL       65536u /* bytes: what is smaller matters only if it grows on */
#define LOOK_SMALL_TRIES 64u    /* of small arrays, before one in eight has to do */
#define LOOK_SMALL_MANY  4096u  /* of them at all places together: from then on fewer tries */
#define LOOK_SMALL_LATER 8u     /* so many */
#define LOOK_SMALL_MUCH  512u   /* of one place, of no known layout: half as many from then on */
#define LOOK_SHIFT_LOW   3u     /* one look in 2^3 */
#define LOOK_FREE_TRIES  4u     /* in vain, before looks become rarer */

struct look_rate {
    _Atomic uint16_t in_vain; /* looks that found nothing since the last find */
    _Atomic uint16_t skipped; /* since the last look */
    _Atomic uint16_t small;   /* looks at small arrays */
    _Atomic uint16_t layout;  /* of the last array recognised here: its number, from 1; 0: none */
    _Atomic uint16_t studies; /* of small arrays (small_studies.h) */
    _Atomic uint16_t counted; /* the last growth here was seen by what that layout counted */
    _Atomic uint16_t spared;  /* looks in a row that were allowed and not needed */
    _Atomic uint16_t largest; /* looked at: the number of bits of its size; 0: only small ones */
};

static inline struct look_rate *look_rate_of(struct look_rate *rates, uint32_t place)
{
    return &rates[(place * 2654435761u) >> 22]; /* Knuth's multiplier; the top ten bits */
}

/* Of so many looks in vain: one of 2^n from then on. */
static inline unsigned look_rate_shift_in_vain(unsigned in_vain)
{
    return in_vain < LOOK_FREE_TRIES ? 0 : 1 + (in_vain - LOOK_FREE_TRIES) / 2;
}

/* Small arrays of one place, of which so many were looked at: one of 2^n from then on. Where their
 * layout is known a snapshot finds them all, and a few that were seen growing speak for the others;
 * of tables that no layout knows more have to be seen. `many`: looks at any place. */
static inline unsigned look_rate_small(const struct look_rate *rate, unsigned in_vain,
                                       unsigned many)
{
    unsigned tries = many ? LOOK_SMALL_LATER : LOOK_SMALL_TRIES;
    unsigned small = atomic_load_explicit(&rate->small, memory_order_relaxed);
    bool is_known = atomic_load_explicit(&rate->layout, memory_order_relaxed) != 0;
    /* Of unknown tables those that were not seen are read by what the others taught
     * (snapshot_alike.c): each time that their number has doubled half as many are looked at. */
    unsigned much = small / LOOK_SMALL_MUCH;
    unsigned least = small < tries ? 0
                     : is_known    ? LOOK_SHIFT_LOW + (small - tries) / tries
                     : much        ? LOOK_SHIFT_LOW + 32 - (unsigned)__builtin_clz(much)
                                   : LOOK_SHIFT_LOW;
    if (!is_known && in_vain == 0 && small > 0)
        return least;
    unsigned shift = look_rate_shift_in_vain(in_vain);
    unsigned rarer = many ? 32 - (unsigned)__builtin_clz(many) : 0;
    return (shift < least ? least : shift) + rarer;
}

static inline void look_rate_count(struct look_rate *rate, _Atomic uint32_t *small_looks)
{
    if (atomic_load_explicit(&rate->small, memory_order_relaxed) < UINT16_MAX)
        atomic_fetch_add_explicit(&rate->small, 1, memory_order_relaxed);
    if (atomic_load_explicit(small_looks, memory_order_relaxed) < UINT32_MAX / 2)
        atomic_fetch_add_explicit(small_looks, 1, memory_order_relaxed);
}

/* One of 2^n times, n rising to 10; for large arrays, which are rare and where a copy costs as much
 * as a look, less. Three thousand dicts of 2,000 keys took twelve times as long to build when each
 * of their small growths was looked at. A program with thousands of places (a compiler has 20,000
 * call stacks) would spend that at each: so half as many once there were many, and again each time
 * that their number has doubled. */
static inline unsigned look_rate_shift(const struct look_rate *rate, uint64_t bytes,
                                       const _Atomic uint32_t *small_looks)
{
    unsigned in_vain = atomic_load_explicit(&rate->in_vain, memory_order_relaxed);
    unsigned most = bytes < LOOK_SMALL ? 10 : bytes < (1u << 20) ? 6 : 3;
    unsigned shift = look_rate_shift_in_vain(in_vain);
    if (bytes < LOOK_SMALL)
        shift = look_rate_small(rate, in_vain,
                                atomic_load_explicit(small_looks, memory_order_relaxed) /
                                    LOOK_SMALL_MANY);
    return shift < most ? shift : most;
}

/* Whether the array is large, and of a size that was not met here before. A table that grows meets
 * each once, so that this costs a few looks; those in vain at its smaller arrays, which say less,
 * do not count. */
static inline bool look_rate_is_largest(struct look_rate *rate, uint64_t bytes)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(bytes | 1);
    if (bytes < LOOK_SMALL || bits <= atomic_load_explicit(&rate->largest, memory_order_relaxed))
        return false;
    atomic_store_explicit(&rate->largest, (uint16_t)bits, memory_order_relaxed);
    return true;
}

/* Whether to look now. */
static inline bool look_rate_allows(struct look_rate *rate, uint64_t bytes,
                                    _Atomic uint32_t *small_looks)
{
    if (look_rate_is_largest(rate, bytes))
        return true;
    unsigned shift = look_rate_shift(rate, bytes, small_looks);
    if (shift > 0) {
        unsigned skipped = 1 + atomic_fetch_add_explicit(&rate->skipped, 1, memory_order_relaxed);
        if ((skipped & ((1u << shift) - 1)) != 0)
            return false;
    }
    if (bytes < LOOK_SMALL)
        look_rate_count(rate, small_looks);
    return true;
}

/* As many as there are tries before looks become rarer. */
#define LOOK_MOST_SPARED LOOK_SMALL_TRIES

/* A look at a small array that was allowed is left to the next one of the place: a table that is
 * built anew at one size many times between two growths uses up all of them otherwise. False: so
 * many were left that this place is of no such table. */
static inline bool look_rate_spare(struct look_rate *rate)
{
    if (atomic_load_explicit(&rate->spared, memory_order_relaxed) >= LOOK_MOST_SPARED) {
        atomic_store_explicit(&rate->spared, 0, memory_order_relaxed);
        return false;
    }
    atomic_fetch_add_explicit(&rate->spared, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&rate->skipped, 1, memory_order_relaxed);
    return true;
}

/* Whether small arrays of the place are looked at so rarely that no table of it will be seen
 * growing several times in a row. */
static inline bool look_rate_is_low(const struct look_rate *rate, uint64_t bytes,
                                    const _Atomic uint32_t *small_looks)
{
    return bytes < LOOK_SMALL && look_rate_shift(rate, bytes, small_looks) >= LOOK_SHIFT_LOW;
}

static inline void look_rate_found(struct look_rate *rate, bool something)
{
    atomic_store_explicit(&rate->spared, 0, memory_order_relaxed);
    if (something)
        atomic_store_explicit(&rate->in_vain, 0, memory_order_relaxed);
    else if (atomic_load_explicit(&rate->in_vain, memory_order_relaxed) < 1000)
        atomic_fetch_add_explicit(&rate->in_vain, 1, memory_order_relaxed);
}

/* look_rate_allows() for looks that cost a millisecond whatever is found, and find the same the
 * next time: one of 1,024 after some twenty. 300 maps that were made for many, and destroyed, took
 * 0.5 s before. */
static inline bool look_rate_allows_rarely(struct look_rate *rate)
{
    unsigned before = atomic_load_explicit(&rate->in_vain, memory_order_relaxed);
    unsigned shift = look_rate_shift_in_vain(before);
    unsigned skipped = 1 + atomic_fetch_add_explicit(&rate->skipped, 1, memory_order_relaxed);
    if ((skipped & ((1u << (shift < 10 ? shift : 10)) - 1)) != 0)
        return false;
    look_rate_found(rate, false);
    return true;
}

#endif
