/*
 * Chains of other forms: see chain_forms.h. No state, no lock, no allocation.
 */
#include "chain_forms.h"

#include "chain_lengths.h"
#include "layouts/words.h"
#include "slot_profile.h"

/* A mean of so many buckets is off by some parts in a hundred, by chance. */
#define MEAN_OFF        0.06
#define MOST_ROOT_BYTES 16u /* a slot that is a root */

static bool is_near_mean(double mean, double expected)
{
    return mean < expected * (1 + MEAN_OFF) && mean > expected * (1 - MEAN_OFF);
}

/* Whether by a second pointer there, too, all trees end and share no entry, and hold as many as so
 * many buckets in use make likely. */
static bool is_branch(struct layout_view *view, const struct block *block,
                      const struct slot_profile *tree, unsigned buckets, double *mean,
                      double *expected)
{
    struct chain_lengths lengths;
    uint16_t seen[CHAIN_MOST_SEEN];
    const struct chain_question question = {.offset = tree->chain_offset,
                                            .buckets = buckets,
                                            .is_strict = true,
                                            .seen = tree->tree_offset != 0 ? seen : NULL};
    chain_lengths_measure(view, block, tree, &question, &lengths);
    if (lengths.bad > 0 || lengths.chains < buckets / 16 || lengths.looked <= lengths.chains ||
        lengths.shared > CHAIN_MOST_SHARED)
        return false;
    *mean = lengths.sum / lengths.chains;
    *expected = chain_lengths_expected(&lengths);
    return true;
}

#define MOST_BRANCHES 8u /* words of an entry that may lead to others of its tree */

/* Words of entries that end chains in all of a few buckets, some of them longer than one. */
struct branches {
    uint32_t offset[MOST_BRANCHES];
    unsigned number;
};

static void find_branches(struct layout_view *view, const struct block *block,
                          const struct slot_profile *profile, struct branches *out)
{
    struct slot_profile plain = *profile;
    uint32_t most = chain_entry_bytes(view, block, profile);
    double mean, expected;
    out->number = 0;
    for (uint32_t offset = 0; offset < most && out->number < MOST_BRANCHES; offset += 8) {
        plain.chain_offset = offset;
        if (is_branch(view, block, &plain, CHAIN_LEARN_BUCKETS, &mean, &expected) && mean > 1)
            out->offset[out->number++] = offset;
    }
}

/* Whether by both words there are as many entries as there should be, and by one there are not. */
static bool are_branches(struct layout_view *view, const struct block *block,
                         const struct slot_profile *tree)
{
    struct slot_profile one = *tree, other = *tree;
    double of_one, of_other, of_both, expected;
    one.tree_offset = other.tree_offset = 0;
    other.chain_offset = tree->tree_offset - 1;
    return is_branch(view, block, tree, CHAIN_LEARN_BUCKETS, &of_both, &expected) &&
           is_branch(view, block, &one, CHAIN_MEASURE_BUCKETS, &of_one, &expected) &&
           is_branch(view, block, &other, CHAIN_MEASURE_BUCKETS, &of_other, &expected) &&
           of_one < expected * (1 - MEAN_OFF) && of_other < expected * (1 - MEAN_OFF) &&
           is_branch(view, block, tree, CHAIN_MEASURE_BUCKETS, &of_both, &expected) &&
           is_near_mean(of_both, expected);
}

void chain_forms_learn_tree(struct layout_view *view, const struct block *block,
                            struct slot_profile *profile)
{
    struct branches branches;
    if (profile->column_bytes != 8 || !profile->is_distinct || profile->is_inline ||
        profile->list_offset != 0 || profile->last_offset != 0 ||
        profile->slot_bytes > MOST_ROOT_BYTES)
        return;
    find_branches(view, block, profile, &branches);
    for (unsigned i = 0; i < branches.number; i++)
        for (unsigned j = i + 1; j < branches.number; j++) {
            struct slot_profile tree = *profile;
            tree.is_chained = 1;
            tree.chain_offset = branches.offset[i];
            tree.tree_offset = branches.offset[j] + 1;
            if (!are_branches(view, block, &tree))
                continue;
            *profile = tree;
            profile->is_indexed = 0;
            return;
        }
}

