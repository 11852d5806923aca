/*
 * Following chains: see chain_lengths.h.
 */
#include "chain_lengths.h"

#include <string.h>

#include "layouts/words.h"
#include "number_mixes.h"
#include "slot_profile.h"

#define MOST_STEPS  24u   /* of a chain; what is longer may have no end */
#define MOST_NODES  64u   /* of a tree */
#define MOST_OFFSET 64u   /* of a link in its entry: the first cache line */
#define FRONT_BYTES 128u  /* that an allocator of the program may keep in front of its blocks */
#define LEAST_SLOTS 1024u /* of which so few are not missed */

static void note_behind(struct chain_behind *behind, uint64_t entry)
{
    uint32_t bit = chain_filter_bit(entry);
    if (!behind || behind->count == CHAIN_MOST_BEHIND)
        return;
    behind->entries[behind->count++] = entry;
    behind->filter[bit / 64] |= 1ull << bit % 64;
}

/* By 16 bits made of the address: of 128 entries a few are alike by chance. Not by a product, as
 * that with the golden number, by which the table itself may have put those here whose keys are
 * addresses close to these: what is close together stays so in it. */
static void note_entry(struct chain_lengths *lengths, uint64_t entry)
{
    uint16_t print = (uint16_t)(murmur_64(entry) >> 48);
    if (!lengths->seen || lengths->seen_count == CHAIN_MOST_SEEN)
        return;
    for (unsigned i = 0; i < lengths->seen_count; i++)
        if (lengths->seen[i] == print) {
            lengths->shared++;
            return;
        }
    lengths->seen[lengths->seen_count++] = print;
}

static bool is_end(const struct chain_lengths *lengths, uint64_t entry, uint64_t head)
{
    return entry == 0 || entry == head || entry == lengths->nil ||
           (slot_profile_is_numbered(lengths->profile) &&
            slot_profile_is_empty(lengths->profile, entry));
}

/* An entry, as a bucket or another entry names it. Where the buckets themselves begin between two
 * words, behind the 4 bytes in which the program's allocator keeps a size, entries may do so as
 * well. */
static bool is_entry(const struct chain_lengths *lengths, uint64_t word)
{
    return slot_profile_is_pointer(word) ||
           (lengths->first % 8 == 4 && slot_profile_is_pointer(word - 4));
}

/* Entries from `entry` to `last`, where the bucket names both: behind that one the list may go on
 * with those of another bucket. 0 when it leaves memory, or does not lead there. */
static unsigned length_to_last(const struct chain_lengths *lengths, uint64_t entry, uint64_t last)
{
    unsigned length = is_entry(lengths, entry);
    for (; entry != last && length < MOST_STEPS; length++)
        if (!is_entry(lengths, entry) ||
            !layout_read_u64(lengths->view, entry + lengths->offset, &entry))
            return 0;
    return entry == last ? length : 0;
}

/* A link may have a mark in its lowest bits: of an entry that is being taken out, or was used. */
static void note_tag(struct chain_lengths *lengths, uint64_t link)
{
    const uint64_t tag = link & CHAIN_LINK_TAG;
    lengths->has_tags |= tag != 0 && (link == tag || slot_profile_is_pointer(link - tag));
}

/* Entries in the chain that starts at `entry`; 0 when it leaves memory or does not end: nowhere, or
 * at its head again, where that is a ring, or at a node that is the end of all chains and leads to
 * itself. */
static unsigned chain_length(struct chain_lengths *lengths, uint64_t entry, uint64_t head)
{
    unsigned length = 0;
    while (!is_end(lengths, entry, head) && length < MOST_STEPS) {
        uint64_t next;
        if (!is_entry(lengths, entry) ||
            !layout_read_u64(lengths->view, entry + lengths->offset, &next))
            return 0;
        note_tag(lengths, next);
        next &= ~(uint64_t)lengths->profile->link_tag;
        if (next == entry && lengths->nil == 0) {
            lengths->nil = entry;
            break;
        }
        if (length++ > 0) {
            note_entry(lengths, entry);
            note_behind(lengths->behind, entry);
        }
        entry = next;
    }
    return is_end(lengths, entry, head) ? length : 0;
}

