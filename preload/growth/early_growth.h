/*
 * Hash tables that look like vectors when they grow: with keys in sequence and a hash that keeps
 * them so (identity, modulo), every entry stays where it was.
 *
 * A vector grows when it is full. A table grows when it reaches its load limit, each time the same
 * share of its slots. Its own object tells both, exactly: a word that is the capacity, and one that
 * is the number of occupied slots.
 */
#ifndef HASHTRACK_EARLY_GROWTH_H
#define HASHTRACK_EARLY_GROWTH_H

#include "registry.h"
#include "scratch.h"

/* Early growths in a row, at the same load, before the table is believed. */
#define EARLY_GROWTHS_PROVE 3u

/* A ring buffer keeps one place free, a stack a few; uthash, the fullest table, grows at 0.96. */
#define EARLY_MOST_LOAD_PPM 965000u

struct early_growth {
    uint32_t load_ppm; /* entries of the old array's slots when it was replaced */
    uint64_t live;
    bool is_together; /* they lie in a run or two, as keys in sequence do */
    struct slot_profile profile;
    struct header_profile header;
};

/* Whether `old`, whose content `array` got at the same places, was replaced before it was full, and
 * an object says so; `before` is the object as known from the growth before (growths 0: none). */
bool early_growth_find(const struct registry *registry, struct scratch *scratch,
                       const struct array_record *old, const struct array_record *array,
                       const struct header_profile *before, struct early_growth *out);

/* Whether a growth at this load continues one at that load: limits are the same to a few entries.
 */
bool early_growth_continues(uint32_t before_ppm, uint32_t load_ppm, uint64_t live);

#endif
