/*
 * Some of the entries that the slots of an array lead to, if these are of some shape: see
 * static_search.h. No state, no allocation.
 */
#include "static_search.h"

#define LEAST_ENTRY_BYTES 32u /* that can be read where a slot leads: the smallest heap block's */
#define SPARSE_LEAST      2u  /* entries in pieces, for which all of the array is looked through */

static bool read_window(const struct static_search *search, struct sampled_entry *entry,
                        uint32_t first, uint32_t end)
{
    return layout_read(search->view, entry->address - window_before(&search->shape) + first,
                       entry->bytes + first, end - first);
}

/* Reads as much of the entry as can be read of it and of those before it. */
static bool read_entry(struct static_search *search, struct sampled_entry *entry)
{
    while (!read_window(search, entry, search->first, search->end)) {
        /* An entry at the end of memory; or a number that looks like an address. */
        const uint32_t before = window_before(&search->shape), least = before + LEAST_ENTRY_BYTES;
        if ((search->shape.leads != LEADS_BY_POINTER && !search->shape.is_indirect) ||
            search->end <= least || !read_window(search, entry, before, least))
            return false;
        if (search->first < before)
            search->first = before;
        else
            search->end = before + (search->end - before) / 2;
    }
    return true;
}

/* The pieces of a nearly empty array lie anywhere, those of later rounds may be the same. */
static bool is_taken(const struct static_search *search, uint64_t slot)
{
    uint32_t i = 0;
    while (i < search->count && search->work->entries[i].slot != slot)
        i++;
    return i < search->count;
}

static void sample_piece(struct static_search *search, const struct glimpse *glimpse,
                         unsigned piece, uint32_t most)
{
    const struct slot_shape *shape = &search->shape;
    const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
    uint64_t start = glimpse->offset[piece], header = shape->header_bytes;
    if (shape->empty == 0 && glimpse->zero_pieces >> piece & 1)
        return;
    uint64_t slot =
        start > header ? (start - header + shape->slot_bytes - 1) / shape->slot_bytes : 0;
    for (; slot < shape->capacity && search->count < most; slot++) {
        uint64_t at = header + slot * shape->slot_bytes - start;
        if (at + shape->slot_bytes > glimpse->piece_bytes)
            return;
        uint64_t word = column_word(shape, memory + at);
        if (slot_shape_is_blank(shape, word)) /* most are, and a call costs more than this */
            continue;
        if (slot_shape_state(shape, search->block, slot, word) != SLOT_OCCUPIED ||
            (search->pieces->is_sparse && is_taken(search, slot)) ||
            slot_shape_is_copy(shape, search->work->entries, search->count, slot, word))
            continue;
        struct sampled_entry *entry = &search->work->entries[search->count];
        *entry = (struct sampled_entry){
            .slot = slot,
            .address = slot_shape_entry_at(search->view, shape,
                                           slot_shape_place(shape, search->block, slot, word))};
        if (shape->leads == LEADS_NOWHERE)
            memcpy(entry->bytes, memory + at, entry_bytes(shape));
        else if (entry->address == 0 || !read_entry(search, entry)) {
            if (++search->unreadable > 4)
                return;
            continue;
        }
        search->count++;
    }
}

/* Of an array that is nearly empty the first pieces are those with something in them. */
static bool read_glimpse(const struct static_search *search, unsigned round)
{
    struct static_pieces *pieces = search->pieces;
    struct glimpse *glimpse = &pieces->glimpses[round], sparse;
    if (!glimpse_read(search->view, search->block, round, pieces->memory[round], glimpse))
        return false;
    if (round == 0)
        static_learn_stride(search->block, glimpse, pieces);
    glimpse_clear_own(search->block, pieces->memory[round], glimpse);
    if (round > 0)
        return true;
    pieces->is_sparse =
        glimpse_read_sparse(search->view, search->block, glimpse, search->work->counted, &sparse);
    if (pieces->is_sparse) {
        memcpy(pieces->memory[0], search->work->counted, GLIMPSE_BYTES);
        *glimpse = sparse;
        glimpse->memory = pieces->memory[0];
    }
    return true;
}

