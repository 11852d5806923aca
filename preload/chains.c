/*
 * Sampling chains: see chains.h. No state, no lock, no allocation; every walk is bounded.
 */
#include "chains.h"

#include "slot_profile.h"

#define LEARN_BUCKETS   48u
#define MEASURE_BUCKETS 2048u
#define MOST_STEPS      24u
#define MOST_OFFSET     64u

/* The bucket's word at evenly spread positions: calls visit for up to `wanted` occupied ones. */
struct walk {
    struct layout_view *view;
    const struct block *block;
    const struct slot_profile *profile;
    uint64_t capacity;
};

static bool bucket_word(const struct walk *walk, uint64_t bucket, uint64_t *word)
{
    const struct slot_profile *profile = walk->profile;
    return layout_read_u64(walk->view,
                           walk->block->address + profile->header_bytes +
                               bucket * profile->slot_bytes + profile->column,
                           word);
}

/* Entries in the chain that starts at `entry`; 0 when it leaves memory or does not end. */
static unsigned chain_length(const struct walk *walk, uint64_t entry, uint32_t offset)
{
    unsigned length = 0;
    while (entry != 0 && length < MOST_STEPS) {
        if (!slot_profile_is_pointer(entry) || !layout_read_u64(walk->view, entry + offset, &entry))
            return 0;
        length++;
    }
    return entry == 0 ? length : 0;
}

struct lengths {
    unsigned chains;
    unsigned bad;
    double sum;
    double squares;
};

static void measure(const struct walk *walk, uint32_t offset, unsigned wanted, struct lengths *out)
{
    uint64_t step = walk->capacity / (wanted * 2 + 1);
    *out = (struct lengths){0};
    if (step == 0)
        step = 1;
    for (uint64_t bucket = 0; bucket < walk->capacity && out->chains + out->bad < wanted;
         bucket += step) {
        uint64_t word;
        if (!bucket_word(walk, bucket, &word) || word == walk->profile->empty_value)
            continue;
        unsigned length = chain_length(walk, word, offset);
        if (length == 0) {
            out->bad++;
            continue;
        }
        out->chains++;
        out->sum += length;
        out->squares += (double)length * length;
    }
}

static double occupied_share(const struct walk *walk)
{
    uint64_t step = walk->capacity / 1024 + 1;
    unsigned looked = 0, occupied = 0;
    for (uint64_t bucket = 0; bucket < walk->capacity; bucket += step) {
        uint64_t word;
        if (!bucket_word(walk, bucket, &word))
            continue;
        looked++;
        occupied += word != walk->profile->empty_value;
    }
    return looked ? (double)occupied / looked : 0;
}

void chains_learn(struct layout_view *view, const struct block *block, struct slot_profile *profile)
{
    struct walk walk = {.view = view,
                        .block = block,
                        .profile = profile,
                        .capacity = slot_profile_capacity(profile, block->bytes)};
    if (profile->column_bytes != 8 || profile->slot_bytes > 32 || !profile->is_distinct)
        return;
    double occupied = occupied_share(&walk);
    if (occupied <= 0.02 || occupied >= 0.99)
        return;
    /* Of n keys thrown into N buckets 1 - exp(-n/N) are occupied, so the mean chain is l / (1 -
     * e^-l) with l = n/N. A field that is sometimes NULL but no chain gives another mean. */
    double expected = -slot_profile_log(1 - occupied) / occupied;
    double best = 0.25;
    for (uint32_t offset = 0; offset < MOST_OFFSET; offset += 8) {
        struct lengths lengths;
        measure(&walk, offset, LEARN_BUCKETS, &lengths);
        if (lengths.chains < LEARN_BUCKETS / 4 || lengths.bad > 0 || lengths.sum <= lengths.chains)
            continue; /* all of length one: the same count whether it is a chain or not */
        double mean = lengths.sum / lengths.chains;
        double off = mean > expected ? mean / expected - 1 : expected / mean - 1;
        if (off < best) {
            best = off;
            profile->is_chained = 1;
            profile->chain_offset = offset;
        }
    }
}

static double square_root(double x)
{
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 40 && x > 0; i++)
        root = (root + x / root) / 2;
    return x > 0 ? root : 0;
}

bool chains_measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, double *mean, double *error)
{
    struct walk walk = {.view = view,
                        .block = block,
                        .profile = profile,
                        .capacity = slot_profile_capacity(profile, block->bytes)};
    struct lengths lengths;
    measure(&walk, profile->chain_offset, MEASURE_BUCKETS, &lengths);
    if (lengths.chains == 0 || lengths.bad * 20 > lengths.chains)
        return false;
    *mean = lengths.sum / lengths.chains;
    double variance = lengths.squares / lengths.chains - *mean * *mean;
    *error = square_root((variance > 0 ? variance : 0) / lengths.chains);
    return true;
}
