/*
 * Sampling chains: see chains.h. No state, no lock, no allocation; every walk is bounded.
 */
#include "chains.h"

#include <string.h>

#include "bucket_lists.h"
#include "chain_forms.h"
#include "chain_lengths.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define MEASURE_PARTS 64u  /* of the array, from each of which as many chains are followed */
#define LEARN_PARTS   16u  /* the same at a growth, where the thread waits */
#define MOST_OCCUPIED 0.99 /* of the heads: fuller ones do not say how long chains are */
/* Chains by a hash that spreads badly are longer than by a good one, up to so many times. */
#define MOST_UNEVEN 8.0
/* Of a hash that spreads better than by chance fewer entries stand behind others. So few may also
 * be what the allocator left in blocks that it gave out again: such a field is a link where no
 * other one is. */
#define MOST_EVEN     2.0
#define LEAST_BEHIND  16u /* fewer entries behind the first ones do not tell */
#define MOST_SEARCHED 32768u

static bool find_heads(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct chain_behind *behind = context;
    const struct slot_profile *profile = behind->profile;
    (void)offset;
    for (size_t at = profile->column; at + 8 <= bytes; at += profile->slot_bytes) {
        uint64_t word;
        memcpy(&word, piece + at, sizeof(word));
        uint32_t bit = chain_filter_bit(word);
        if (!(behind->filter[bit / 64] >> bit % 64 & 1))
            continue;
        unsigned nth = 0;
        while (nth < behind->count && behind->entries[nth] != word)
            nth++;
        behind->heads += nth < behind->count;
    }
    return true;
}

/* Whether entries behind the first ones stand in slots themselves, or behind others as well, as no
 * chain's do: the slots hold single entries, and what looks like a link is a pointer from one of
 * them to another, or to what they share. So is what the allocator leaves in a block. */
static bool are_entries_linked(struct layout_view *view, const struct block *block,
                               const struct slot_profile *profile)
{
    struct chain_behind behind = {.profile = profile};
    uint16_t seen[CHAIN_MOST_SEEN];
    struct chain_lengths lengths = {.view = view,
                                    .profile = profile,
                                    .offset = profile->chain_offset,
                                    .wanted = CHAIN_LEARN_BUCKETS,
                                    .first = block->address + profile->header_bytes,
                                    .behind = &behind,
                                    .seen = seen};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    layout_scan(view, lengths.first, slots * profile->slot_bytes, profile->slot_bytes,
                chain_lengths_piece, &lengths);
    if (lengths.shared > CHAIN_MOST_SHARED || behind.count < LEAST_BEHIND)
        return lengths.shared > CHAIN_MOST_SHARED;
    uint64_t searched = slots < MOST_SEARCHED ? slots : MOST_SEARCHED;
    layout_scan(view, lengths.first, searched * profile->slot_bytes, profile->slot_bytes,
                find_heads, &behind);
    return behind.heads > CHAIN_MOST_SHARED;
}

static void drop_linked(struct layout_view *view, const struct block *block,
                        struct slot_profile *profile)
{
    if (profile->is_chained && are_entries_linked(view, block, profile))
        profile->is_chained = profile->chain_offset = 0;
}

/* A hash that spreads badly: the chains are longer than by chance, but end, and share no entry, as
 * pointers to parents, owners and neighbours do. */
static void learn_uneven(struct layout_view *view, const struct block *block, double expected,
                         uint32_t most, struct slot_profile *profile)
{
    uint16_t seen[CHAIN_MOST_SEEN];
    for (uint32_t offset = 0; offset < most && !profile->is_chained; offset += 8) {
        const struct chain_question question = {
            .offset = offset, .buckets = CHAIN_LEARN_BUCKETS, .is_strict = true, .seen = seen};
        struct chain_lengths lengths;
        chain_lengths_measure(view, block, profile, &question, &lengths);
        if (lengths.chains < CHAIN_LEARN_BUCKETS / 8 || lengths.bad > 0 ||
            lengths.longest < CHAIN_LEAST_LONGEST || lengths.shared > CHAIN_MOST_SHARED ||
            lengths.sum < expected * lengths.chains ||
            lengths.sum > expected * lengths.chains * MOST_UNEVEN)
            continue;
        profile->is_chained = 1;
        profile->chain_offset = offset;
        drop_linked(view, block, profile); /* a key may be an address, too, of any object */
    }
}

