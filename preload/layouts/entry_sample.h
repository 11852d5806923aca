/*
 * What the entries of a chained table occupy: a few of them are looked at, the rest is multiplied.
 */
#ifndef HASHTRACK_ENTRY_SAMPLE_H
#define HASHTRACK_ENTRY_SAMPLE_H

#include "layout.h"

#define ENTRY_SAMPLES 16

/* Addresses of entries, spread evenly over the bucket array. Zero-initialise. */
struct entry_sample {
    uint64_t addresses[ENTRY_SAMPLES];
    uint64_t offsets[ENTRY_SAMPLES]; /* in the bucket array */
    uint32_t count;
};

/* Offers the entry found at `offset` of a bucket array of `array_bytes`; the first one of each
 * sixteenth of the array is kept. */
static inline void entry_sample_offer(struct entry_sample *sample, uint64_t entry, uint64_t offset,
                                      uint64_t array_bytes)
{
    if (sample->count == ENTRY_SAMPLES || offset < array_bytes / ENTRY_SAMPLES * sample->count)
        return;
    sample->addresses[sample->count] = entry;
    sample->offsets[sample->count++] = offset;
}

/* Whether the blocks of the sampled entries were freed: of three of four it can be told. */
bool entry_sample_is_gone(const struct entry_sample *sample, const struct layout_view *view);

/* Sets entry_blocks and entry_bytes for `entries` entries, and DUMP_KNOWN_ENTRIES; leaves all three
 * alone when one sampled entry is not a block of glibc's heap, for then the program has a pool of
 * its own. Where the entries may be gone, says whether they are. */
void entry_sample_measure(const struct entry_sample *sample, const struct layout_view *view,
                          uint64_t entries, struct table_reading *out);

#endif
