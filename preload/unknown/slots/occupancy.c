/*
 * Counting the occupied slots of an unknown table: see occupancy.h.
 */
#include "occupancy.h"

#include "bucket_vectors.h"
#include "chains.h"
#include "layouts/words.h"
#include "slot_profile.h"
#include "slot_states.h"

/* Frequent values among the occupied slots' words, by Misra and Gries (Science of Computer
 * Programming 2, 1982): any value in more than a fifth of them is among four candidates. */
#define FREQUENT              4u
#define LEAST_CLEARED_PERCENT 80u
#define MOST_ENTRIES_A_SLOT   8u
#define LEAST_MEAN            1.05 /* chains of one entry are longer than this, some of them */

struct count {
    const struct slot_profile *profile;
    uint64_t first_slot; /* its address */
    uint64_t slots_left;
    uint64_t occupied;
    uint32_t marker_seen[256]; /* occupied slots by their marker byte */
    struct {
        uint64_t value;
        uint64_t count; /* more by `floor` than it is */
    } frequent[FREQUENT];
    uint64_t offered;     /* words among which they are frequent */
    uint64_t batches;     /* of slots so far */
    uint64_t step;        /* every how manieth batch's words are offered */
    uint64_t floor;       /* of the counts: those that are not above it are zero */
    uint64_t least_count; /* of the four */
    uint64_t tombstone;   /* second pass: the value to count */
    uint64_t tombstones;
    uint64_t even;      /* of them in slots of even numbers */
    uint64_t last_rest; /* what the last slot of these held beside it */
    uint64_t alike;     /* slots that held the same as the one before */
    bool are_words;     /* slots are single words, which may be numbers of entries: */
    uint64_t highest;   /* of them below the marks, */
    uint64_t first_mark;
    uint64_t any, all; /* bits that are set in some of these, and in each */
};

static void set_frequent(struct count *count, unsigned which, uint64_t value, uint64_t times)
{
    count->frequent[which].value = value;
    count->frequent[which].count = times;
    count->least_count = UINT64_MAX;
    for (unsigned i = 0; i < FREQUENT; i++)
        if (count->frequent[i].count < count->least_count)
            count->least_count = count->frequent[i].count;
}

/* Nearly all words are none of the four, and then one is taken from each of their counts: by
 * raising the floor. */
static void count_frequent(struct count *count, uint64_t word)
{
    for (unsigned i = 0; i < FREQUENT; i++)
        if (count->frequent[i].value == word && count->frequent[i].count > count->floor) {
            set_frequent(count, i, word, count->frequent[i].count + 1);
            return;
        }
    if (count->least_count > count->floor) {
        count->floor++;
        return;
    }
    unsigned unused = 0;
    while (count->frequent[unused].count > count->floor)
        unused++;
    set_frequent(count, unused, word, count->floor + 1);
}

/* Which slot is occupied is a matter of chance: the processor would guess wrongly about every
 * third. So the words of the occupied ones are gathered first, without a branch. */
#define BATCH 64u

/* To look for frequent words takes longer than all else, and of a large table a part shows them as
 * well: of a value in a fifth of all words, among so many there are 20 % within 0.9 % (four
 * standard deviations). How often the one that was found occurs is counted in all slots. */
#define MOST_OFFERED 32768u

struct gathered {
    uint64_t words[BATCH];
    uint8_t positions[BATCH];
};

/* slot_profile_is_empty, without its branches, for a column of so many bytes. */
static inline __attribute__((always_inline)) unsigned
gather_sized(const struct slot_profile *profile, const unsigned char *slots, uint64_t address,
             size_t many, uint32_t column_bytes, struct gathered *out)
{
    const struct slot_empty_bits bits = slot_profile_empty_bits(profile);
    const uint64_t telling = bits.telling, empty = bits.empty;
    const size_t slot_bytes = profile->slot_bytes;
    unsigned occupied = 0;
    for (size_t i = 0, at = profile->column; i < many; i++, at += slot_bytes) {
        uint64_t word = word_sized(slots, at, column_bytes);
        if (out) {
            out->words[occupied] = word;
            out->positions[occupied] = (uint8_t)i;
        }
        occupied += ((word & telling) != empty) & !slot_profile_is_own_address(word, address + at);
    }
    return occupied;
}

/* Of the next slots, `many` at most, the number of those that are occupied, which go into `out`, if
 * they are wanted. */