/* Lists that end by themselves need not be told where: what seemed to be their last entry may be
 * the one that was found last. */
static void try_without_last(struct layout_view *view, const struct block *block,
                             struct slot_profile *profile)
{
    const struct chain_question question = {
        .offset = profile->chain_offset, .buckets = CHAIN_LEARN_BUCKETS, .is_strict = true};
    struct slot_profile plain = *profile;
    struct chain_lengths lengths;
    plain.last_offset = 0;
    chain_lengths_measure(view, block, &plain, &question, &lengths);
    if (lengths.bad == 0 && lengths.chains > 0)
        profile->last_offset = 0;
}

#define MOST_BARE_SLOT  32u /* may hold what else it likes beside the head */
#define MOST_SLOT_WORDS 16u
#define LOCKED_SLOTS    256u /* that are compared with the first one, all over the array */
#define LEAST_LOCKED    64u
#define LOCKED_PART     16u /* but for one slot in so many, whose lock is held */

/* Whether the slots have nothing beside their heads but what all have, as a lock that nobody holds
 * is: Unbound's buckets of a mutex and a list were taken for entries, 78,618 of 120,000. */
static bool are_heads_alone(struct layout_view *view, const struct block *block,
                            const struct slot_profile *profile)
{
    uint64_t slots = slot_profile_capacity(profile, block->bytes), first[MOST_SLOT_WORDS];
    uint64_t step = slots / LOCKED_SLOTS + 1;
    uint32_t words = profile->slot_bytes / 8, looked = 0, others = 0;
    if (words > MOST_SLOT_WORDS || profile->slot_bytes % 8 != 0 || profile->column % 8 != 0)
        return false;
    for (uint64_t slot = 0; slot < slots; slot += step) {
        uint64_t place = block->address + profile->header_bytes + slot * profile->slot_bytes;
        uint64_t now[MOST_SLOT_WORDS];
        bool is_other = false;
        if (!layout_read(view, place, now, profile->slot_bytes))
            return false;
        uint64_t head = now[profile->column / 8];
        if (!slot_profile_is_empty(profile, head) && !slot_profile_is_pointer(head))
            return false;
        if (looked++ == 0)
            memcpy(first, now, profile->slot_bytes);
        for (uint32_t i = 0; i < words; i++)
            is_other |= i != profile->column / 8 && now[i] != first[i];
        others += is_other;
    }
    return looked >= LEAST_LOCKED && others * LOCKED_PART <= looked;
}

/* Whether some word that was tried is a link but for its lowest bits: then it was none. */
static bool learn_links(struct layout_view *view, const struct block *block,
                        struct slot_profile *profile)
{
    struct chain_lengths lengths;
    bool has_tags = false;
    if (profile->column_bytes != 8 || !profile->is_distinct)
        return false;
    if (profile->slot_bytes > MOST_BARE_SLOT) {
        if (!are_heads_alone(view, block, profile))
            return false;
        profile->is_of_parts = 1; /* no entries, also where their links are not found */
    }
    struct chain_question question = {.buckets = CHAIN_LEARN_BUCKETS};
    chain_lengths_measure(view, block, profile, &question, &lengths);
    if (lengths.looked == 0)
        return false;
    double occupied = (double)(lengths.chains + lengths.bad) / (double)lengths.looked;
    /* What a realloc made larger is empty in its second half until that is used. */
    if (occupied >= MOST_OCCUPIED) {
        struct chain_question in_parts = question;
        in_parts.parts = LEARN_PARTS;
        chain_lengths_measure(view, block, profile, &in_parts, &lengths);
        occupied = (double)(lengths.chains + lengths.bad) / (double)lengths.looked;
    }
    if (occupied <= 0.02 || occupied >= MOST_OCCUPIED)
        return false;
    /* Of n keys thrown into N buckets 1 - exp(-n/N) are occupied, so the mean chain is
     * l / (1 - e^-l) with l = n/N. A field that is sometimes NULL but no chain gives another. */
    double expected = -slot_profile_log(1 - occupied) / occupied;
    double best = 0.25, best_even = 0.25;
    uint32_t most = chain_entry_bytes(view, block, profile), even = 0;
    question.is_strict = true;
    for (uint32_t offset = 0; offset < most; offset += 8) {
        question.offset = offset;
        chain_lengths_measure(view, block, profile, &question, &lengths);
        has_tags |= lengths.has_tags;
        if (lengths.chains < CHAIN_LEARN_BUCKETS / 8 || lengths.bad > 0 ||
            lengths.sum <= lengths.chains)
            continue; /* all of length one: the same count whether it is a chain or not */
        double mean = lengths.sum / lengths.chains;
        double off = mean > expected ? mean / expected - 1 : expected / mean - 1;
        /* A text that each entry points at is a second one in every chain. */
        if (lengths.squares * lengths.chains <= lengths.sum * lengths.sum)
            continue;
        bool is_even = (mean - 1) * MOST_EVEN < expected - 1;
        /* The same field of the block behind looks the same: only a clearly better one wins. */
        if (is_even && off < best_even) {
            best_even = off - 0.05;
            even = offset + 1;
        } else if (!is_even && off < best) {
            best = off - 0.05;
            profile->is_chained = 1;
            profile->chain_offset = offset;
        }
    }
    if (profile->is_chained)
        drop_linked(view, block, profile);
    else
        learn_uneven(view, block, expected, most, profile);
    if (!profile->is_chained && even != 0) {
        profile->is_chained = 1;
        profile->chain_offset = even - 1;
        drop_linked(view, block, profile);
    }
    if (profile->is_chained && profile->last_offset != 0) {
        profile->is_indexed = 0;
        try_without_last(view, block, profile);
    }
    return has_tags;
}

