/*
 * Sampling chains: see chains.h. No state, no lock, no allocation; every walk is bounded.
 */
#include "chains.h"

#include <string.h>

#include "slot_profile.h"

#define LEARN_BUCKETS   128u
#define MEASURE_BUCKETS 2048u
#define MOST_STEPS      24u
#define MOST_OFFSET     64u

struct lengths {
    struct layout_view *view;
    const struct slot_profile *profile;
    uint32_t offset; /* of the next pointer in an entry */
    unsigned wanted;
    uint64_t looked; /* buckets; for first_entry the entry it found */
    unsigned chains;
    unsigned bad;
    double sum;
    double squares;
};

/* Entries in the chain that starts at `entry`; 0 when it leaves memory or does not end. */
static unsigned chain_length(struct layout_view *view, uint64_t entry, uint32_t offset)
{
    unsigned length = 0;
    while (entry != 0 && length < MOST_STEPS) {
        if (!slot_profile_is_pointer(entry) || !layout_read_u64(view, entry + offset, &entry))
            return 0;
        length++;
    }
    return entry == 0 ? length : 0;
}

static bool measure_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lengths *lengths = context;
    const struct slot_profile *profile = lengths->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        uint64_t word;
        memcpy(&word, piece + at + profile->column, sizeof(word));
        lengths->looked++;
        if (word == profile->empty_value)
            continue;
        unsigned length = chain_length(lengths->view, word, lengths->offset);
        lengths->bad += length == 0;
        lengths->chains += length > 0;
        lengths->sum += length;
        lengths->squares += (double)length * length;
        if (lengths->chains + lengths->bad >= lengths->wanted)
            return false;
    }
    return true;
}

/* Measures the first chains of the array: one part of a hash table is like another. */
static void measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, uint32_t offset, unsigned wanted,
                    struct lengths *out)
{
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    *out = (struct lengths){.view = view, .profile = profile, .offset = offset, .wanted = wanted};
    layout_scan(view, block->address + profile->header_bytes, slots * profile->slot_bytes,
                profile->slot_bytes, measure_piece, out);
}

static bool first_entry(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lengths *lengths = context;
    const struct slot_profile *profile = lengths->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        memcpy(&lengths->looked, piece + at + profile->column, sizeof(uint64_t));
        if (lengths->looked != profile->empty_value)
            return false;
    }
    lengths->looked = 0;
    return true;
}

/* How far into an entry a next pointer may lie: to the end of its block, where that is known. */
static uint32_t entry_bytes(struct layout_view *view, const struct block *block,
                            const struct slot_profile *profile)
{
    struct lengths lengths = {.profile = profile};
    layout_scan(view, block->address + profile->header_bytes,
                slot_profile_capacity(profile, block->bytes) * profile->slot_bytes,
                profile->slot_bytes, first_entry, &lengths);
    uint64_t chunk = lengths.looked ? layout_chunk_bytes(view, lengths.looked) : 0;
    return chunk > 16 && chunk - 8 < MOST_OFFSET ? (uint32_t)(chunk - 8) : MOST_OFFSET;
}

void chains_learn(struct layout_view *view, const struct block *block, struct slot_profile *profile)
{
    struct lengths lengths;
    if (profile->column_bytes != 8 || profile->slot_bytes > 32 || !profile->is_distinct)
        return;
    measure(view, block, profile, 0, LEARN_BUCKETS, &lengths);
    if (lengths.looked == 0)
        return;
    double occupied = (double)(lengths.chains + lengths.bad) / (double)lengths.looked;
    if (occupied <= 0.02 || occupied >= 0.99)
        return;
    /* Of n keys thrown into N buckets 1 - exp(-n/N) are occupied, so the mean chain is
     * l / (1 - e^-l) with l = n/N. A field that is sometimes NULL but no chain gives another. */
    double expected = -slot_profile_log(1 - occupied) / occupied;
    double best = 0.25;
    uint32_t most = entry_bytes(view, block, profile);
    for (uint32_t offset = 0; offset < most; offset += 8) {
        measure(view, block, profile, offset, LEARN_BUCKETS, &lengths);
        if (lengths.chains < LEARN_BUCKETS / 8 || lengths.bad > 0 || lengths.sum <= lengths.chains)
            continue; /* all of length one: the same count whether it is a chain or not */
        double mean = lengths.sum / lengths.chains;
        double off = mean > expected ? mean / expected - 1 : expected / mean - 1;
        /* The same field of the block behind looks the same: only a clearly better one wins. */
        if (off < best) {
            best = off - 0.05;
            profile->is_chained = 1;
            profile->chain_offset = offset;
        }
    }
}

bool chains_measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, double *mean, double *error)
{
    struct lengths lengths;
    measure(view, block, profile, profile->chain_offset,
            view->is_hurried ? LEARN_BUCKETS : MEASURE_BUCKETS, &lengths);
    if (lengths.chains == 0 || lengths.bad * 20 > lengths.chains)
        return false;
    *mean = lengths.sum / lengths.chains;
    double variance = lengths.squares / lengths.chains - *mean * *mean;
    *error = slot_profile_square_root((variance > 0 ? variance : 0) / lengths.chains);
    return true;
}