static inline unsigned gather(const struct slot_profile *profile, const unsigned char *slots,
                              uint64_t address, size_t many, struct gathered *out)
{
    if (profile->column_bytes == 8)
        return out ? gather_sized(profile, slots, address, many, 8, out)
                   : gather_sized(profile, slots, address, many, 8, NULL);
    if (profile->column_bytes == 4)
        return out ? gather_sized(profile, slots, address, many, 4, out)
                   : gather_sized(profile, slots, address, many, 4, NULL);
    return gather_sized(profile, slots, address, many, profile->column_bytes, out);
}

static bool count_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    const struct slot_profile *profile = count->profile;
    const size_t slot_bytes = profile->slot_bytes;
    uint64_t slots = bytes / slot_bytes;
    struct gathered gathered;
    if (slots > count->slots_left)
        slots = count->slots_left;
    count->slots_left -= slots;
    for (size_t at = 0; slots > 0;) {
        size_t many = slots < BATCH ? (size_t)slots : BATCH;
        bool are_offered = profile->is_distinct && count->batches++ % count->step == 0;
        unsigned occupied =
            gather(profile, piece + at, count->first_slot + offset + at, many,
                   are_offered || profile->has_marker || count->are_words ? &gathered : NULL);
        count->occupied += occupied;
        for (unsigned i = 0; profile->has_marker && i < occupied; i++)
            count->marker_seen[piece[at + gathered.positions[i] * slot_bytes +
                                     profile->marker_offset]]++;
        for (unsigned i = 0; count->are_words && i < occupied; i++)
            if (gathered.words[i] < count->first_mark) {
                uint64_t word = gathered.words[i];
                count->highest = word > count->highest ? word : count->highest;
                count->any |= word;
                count->all &= word;
            }
        for (unsigned i = 0; are_offered && i < occupied; i++)
            count_frequent(count, gathered.words[i]);
        count->offered += are_offered ? occupied : 0;
        at += many * slot_bytes;
        slots -= many;
    }
    return true;
}

/* What a slot holds beside the column. */
static uint64_t rest_of(const unsigned char *slot, const struct slot_profile *profile)
{
    uint64_t rest = 0;
    for (uint32_t at = 0; at + 4 <= profile->slot_bytes; at += 4)
        if (at < profile->column || at >= profile->column + profile->column_bytes)
            rest = rest * 0x9E3779B97F4A7C15ull + word_u32(slot, at);
    return rest;
}

static bool count_tombstones(const unsigned char *piece, size_t bytes, uint64_t offset,
                             void *context)
{
    struct count *count = context;
    const struct slot_profile *profile = count->profile;
    for (size_t at = 0; at + profile->slot_bytes <= bytes && count->slots_left > 0;
         at += profile->slot_bytes, count->slots_left--) {
        uint64_t word = word_sized(piece, at + profile->column, profile->column_bytes);
        if (word != count->tombstone)
            continue;
        uint64_t rest = rest_of(piece + at, profile);
        count->even += (offset + at) / profile->slot_bytes % 2 == 0;
        count->alike += count->tombstones++ > 0 && rest == count->last_rest;
        count->last_rest = rest;
    }
    return true;
}

/* Occupied slots whose state byte is not the one of live slots may be tombstones, provided that the
 * byte really is a state: it then takes very few values. */
static uint64_t dead_by_marker(const struct count *count)
{
    const struct slot_profile *profile = count->profile;
    unsigned values = 0;
    for (unsigned value = 0; value < 256; value++)
        values += count->marker_seen[value] > 0;
    if (!profile->has_marker || values > 3)
        return 0;
    return count->occupied - count->marker_seen[profile->marker_value];
}

/* Keys differ, so a word that stands in many slots is the mark of a deleted one. */
static bool find_tombstone(struct count *count)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < FREQUENT; i++)
        if (count->frequent[i].count > count->floor + most) {
            most = count->frequent[i].count - count->floor;
            count->tombstone = count->frequent[i].value;
        }
    return count->profile->is_distinct && most > 8 && most > count->offered / 20;
}

static bool scan(struct layout_view *view, const struct block *block, struct count *count,
                 bool (*visit)(const unsigned char *, size_t, uint64_t, void *))
{
    const struct slot_profile *profile = count->profile;
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    count->slots_left = slots;
    count->step = slots / MOST_OFFERED > 0 ? slots / MOST_OFFERED : 1;
    count->first_slot = block->address + profile->header_bytes;
    count->are_words = profile->slot_bytes == profile->column_bytes && profile->is_distinct;
    count->first_mark = (UINT64_MAX >> (64 - 8 * profile->column_bytes)) - SLOT_MOST_MARK;
    return layout_scan(view, block->address + profile->header_bytes, slots * profile->slot_bytes,
                       profile->slot_bytes, visit, count);
}