static void learn_linked(struct layout_view *view, const struct block *block,
                         struct slot_profile *profile)
{
    if (!learn_links(view, block, profile) || profile->is_chained || profile->last_offset != 0)
        return;
    profile->link_tag = CHAIN_LINK_TAG;
    learn_links(view, block, profile);
    if (!profile->is_chained)
        profile->link_tag = 0;
}

void chains_learn(struct layout_view *view, const struct block *block, struct slot_profile *profile)
{
    enum bucket_lists lists = bucket_lists_learn(view, block, profile);
    /* Before what the slots point at: in objects that were given out again some word may still be
     * a link, by which libdwarf's table had 120,784 entries of 88,000. */
    if (lists == BUCKET_LISTS_NONE)
        chain_forms_learn_inline(view, block, true, profile);
    if (lists != BUCKET_LISTS_PROVEN && !profile->is_chained)
        learn_linked(view, block, profile);
    if (lists == BUCKET_LISTS_NONE && !profile->is_of_parts && !profile->is_inline) {
        chain_forms_learn_tree(view, block, profile);
        if (!profile->is_chained)
            chain_forms_learn_inline(view, block, false, profile);
    }
    if (lists == BUCKET_LISTS_LIKELY && !profile->is_chained)
        profile->is_of_parts = 1;
}

bool chains_measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, double *mean, double *error)
{
    struct chain_lengths lengths;
    /* Of so few all are followed. A good hash makes one part of the array like another. */
    bool is_small = slot_profile_capacity(profile, block->bytes) <= CHAIN_MEASURE_BUCKETS;
    const struct chain_question question = {
        .offset = profile->chain_offset,
        .buckets = view->is_hurried ? CHAIN_LEARN_BUCKETS : CHAIN_MEASURE_BUCKETS,
        .parts = view->is_hurried || is_small ? 1 : MEASURE_PARTS};
    chain_lengths_measure(view, block, profile, &question, &lengths);
    if (lengths.chains == 0 || lengths.bad * 20 > lengths.chains)
        return false;
    *mean = lengths.sum / lengths.chains;
    double variance = (lengths.squares / lengths.chains - *mean * *mean) / lengths.chains;
    /* Neighbours may be alike, and differ from those elsewhere. */
    if (lengths.parts > 1) {
        double part_mean = lengths.part_sum / lengths.parts;
        double of_parts =
            (lengths.part_squares / lengths.parts - part_mean * part_mean) / (lengths.parts - 1);
        variance = of_parts > variance ? of_parts : variance;
    }
    *error = slot_profile_square_root(variance > 0 ? variance : 0);
    return true;
}
