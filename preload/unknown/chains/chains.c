/*
 * Sampling chains: see chains.h. No state, no lock, no allocation; every walk is bounded.
 */
#include "chains.h"

#include <string.h>

#include "bucket_lists.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define LEARN_BUCKETS   128u
#define MEASURE_BUCKETS 2048u
#define MEASURE_PARTS   64u
#define MOST_STEPS      24u
#define MOST_OFFSET     64u
/* Entries that are compared, and how many may be alike by chance. */
#define MOST_SEEN   128u
#define MOST_SHARED 3u
/* Chains by a hash that spreads badly are longer than by a good one, up to so many times. */
#define MOST_UNEVEN 8.0
/* Of a hash that spreads better than by chance fewer entries stand behind others. So few may also
 * be what the allocator left in blocks that it gave out again: such a field is a link where no
 * other one is. */
#define MOST_EVEN 2.0
/* A pointer to a part of an object looks like a chain of two. */
#define LEAST_LONGEST 3u

/* Entries behind the first ones of chains. */
#define MOST_BEHIND   64u
#define LEAST_BEHIND  16u /* fewer do not tell */
#define MOST_SEARCHED 32768u
#define FILTER_BITS   4096u

struct behind {
    uint64_t entries[MOST_BEHIND];
    uint64_t filter[FILTER_BITS / 64]; /* of their prints */
    unsigned count, heads;             /* of them that are first ones as well */
    const struct slot_profile *profile;
};

struct lengths {
    struct layout_view *view;
    const struct slot_profile *profile;
    uint32_t offset; /* of the next pointer in an entry */
    unsigned wanted;
    uint64_t first;  /* address of the first slot that is scanned */
    bool is_strict;  /* one that is no chain is enough: walking into the wild costs 24 reads each */
    uint64_t looked; /* buckets; for first_entry the entry it found */
    unsigned chains;
    unsigned bad;
    unsigned longest;
    double sum;
    double squares;
    double part_sum, part_squares; /* of the parts' mean lengths */
    unsigned parts;
    struct behind *behind; /* collects them, or NULL */
    uint16_t *seen; /* of entries behind the first ones, or NULL: chains of a table share none */
    unsigned seen_count, shared;
};

static uint32_t filter_bit(uint64_t entry)
{
    return (uint32_t)(entry * 0x9E3779B97F4A7C15ull >> 32) % FILTER_BITS;
}

static void note_behind(struct behind *behind, uint64_t entry)
{
    uint32_t bit = filter_bit(entry);
    if (!behind || behind->count == MOST_BEHIND)
        return;
    behind->entries[behind->count++] = entry;
    behind->filter[bit / 64] |= 1ull << bit % 64;
}

/* By 16 bits of the address: of 128 entries a few are alike by chance. */
static void note_entry(struct lengths *lengths, uint64_t entry)
{
    uint16_t print = (uint16_t)(entry * 0x9E3779B97F4A7C15ull >> 48);
    if (!lengths->seen || lengths->seen_count == MOST_SEEN)
        return;
    for (unsigned i = 0; i < lengths->seen_count; i++)
        if (lengths->seen[i] == print) {
            lengths->shared++;
            return;
        }
    lengths->seen[lengths->seen_count++] = print;
}

static bool is_end(const struct slot_profile *profile, uint64_t entry, uint64_t head)
{
    return entry == 0 || entry == head ||
           (slot_profile_is_numbered(profile) && slot_profile_is_empty(profile, entry));
}

/* Entries from `entry` to `last`, where the bucket names both: behind that one the list may go on
 * with those of another bucket. 0 when it leaves memory, or does not lead there. */
static unsigned length_to_last(const struct lengths *lengths, uint64_t entry, uint64_t last)
{
    unsigned length = slot_profile_is_pointer(entry);
    for (; entry != last && length < MOST_STEPS; length++)
        if (!slot_profile_is_pointer(entry) ||
            !layout_read_u64(lengths->view, entry + lengths->offset, &entry))
            return 0;
    return entry == last ? length : 0;
}

/* Entries in the chain that starts at `entry`; 0 when it leaves memory or does not end: nowhere, or
 * at its head again, where that is a ring. */
static unsigned chain_length(struct lengths *lengths, uint64_t entry, uint64_t head)
{
    const struct slot_profile *profile = lengths->profile;
    unsigned length = 0;
    while (!is_end(profile, entry, head) && length < MOST_STEPS) {
        if (length > 0) {
            note_entry(lengths, entry);
            note_behind(lengths->behind, entry);
        }
        if (!slot_profile_is_pointer(entry) ||
            !layout_read_u64(lengths->view, entry + lengths->offset, &entry))
            return 0;
        length++;
    }
    return is_end(profile, entry, head) ? length : 0;
}

/* Entries in the list of the object at `object`, which stays in the bucket when it was emptied. */
static unsigned list_length(struct lengths *lengths, uint64_t object, bool *is_emptied)
{
    uint64_t entry = 0;
    if (!slot_profile_is_pointer(object) ||
        !layout_read_u64(lengths->view, object + lengths->profile->list_offset - 1, &entry))
        return 0;
    *is_emptied = entry == 0;
    return chain_length(lengths, entry, 0);
}