#define LEAST_INLINE_SLOT 16u /* an entry and a link */
#define MOST_INLINE_WORDS 16u
#define MOST_MORE_BYTES   32u  /* that an entry's block has than it needs, and its header */
#define SCANNED_SLOTS     512u /* for the words of a slot that may be links */

/* The first word at each place in the slots that is not zero in one in use. */
struct second_words {
    const struct slot_profile *profile;
    uint64_t words[MOST_INLINE_WORDS];
};

static bool note_words(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct second_words *second = context;
    const struct slot_profile *profile = second->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        if (slot_profile_is_empty(profile, word_u64(piece, at + profile->column)))
            continue;
        for (uint32_t nth = 0; nth * 8 < profile->slot_bytes; nth++)
            if (second->words[nth] == 0)
                second->words[nth] = word_u64(piece, at + nth * 8ull);
    }
    return true;
}

/* Whether just such a slot has room in the block that the word leads to, and is in use. */
static bool leads_to_slot(struct layout_view *view, const struct slot_profile *profile,
                          uint64_t word)
{
    uint64_t key, chunk = slot_profile_is_pointer(word) ? layout_chunk_bytes(view, word) : 0;
    return chunk >= profile->slot_bytes + 8 && chunk <= profile->slot_bytes + 8 + MOST_MORE_BYTES &&
           layout_read_u64(view, word + profile->column, &key) &&
           !slot_profile_is_empty(profile, key);
}

/* Chains whose squared lengths have the sum that a hash gives them, but for so much. */
#define LEAST_CERTAIN_CHAINS 256u
#define SQUARES_OFF          0.25

/* Whether chains are as long as a hash makes them, and as different: a first and a last pointer of
 * equal lists would be two entries each. */
static bool are_as_hashed(const struct chain_lengths *lengths)
{
    double chains = lengths->chains, occupied = chains / (double)lengths->looked;
    double mean = chain_lengths_expected(lengths), load = mean * occupied;
    double squares = lengths->squares / chains, expected = (load + load * load) / occupied;
    return chains >= LEAST_CERTAIN_CHAINS && is_near_mean(lengths->sum / chains, mean) &&
           squares < expected * (1 + SQUARES_OFF) && squares > expected * (1 - SQUARES_OFF);
}

void chain_forms_learn_inline(struct layout_view *view, const struct block *block, bool is_certain,
                              struct slot_profile *profile)
{
    struct second_words second = {.profile = profile};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    uint64_t scanned = slots < SCANNED_SLOTS ? slots : SCANNED_SLOTS;
    if (profile->column_bytes != 8 || !profile->is_distinct || profile->column % 8 != 0 ||
        profile->slot_bytes < LEAST_INLINE_SLOT || profile->slot_bytes % 8 != 0 ||
        profile->slot_bytes > MOST_INLINE_WORDS * 8 || profile->header_bytes % 8 != 0 ||
        !layout_scan(view, block->address + profile->header_bytes, scanned * profile->slot_bytes,
                     profile->slot_bytes, note_words, &second))
        return;
    for (uint32_t offset = 0; offset + 8 <= profile->slot_bytes; offset += 8) {
        struct slot_profile heads = *profile;
        struct chain_lengths lengths;
        uint16_t seen[CHAIN_MOST_SEEN];
        const struct chain_question question = {
            .offset = offset, .buckets = CHAIN_MEASURE_BUCKETS, .is_strict = true, .seen = seen};
        heads.is_inline = heads.is_chained = 1;
        heads.chain_offset = offset;
        if (offset == profile->column || !leads_to_slot(view, profile, second.words[offset / 8]))
            continue;
        chain_lengths_measure(view, block, &heads, &question, &lengths);
        /* A hash that spreads better than by chance leaves fewer entries together. */
        if (lengths.bad > 0 || lengths.chains < CHAIN_LEARN_BUCKETS ||
            lengths.looked <= lengths.chains || lengths.shared > CHAIN_MOST_SHARED ||
            lengths.sum < lengths.chains * (1 + MEAN_OFF) ||
            lengths.sum > lengths.chains * chain_lengths_expected(&lengths) * (1 + MEAN_OFF) ||
            (is_certain && !are_as_hashed(&lengths)))
            continue;
        *profile = heads;
        profile->is_indexed = 0;
        return;
    }
}