/* Counts by the bytes kept apart, which know more than what was left in the slots. */
static bool read_states(struct layout_view *view, const struct block *block,
                        const struct slot_profile *profile, uint64_t states, uint64_t capacity,
                        struct table_reading *out)
{
    if (!profile->has_states || (profile->states_sequence != 0 && states == 0))
        return false;
    if (profile->states_sequence == 0)
        states = block->address + profile->header_bytes + capacity * profile->slot_bytes;
    return slot_states_count(view, states, capacity, profile, &out->live, &out->tombstones);
}

/* A mark that came after the slots were learnt is of deleted entries, or of slots that were used
 * again: only the table's own count tells (table_header.c). All may be live until then. */
static void doubt_tombstones(struct table_reading *out)
{
    out->live += out->tombstones;
    out->known &= ~DUMP_KNOWN_TOMBSTONES;
    out->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
}

#define LEAST_ENDS 16u

/* Whether the mark is the node at which all lists end, of heads with a lock beside each: an address
 * that stands in every second word alone. Of a full table of 116,361 entries, in 19,525 lists by a
 * poor hash, so many were said, and it was called hollow. */
static bool is_end_of_lists(const struct count *count)
{
    return count->profile->column_bytes == 8 && slot_profile_is_pointer(count->tombstone) &&
           count->tombstones >= LEAST_ENDS &&
           (count->even == 0 || count->even == count->tombstones);
}

/* Small numbers, counted from zero up or down, are marks; so is whatever stands in slots that hold
 * nothing else any more. A value that many entries share is none. */
static bool is_mark(const struct count *count)
{
    const struct slot_profile *profile = count->profile;
    return slot_profile_is_mark(count->tombstone, profile->column_bytes) ||
           (profile->slot_bytes == profile->column_bytes
                ? !is_end_of_lists(count)
                : count->alike * 100 > count->tombstones * LEAST_CLEARED_PERCENT);
}

/* Counts the marks that stand in the place of heads of chains. */
static bool count_marked_heads(struct layout_view *view, const struct block *block,
                               struct count *count)
{
    return !find_tombstone(count) ||
           !slot_profile_is_mark(count->tombstone, count->profile->column_bytes) ||
           scan(view, block, count, count_tombstones);
}

/* Chains have no marks: a mark in the place of their heads is of slots, each of which holds one
 * entry, unless chains hang from those that are left. */
static bool are_single(uint64_t heads, uint64_t marked, bool is_measured, double mean)
{
    return marked > 0 && (heads == 0 || (is_measured && mean < LEAST_MEAN));
}

/* Entries behind heads of chains: as many as a good hash would have made so many heads of, but not
 * more than there are numbers. A better one, of keys in sequence, leaves fewer together. False
 * where the slots hold each number once: these are all entries, with nothing behind them. */
static bool estimate_chains(const struct count *count, uint64_t capacity, struct table_reading *out)
{
    if (out->numbers != 0 && out->numbers <= count->occupied)
        return false;
    uint64_t most = out->numbers > count->occupied ? out->numbers : 0;
    out->live = UINT64_MAX;
    if (count->occupied < capacity)
        slot_profile_chained_live(count->occupied, capacity, &out->live, &out->live_error);
    if (most != 0 && most < out->live) {
        out->live = most;
        out->live_error = (most - count->occupied) / 4;
    }
    if (out->live == UINT64_MAX)
        out->live = count->occupied;
    return count->occupied < capacity || most != 0;
}

/* The two are counted one after the other, and a program that is looked at from outside goes on
 * erasing in between. */
static uint64_t left_of(uint64_t occupied, uint64_t dead)
{
    return occupied > dead ? occupied - dead : 0;
}

/* What bytes beside the slots say, or the lengths of vectors. False where the slots have neither.
 */