const struct glimpse *static_glimpse(const struct static_search *search, unsigned round)
{
    struct static_pieces *pieces = search->pieces;
    if (pieces->state[round] == STATIC_UNREAD)
        pieces->state[round] = read_glimpse(search, round) ? STATIC_READ : STATIC_UNREADABLE;
    return pieces->state[round] == STATIC_READ ? &pieces->glimpses[round] : NULL;
}

/* Looks for entries through all of an array in which the pieces have only few. */
static void sample_sparse(struct static_search *search, uint32_t wanted)
{
    struct glimpse glimpse;
    if (search->shape.leads != LEADS_BY_POINTER || search->count < SPARSE_LEAST ||
        search->unreadable > 0 || search->block->bytes > GLIMPSE_WHOLE_MOST_BYTES ||
        search->scans_left == 0)
        return;
    search->scans_left--;
    search->count = 0;
    for (uint64_t at = 0;
         search->count < wanted && search->unreadable <= 4 &&
         glimpse_read_at(search->view, search->block, at, search->work->counted, &glimpse);
         at += GLIMPSE_BYTES) {
        glimpse_clear_own(search->block, search->work->counted, &glimpse);
        for (unsigned i = 0; i < glimpse.pieces; i++)
            sample_piece(search, &glimpse, i, wanted);
    }
}

#define LEAST_SPREAD 16u /* entries lie in more than so many-th of the slots */

/* A hash leaves few entries all over the array. What lies side by side at its beginning is a vector
 * or a heap that has become nearly empty, where some function of the small numbers in it agrees by
 * chance. */
static bool are_spread(const struct static_search *search)
{
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t slot = search->work->entries[i].slot;
        lowest = slot < lowest ? slot : lowest;
        highest = slot > highest ? slot : highest;
    }
    return highest - lowest > search->shape.capacity / LEAST_SPREAD;
}

#define MOST_TWICE 4u /* one entry in so many may be met again */

/* An entry is in one slot, and in another block. Of the objects in an allocator's pool many lead to
 * the same few, or to their neighbours. */
static bool may_be_entries(const struct static_search *search)
{
    const struct sampled_entry *entries = search->work->entries;
    uint32_t twice = 0, inside = 0;
    if (search->shape.leads != LEADS_BY_POINTER && !search->shape.is_indirect)
        return true;
    for (uint32_t i = 0; i < search->count; i++) {
        uint32_t before = 0;
        while (before < i && entries[before].address != entries[i].address)
            before++;
        twice += before < i;
        inside += block_has(search->block, entries[i].address);
    }
    return twice * MOST_TWICE <= search->count && inside * 2 <= search->count;
}

bool static_sample(struct static_search *search, uint32_t wanted)
{
    search->count = search->unreadable = 0;
    search->first = 0;
    search->end = entry_bytes(&search->shape);
    for (unsigned round = 0; round < STATIC_ROUNDS && search->count < wanted; round++) {
        if (round > 0 && wanted <= STATIC_FIRST_SAMPLE && search->count >= RELATION_LEAST)
            break; /* other pieces cost more than they tell */
        const struct glimpse *glimpse = static_glimpse(search, round);
        if (!glimpse)
            break;
        for (unsigned i = 0; i < glimpse->pieces && search->unreadable <= 4; i++) {
            uint32_t left = wanted - search->count, pieces = glimpse->pieces - i;
            sample_piece(search, glimpse, i, search->count + (left + pieces - 1) / pieces);
        }
        if (search->unreadable > 4)
            return false;
    }
    if (search->count < RELATION_LEAST)
        sample_sparse(search, wanted);
    return search->count >= RELATION_LEAST && search->unreadable <= 4 && are_spread(search) &&
           may_be_entries(search);
}
