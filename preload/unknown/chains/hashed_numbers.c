/*
 * Reading an index of numbers and rests of hashes: see hashed_numbers.h. A few pairs from its
 * middle are looked at first, with which nearly all arrays end, and then all of them one after the
 * other. Only what is an index by that is copied.
 */
#include "hashed_numbers.h"

#include <string.h>

#include "layouts/words.h"
#include "slot_profile.h"
#include "system.h"

#define PAIR_BYTES     8u
#define LEAST_SLOTS    1024u
#define MOST_SLOTS     (1u << 24) /* leaves eight bits for the hash */
#define MOST_TAIL      128u       /* bytes behind the last slot: what ends a search */
#define LEAST_ENTRIES  64u  /* each bit of whose hashes is set in half, within six deviations */
#define LEAST_LINKED   8u   /* pairs that lead on: fewer are met by chance */
#define LOOK_PAIRS     64u  /* in the middle, by which other arrays are refused */
#define MOST_DEVIATION 6u   /* standard ones */
#define MOST_HOLDERS   4u   /* objects in which the entries' array is looked for, */
#define REACH          64u  /* so far before and behind the pointer to the index */
#define MOST_ENTRY     256u /* bytes of an entry */
#define LEAST_ENTRY    8u
#define PROVEN_PPM     900000u
#define NOTHING        UINT32_MAX

struct pairs {
    const uint32_t *words; /* a copy */
    uint64_t *seen;        /* a bit for each number */
    uint64_t *led_to;      /* a bit for each slot that another one leads to */
    uint64_t slots;
    unsigned bits;    /* of a number */
    unsigned link_at; /* which of a pair's two words leads on */
    uint64_t live, highest, linked;
    uint64_t set[32]; /* pairs that have the bit of the hash */
};

static uint32_t link_of(const struct pairs *pairs, uint64_t slot)
{
    return pairs->words[2 * slot + pairs->link_at];
}

static uint32_t word_of(const struct pairs *pairs, uint64_t slot)
{
    return pairs->words[2 * slot + 1 - pairs->link_at];
}

/* Whether the pair may be one, in use or empty. */
static bool may_be_pair(const uint32_t *pair, unsigned link_at, uint64_t slots)
{
    uint32_t link = pair[link_at], word = pair[1 - link_at];
    return link == NOTHING ? word == 0 || word == NOTHING : link < slots;
}

/* Pairs beside each other that have one number are none; in memory that was never written to all
 * have. Each page of that which is copied costs a fault (python3: 540, twice as many as its
 * arrays had). */
static bool is_repeated(const uint32_t *pair, const struct pairs *pairs)
{
    uint64_t mask = pairs->slots - 1;
    unsigned link_at = pairs->link_at, word_at = 1 - link_at;
    return pair[link_at] != NOTHING && pair[2 + link_at] != NOTHING &&
           (pair[word_at] & mask) == (pair[2 + word_at] & mask);
}

static bool may_be_pairs(const struct layout_view *view, const struct block *block,
                         const struct pairs *pairs)
{
    uint32_t words[2 * LOOK_PAIRS];
    uint64_t middle = block->address + pairs->slots / 2 * PAIR_BYTES;
    if (!layout_read(view, middle, words, sizeof(words)))
        return false;
    for (unsigned i = 0; i < LOOK_PAIRS; i++)
        if (!may_be_pair(&words[2 * i], pairs->link_at, pairs->slots))
            return false;
    for (unsigned i = 0; i + 1 < LOOK_PAIRS; i++)
        if (is_repeated(&words[2 * i], pairs))
            return false;
    return true;
}