static bool read_said(struct layout_view *view, const struct block *block,
                      const struct slot_profile *profile, uint64_t states, uint64_t capacity,
                      struct table_reading *out)
{
    uint64_t vectors = 0;
    if (read_states(view, block, profile, states, capacity, out)) {
        out->known =
            DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_TOMBSTONES;
        if (out->tombstones > 0 && !slot_states_are_hashes(profile))
            doubt_tombstones(out);
        return true;
    }
    if (profile->length_kind == SLOT_LENGTH_NONE ||
        !bucket_vectors_count(view, block, profile, &out->live, &vectors))
        return false;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->confidence_ppm = 900000;
    return true;
}

/* How long chains are. */
struct chain_mean {
    bool is_measured;
    double mean, error;
};

static void say_chains(const struct slot_profile *profile, uint64_t heads,
                       const struct chain_mean *chains, struct table_reading *out)
{
    out->live = heads;
    out->tombstones = 0;
    if (chains->is_measured) {
        out->live = (uint64_t)((double)heads * chains->mean + 0.5);
        out->live_error = (uint64_t)((double)heads * chains->error + 0.5);
    } else if (heads > 0 && heads < out->capacity) {
        slot_profile_chained_live(heads, out->capacity, &out->live, &out->live_error);
    }
    /* The entry that is the slot has no block of its own. */
    out->entry_blocks = profile->is_inline ? 0 : out->live;
}

static void say_slots(const struct slot_profile *profile, uint64_t dead, struct table_reading *out)
{
    /* The word that tells empty from occupied is the key or its hash, and stays in the slot when
     * the rest is boxed. A longer key makes the value smaller than this by as much. */
    if (profile->column == 0 && profile->slot_bytes > profile->column_bytes) {
        out->value_bytes = profile->slot_bytes - profile->column_bytes;
        out->known |= DUMP_KNOWN_VALUE_BYTES;
    }
    if (dead > 0)
        out->known |= DUMP_KNOWN_TOMBSTONES;
    else
        out->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
}

/* A run time with a collector keeps a tag in the lowest bits of a number, which tells it from an
 * address: one in OCaml and Ruby, two in Emacs, of up to three. */
#define MOST_TAG_BITS 3u

/* How many of the lowest bits are the same tag, not all zero, in all words. Steps of two, four or
 * eight from one number to the next are no tag where they begin with zero. */
static unsigned tag_bits_of(const struct count *count)
{
    unsigned bits = 0;
    while (bits < MOST_TAG_BITS && ((count->any ^ count->all) >> bits & 1) == 0)
        bits++;
    return (count->all & ((1u << bits) - 1)) != 0 ? bits : 0;
}

bool occupancy_read(struct layout_view *view, const struct block *block,
                    const struct slot_profile *profile, uint64_t states, struct table_reading *out)
{
    struct count count = {.profile = profile, .all = UINT64_MAX};
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    if (capacity == 0 || !slot_profile_is_sound(profile))
        return false;
    out->capacity = capacity;
    out->slot_bytes = profile->slot_bytes;
    out->confidence_ppm = 800000;
    if (read_said(view, block, profile, states, capacity, out))
        return true;
    if (!scan(view, block, &count, count_slots))
        return false;

    /* Every entry has a number, and a slot for each is not much less than an entry. */
    uint64_t highest = count.highest >> (count.are_words ? tag_bits_of(&count) : 0);
    if (count.are_words && highest < capacity * MOST_ENTRIES_A_SLOT)
        out->numbers = highest + 1;
    uint64_t dead = dead_by_marker(&count);
    bool is_certain = dead == 0, is_chained = profile->is_chained;
    struct chain_mean chains = {0};
    chains.is_measured = is_chained && count.occupied > 0 &&
                         chains_measure(view, block, profile, &chains.mean, &chains.error);
    if (is_chained && !count_marked_heads(view, block, &count))
        return false;
    uint64_t heads = left_of(count.occupied, count.tombstones);
    if (is_chained && are_single(heads, count.tombstones, chains.is_measured, chains.mean)) {
        is_chained = false;
        dead = count.tombstones;
        is_certain = true;
    } else if (!is_chained && dead == 0 && find_tombstone(&count)) {
        if (!scan(view, block, &count, count_tombstones))
            return false;
        dead = count.tombstones;
        is_certain = is_mark(&count);
    }
    out->live = left_of(count.occupied, dead);
    out->tombstones = dead;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    if (is_chained)
        say_chains(profile, heads, &chains, out);
    else if (!profile->is_indexed || dead != 0 || !estimate_chains(&count, capacity, out))
        say_slots(profile, dead, out);
    if (!is_certain && !is_chained)
        doubt_tombstones(out);
    return true;
}