/* Entries of the tree that has its root in the bucket, 0 where it leaves memory or does not end. */
static unsigned tree_size(struct chain_lengths *lengths, uint64_t root)
{
    uint64_t open[MOST_STEPS];
    const uint32_t offsets[] = {lengths->offset, lengths->profile->tree_offset - 1};
    unsigned waiting = 0, size = 0;
    open[waiting++] = root;
    while (waiting > 0 && size < MOST_NODES) {
        uint64_t entry = open[--waiting];
        if (size++ > 0)
            note_entry(lengths, entry);
        for (unsigned side = 0; side < 2; side++) {
            uint64_t next;
            if (!layout_read_u64(lengths->view, entry + offsets[side], &next) ||
                (next != 0 && !slot_profile_is_pointer(next)) || waiting == MOST_STEPS)
                return 0;
            if (next != 0)
                open[waiting++] = next;
        }
    }
    return waiting == 0 ? size : 0;
}

/* Entries behind a bucket that holds the word. */
static unsigned entries_behind(struct chain_lengths *lengths, uint64_t word, uint64_t slot)
{
    if (lengths->profile->is_inline)
        return chain_length(lengths, slot, 0);
    if (lengths->profile->tree_offset != 0)
        return slot_profile_is_pointer(word) ? tree_size(lengths, word) : 0;
    return chain_length(lengths, word, slot);
}

/* Entries in the list of the object at `object`, which stays in the bucket when it was emptied. */
static unsigned list_length(struct chain_lengths *lengths, uint64_t object, bool *is_emptied)
{
    uint64_t entry = 0;
    if (!slot_profile_is_pointer(object) ||
        !layout_read_u64(lengths->view, object + lengths->profile->list_offset - 1, &entry))
        return 0;
    *is_emptied = entry == 0;
    return chain_length(lengths, entry, 0);
}

bool chain_lengths_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct chain_lengths *lengths = context;
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
                                        : entries_behind(lengths, word, slot);
        is_emptied |= word == lengths->nil;
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

void chain_lengths_measure(struct layout_view *view, const struct block *block,
                           const struct slot_profile *profile,
                           const struct chain_question *question, struct chain_lengths *out)
{
    const unsigned parts = question->parts > 0 ? question->parts : 1;
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    uint64_t first = block->address + profile->header_bytes;
    /* Pointers of talloc's to a parent and a child were chains that do not end. */
    uint64_t front = profile->header_bytes == 0 && slots >= LEAST_SLOTS && profile->slot_bytes != 0
                         ? FRONT_BYTES / profile->slot_bytes
                         : 0;
    *out = (struct chain_lengths){.view = view,
                                  .profile = profile,
                                  .offset = question->offset,
                                  .is_strict = question->is_strict,
                                  .seen = question->seen};
    for (unsigned part = 0; part < parts; part++) {
        /* Not from powers of two on: there a weak hash of keys in sequence has its own pattern. */
        uint64_t size = slots / parts, shift = (part * 0x9E3779B1u >> 7) % (size / 2 + 1);
        uint64_t start = parts > 1 ? size * part + shift : front;
        uint64_t end = part + 1 < parts ? size * (part + 1) : slots;
        unsigned chains = out->chains;
        double sum = out->sum;
        out->wanted = question->buckets / parts * (part + 1);
        out->first = first + start * profile->slot_bytes;
        layout_scan(view, out->first, (end - start) * profile->slot_bytes, profile->slot_bytes,
                    chain_lengths_piece, out);
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
    struct chain_lengths *lengths = context;
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

uint32_t chain_entry_bytes(struct layout_view *view, const struct block *block,
                           const struct slot_profile *profile)
{
    struct chain_lengths lengths = {.profile = profile,
                                    .first = block->address + profile->header_bytes};
    layout_scan(view, lengths.first,
                slot_profile_capacity(profile, block->bytes) * profile->slot_bytes,
                profile->slot_bytes, first_entry, &lengths);
    uint64_t chunk = lengths.looked ? layout_chunk_bytes(view, lengths.looked) : 0;
    return chunk > 16 && chunk - 8 < MOST_OFFSET ? (uint32_t)(chunk - 8) : MOST_OFFSET;
}

double chain_lengths_expected(const struct chain_lengths *lengths)
{
    double occupied = (double)(lengths->chains + lengths->bad) / (double)lengths->looked;
    return -slot_profile_log(1 - occupied) / occupied;
}