static bool note_once(uint64_t *bits, uint64_t number)
{
    uint64_t *word = &bits[number / 64], bit = 1ull << number % 64;
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

static bool note_pair(struct pairs *pairs, uint64_t slot)
{
    uint32_t link = link_of(pairs, slot), word = word_of(pairs, slot);
    uint64_t number = word & (pairs->slots - 1);
    if (link == NOTHING)
        return true;
    pairs->live++;
    pairs->highest = number > pairs->highest ? number : pairs->highest;
    for (unsigned bit = pairs->bits; bit < 32; bit++)
        pairs->set[bit] += word >> bit & 1;
    if (!note_once(pairs->seen, number))
        return false;
    if (link == slot)
        return true;
    pairs->linked++;
    return link_of(pairs, link) != NOTHING && note_once(pairs->led_to, link);
}

/* Whether each number below that of the pairs is there, once, and no pair is led to twice. */
static bool note_pairs(struct pairs *pairs)
{
    for (uint64_t slot = 0; slot < pairs->slots; slot++)
        if (!may_be_pair(&pairs->words[2 * slot], pairs->link_at, pairs->slots) ||
            !note_pair(pairs, slot))
            return false;
    return pairs->live >= LEAST_ENTRIES && pairs->highest + 1 == pairs->live &&
           pairs->linked >= LEAST_LINKED;
}

/* Whether all of the pairs are in chains that begin somewhere, and none in a ring. */
static bool are_chains(const struct pairs *pairs)
{
    uint64_t reached = 0;
    for (uint64_t slot = 0; slot < pairs->slots; slot++) {
        if (link_of(pairs, slot) == NOTHING || pairs->led_to[slot / 64] >> slot % 64 & 1)
            continue;
        uint64_t at = slot, next;
        for (reached++; (next = link_of(pairs, at)) != at; at = next)
            reached++;
    }
    return reached == pairs->live;
}

/* Whether each bit above the number is set in half of the pairs, as those of a hash are. */
static bool are_hashes(const struct pairs *pairs)
{
    double deviation = slot_profile_square_root((double)pairs->live) / 2;
    for (unsigned bit = pairs->bits; bit < 32; bit++) {
        double off = (double)pairs->set[bit] - (double)pairs->live / 2;
        if (off * off > MOST_DEVIATION * MOST_DEVIATION * deviation * deviation)
            return false;
    }
    return true;
}

/* Whether as many pairs lead on as where a hash puts so many into so many slots. */
static bool are_met_by_chance(const struct pairs *pairs)
{
    uint64_t heads = pairs->live - pairs->linked, live, error;
    if (heads == 0 || heads >= pairs->slots)
        return false;
    slot_profile_chained_live(heads, pairs->slots, &live, &error);
    uint64_t off = live > pairs->live ? live - pairs->live : pairs->live - live;
    return off <= MOST_DEVIATION * (error + 1);
}

/* Whether the pairs of a piece of the array may be such, and have numbers of their own. */
static bool visit_pairs(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    const struct pairs *pairs = context;
    (void)offset;
    for (size_t at = 0; at + PAIR_BYTES <= bytes; at += PAIR_BYTES) {
        const uint32_t pair[2] = {word_u32(piece, at), word_u32(piece, at + 4)};
        uint64_t number = pair[1 - pairs->link_at] & (pairs->slots - 1);
        if (!may_be_pair(pair, pairs->link_at, pairs->slots) ||
            (pair[pairs->link_at] != NOTHING && !note_once(pairs->seen, number)))
            return false;
    }
    return true;
}

static bool copy_and_note(const struct layout_view *view, const struct block *block,
                          struct pairs *pairs)
{
    const size_t bytes = (size_t)pairs->slots * PAIR_BYTES, noted = (size_t)pairs->slots / 8;
    uint32_t *words = system_map(bytes);
    pairs->led_to = system_map(noted);
    pairs->words = words;
    memset(pairs->seen, 0, noted);
    bool is_found = words && pairs->led_to && layout_read(view, block->address, words, bytes) &&
                    note_pairs(pairs) && are_chains(pairs) && are_hashes(pairs) &&
                    are_met_by_chance(pairs);
    if (words)
        system_unmap(words, bytes);
    if (pairs->led_to)
        system_unmap(pairs->led_to, noted);
    return is_found;
}

/* Of a compiler's 300 MB, five arrays of 2 MiB were copied that are none after a page. */
static bool are_pairs(const struct layout_view *view, const struct block *block,
                      struct pairs *pairs)
{
    const size_t noted = (size_t)pairs->slots / 8;
    pairs->seen = system_map(noted);
    if (!pairs->seen)
        return false;
    bool is_found = layout_scan(view, block->address, pairs->slots * PAIR_BYTES, PAIR_BYTES,
                                visit_pairs, pairs) &&
                    copy_and_note(view, block, pairs);
    system_unmap(pairs->seen, noted);
    return is_found;
}

/* --- their entries --- */

/* Whether the block has room for as many entries as a number beside the pointer to it says. */
static bool are_entries(const struct pairs *pairs, const struct block *entries,
                        const unsigned char *object, size_t bytes)
{
    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        uint64_t room = word_u32(object, at);
        if (room >= pairs->live && room > 0 && room <= 2 * pairs->slots &&
            entries->bytes % room == 0 && entries->bytes / room >= LEAST_ENTRY &&
            entries->bytes / room <= MOST_ENTRY)
            return true;
    }
    return false;
}

static void add_entries(const struct layout_view *view, const struct pairs *pairs,
                        struct table_reading *out)
{
    const uint64_t index = out->arrays[0].address;
    unsigned char object[2 * REACH + 8];
    for (unsigned nth = 0; view->blocks && nth < MOST_HOLDERS; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, index, nth);
        if (holder == 0)
            return;
        if (!layout_read(view, (holder & ~(uint64_t)7) - REACH, object, sizeof(object)))
            continue;
        for (size_t at = 0; at + 8 <= sizeof(object); at += 8) {
            struct block entries;
            uint64_t word = word_u64(object, at);
            if (word == index || !view->blocks->find(view->blocks, word, &entries) ||
                !are_entries(pairs, &entries, object, sizeof(object)))
                continue;
            out->header = holder;
            out->arrays[out->array_count++] =
                (struct layout_array){entries.address, entries.bytes, DUMP_ROLE_ENTRIES};
            return;
        }
    }
}

/* The power of two of slots that fills the block but for a short tail; 0: none does. */
static uint64_t slots_of(const struct block *block)
{
    uint64_t slots = next_power_of_two(block->bytes / PAIR_BYTES);
    if (slots * PAIR_BYTES > block->bytes)
        slots /= 2;
    bool is_filled = block->bytes - slots * PAIR_BYTES <= MOST_TAIL;
    return is_filled && slots >= LEAST_SLOTS && slots <= MOST_SLOTS ? slots : 0;
}

bool hashed_numbers_read(const struct layout_view *view, const struct block *block,
                         struct table_reading *out)
{
    const uint64_t slots = slots_of(block);
    if (slots == 0)
        return false;
    for (unsigned link_at = 0; link_at < 2; link_at++) {
        struct pairs pairs = {
            .slots = slots, .bits = (unsigned)__builtin_ctzll(slots), .link_at = link_at};
        if (!may_be_pairs(view, block, &pairs) || !are_pairs(view, block, &pairs))
            continue;
        *out = (struct table_reading){
            .capacity = slots,
            .live = pairs.live,
            .slot_bytes = PAIR_BYTES,
            .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES,
            .flags = DUMP_TABLE_GROWS_UNSEEN,
            .confidence_ppm = PROVEN_PPM,
            .array_count = 1,
            .arrays = {{block->address, block->bytes, DUMP_ROLE_SLOTS}},
        };
        add_entries(view, &pairs, out);
        return true;
    }
    return false;
}