static bool measure_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lengths *lengths = context;
    const struct slot_profile *profile = lengths->profile;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        uint64_t word, slot = lengths->first + offset + at;
        memcpy(&word, piece + at + profile->column, sizeof(word));
        lengths->looked++;
        if (slot_profile_is_empty(profile, word) ||
            slot_profile_is_own_address(word, slot + profile->column))
            continue;
        /* Whatever took the table's entries out left them. */
        if (!lengths->is_strict && slot_profile_is_mark(word, 8))
            continue;
        bool is_emptied = false;
        unsigned length =
            profile->last_offset != 0
                ? length_to_last(lengths, word, word_u64(piece, at + profile->last_offset))
            : profile->list_offset != 0 ? list_length(lengths, word, &is_emptied)
                                        : chain_length(lengths, word, slot);
        lengths->bad += length == 0 && !is_emptied;
        lengths->chains += length > 0 || is_emptied;
        lengths->longest = length > lengths->longest ? length : lengths->longest;
        lengths->sum += length;
        lengths->squares += (double)length * length;
        if (lengths->chains + lengths->bad >= lengths->wanted ||
            (lengths->is_strict && lengths->bad > 0))
            return false;
    }
    return true;
}

/* Measures chains of so many parts of the array: a good hash makes one like another. */
static void measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, uint32_t offset, unsigned wanted,
                    unsigned parts, bool is_strict, uint16_t *seen, struct lengths *out)
{
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    uint64_t first = block->address + profile->header_bytes;
    *out = (struct lengths){
        .view = view, .profile = profile, .offset = offset, .is_strict = is_strict, .seen = seen};
    for (unsigned part = 0; part < parts; part++) {
        /* Not from powers of two on: there a weak hash of keys in sequence has its own pattern. */
        uint64_t size = slots / parts, shift = (part * 0x9E3779B1u >> 7) % (size / 2 + 1);
        uint64_t start = parts > 1 ? size * part + shift : 0;
        uint64_t end = part + 1 < parts ? size * (part + 1) : slots;
        unsigned chains = out->chains;
        double sum = out->sum;
        out->wanted = wanted / parts * (part + 1);
        out->first = first + start * profile->slot_bytes;
        layout_scan(view, out->first, (end - start) * profile->slot_bytes, profile->slot_bytes,
                    measure_piece, out);
        if (out->chains == chains)
            continue;
        double mean = (out->sum - sum) / (out->chains - chains);
        out->part_sum += mean;
        out->part_squares += mean * mean;
        out->parts++;
    }
}

static bool first_entry(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lengths *lengths = context;
    const struct slot_profile *profile = lengths->profile;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        uint64_t place = lengths->first + offset + at + profile->column;
        memcpy(&lengths->looked, piece + at + profile->column, sizeof(uint64_t));
        if (!slot_profile_is_empty(profile, lengths->looked) &&
            !slot_profile_is_own_address(lengths->looked, place))
            return false;
    }
    lengths->looked = 0;
    return true;
}

/* How far into an entry a next pointer may lie: to the end of its block, where that is known. */
static uint32_t entry_bytes(struct layout_view *view, const struct block *block,
                            const struct slot_profile *profile)
{
    struct lengths lengths = {.profile = profile, .first = block->address + profile->header_bytes};
    layout_scan(view, lengths.first,
                slot_profile_capacity(profile, block->bytes) * profile->slot_bytes,
                profile->slot_bytes, first_entry, &lengths);
    uint64_t chunk = lengths.looked ? layout_chunk_bytes(view, lengths.looked) : 0;
    return chunk > 16 && chunk - 8 < MOST_OFFSET ? (uint32_t)(chunk - 8) : MOST_OFFSET;
}

/* A hash that spreads badly: the chains are longer than by chance, but end, and share no entry, as
 * pointers to parents, owners and neighbours do. */
static void learn_uneven(struct layout_view *view, const struct block *block, double expected,
                         uint32_t most, struct slot_profile *profile)
{
    uint16_t seen[MOST_SEEN];
    for (uint32_t offset = 0; offset < most && !profile->is_chained; offset += 8) {
        struct lengths lengths;
        measure(view, block, profile, offset, LEARN_BUCKETS, 1, true, seen, &lengths);
        if (lengths.chains < LEARN_BUCKETS / 8 || lengths.bad > 0 ||
            lengths.longest < LEAST_LONGEST || lengths.shared > MOST_SHARED ||
            lengths.sum < expected * lengths.chains ||
            lengths.sum > expected * lengths.chains * MOST_UNEVEN)
            continue;
        profile->is_chained = 1;
        profile->chain_offset = offset;
    }
}

static bool find_heads(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct behind *behind = context;
    const struct slot_profile *profile = behind->profile;
    (void)offset;
    for (size_t at = profile->column; at + 8 <= bytes; at += profile->slot_bytes) {
        uint64_t word;
        memcpy(&word, piece + at, sizeof(word));
        uint32_t bit = filter_bit(word);
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
    struct behind behind = {.profile = profile};
    uint16_t seen[MOST_SEEN];
    struct lengths lengths = {.view = view,
                              .profile = profile,
                              .offset = profile->chain_offset,
                              .wanted = LEARN_BUCKETS,
                              .first = block->address + profile->header_bytes,
                              .behind = &behind,
                              .seen = seen};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    layout_scan(view, lengths.first, slots * profile->slot_bytes, profile->slot_bytes,
                measure_piece, &lengths);
    if (lengths.shared > MOST_SHARED || behind.count < LEAST_BEHIND)
        return lengths.shared > MOST_SHARED;
    uint64_t searched = slots < MOST_SEARCHED ? slots : MOST_SEARCHED;
    layout_scan(view, lengths.first, searched * profile->slot_bytes, profile->slot_bytes,
                find_heads, &behind);
    return behind.heads > MOST_SHARED;
}

static void drop_linked(struct layout_view *view, const struct block *block,
                        struct slot_profile *profile)
{
    if (profile->is_chained && are_entries_linked(view, block, profile))
        profile->is_chained = profile->chain_offset = 0;
}

/* Lists that end by themselves need not be told where: what seemed to be their last entry may be
 * the one that was found last. */
static void try_without_last(struct layout_view *view, const struct block *block,
                             struct slot_profile *profile)
{
    struct slot_profile plain = *profile;
    struct lengths lengths;
    plain.last_offset = 0;
    measure(view, block, &plain, profile->chain_offset, LEARN_BUCKETS, 1, true, NULL, &lengths);
    if (lengths.bad == 0 && lengths.chains > 0)
        profile->last_offset = 0;
}

#define MOST_BARE_SLOT  32u /* may hold what else it likes beside the head */
#define MOST_SLOT_WORDS 16u
#define LOCKED_SLOTS    256u
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

static void learn_linked(struct layout_view *view, const struct block *block,
                         struct slot_profile *profile)
{
    struct lengths lengths;
    if (profile->column_bytes != 8 || !profile->is_distinct)
        return;
    if (profile->slot_bytes > MOST_BARE_SLOT) {
        if (!are_heads_alone(view, block, profile))
            return;
        profile->is_of_parts = 1; /* no entries, also where their links are not found */
    }
    measure(view, block, profile, 0, LEARN_BUCKETS, 1, false, NULL, &lengths);
    if (lengths.looked == 0)
        return;
    double occupied = (double)(lengths.chains + lengths.bad) / (double)lengths.looked;
    if (occupied <= 0.02 || occupied >= 0.99)
        return;
    /* Of n keys thrown into N buckets 1 - exp(-n/N) are occupied, so the mean chain is
     * l / (1 - e^-l) with l = n/N. A field that is sometimes NULL but no chain gives another. */
    double expected = -slot_profile_log(1 - occupied) / occupied;
    double best = 0.25, best_even = 0.25;
    uint32_t most = entry_bytes(view, block, profile), even = 0;
    for (uint32_t offset = 0; offset < most; offset += 8) {
        measure(view, block, profile, offset, LEARN_BUCKETS, 1, true, NULL, &lengths);
        if (lengths.chains < LEARN_BUCKETS / 8 || lengths.bad > 0 || lengths.sum <= lengths.chains)
            continue; /* all of length one: the same count whether it is a chain or not */
        double mean = lengths.sum / lengths.chains;
        double off = mean > expected ? mean / expected - 1 : expected / mean - 1;
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
    if (!profile->is_chained)
        learn_uneven(view, block, expected, most, profile);
    drop_linked(view, block, profile);
    if (!profile->is_chained && even != 0) {
        profile->is_chained = 1;
        profile->chain_offset = even - 1;
        drop_linked(view, block, profile);
    }
    if (profile->is_chained && profile->last_offset != 0) {
        profile->is_indexed = 0;
        try_without_last(view, block, profile);
    }
}

void chains_learn(struct layout_view *view, const struct block *block, struct slot_profile *profile)
{
    enum bucket_lists lists = bucket_lists_learn(view, block, profile);
    if (lists != BUCKET_LISTS_PROVEN)
        learn_linked(view, block, profile);
    if (lists == BUCKET_LISTS_LIKELY && !profile->is_chained)
        profile->is_of_parts = 1;
}

bool chains_measure(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, double *mean, double *error)
{
    struct lengths lengths;
    unsigned wanted = view->is_hurried ? LEARN_BUCKETS : MEASURE_BUCKETS;
    /* Of so few all are followed. */
    bool is_small = slot_profile_capacity(profile, block->bytes) <= MEASURE_BUCKETS;
    measure(view, block, profile, profile->chain_offset, wanted,
            view->is_hurried || is_small ? 1 : MEASURE_PARTS, false, NULL, &lengths);
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
