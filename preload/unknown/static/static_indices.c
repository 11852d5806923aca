/*
 * Slots that hold numbers of entries, which lie in another array: see static_search.h. No state, no
 * allocation.
 */
#include "static_search.h"

/* --- chains by index --- */

#define MOST_ENTRY_BYTES 128u
#define OTHERS_OF_HEADS  24u /* one empty slot of so many may have something beside its head */
#define MOST_ASKED       4u  /* arrays that may hold the entries */

struct entries_search {
    struct static_search *search;
    uint64_t highest; /* index that was seen */
    unsigned asked;
    bool found;
};

#define MOST_FRONT 64u /* bytes before the first index, where a length may stand */

/* The largest index among those sampled. Deleted slots may be marked by -1, or by -2. */
static uint64_t highest_index(const struct static_search *search, const struct glimpse *glimpse)
{
    const struct slot_shape *shape = &search->shape;
    const uint32_t step = shape->slot_bytes;
    uint64_t highest = 0;
    for (unsigned i = 0; i < glimpse->pieces; i++) {
        const uint32_t front = glimpse->offset[i] == 0 ? MOST_FRONT : 0;
        uint32_t at =
            (uint32_t)((glimpse->offset[i] + front + step - 1) / step * step - glimpse->offset[i]) +
            shape->column;
        for (; at + 4 <= glimpse->piece_bytes; at += step) {
            uint64_t word = word_u32(glimpse->memory + (size_t)i * glimpse->piece_bytes, at);
            bool is_mark = shape->has_mark && word == shape->mark;
            if (word != shape->empty && !is_mark && word > highest)
                highest = word;
        }
    }
    return highest;
}

#define MOST_ENTRIES_HEADER 32u /* before the entries: a length, what a collector keeps */
#define ZERO_PART           8u  /* so much of an array shows where its entries end */
#define UNSEEN_PART         8u  /* of the entries may be numbered higher than all that were seen */
#define MOST_MARKS          2u  /* numbers before the first entry's: empty, deleted */

#define MOST_LOOKED_AT (1u << 20) /* bytes of entries, from the end of their array to the last */
#define LOOKED_AT_ONCE 4096u

/* How much of the array of entries is not zero behind what is; 0: that cannot be told, or it is
 * full. */
static uint64_t bytes_in_use(const struct static_search *search, const struct block *block)
{
    unsigned char *memory = search->work->counted;
    uint64_t end = block->bytes & ~(uint64_t)7;
    if (end > MOST_LOOKED_AT)
        return 0;
    while (end > 0) {
        uint64_t start = end > LOOKED_AT_ONCE ? end - LOOKED_AT_ONCE : 0;
        if (!layout_read(search->view, block->address + start, memory, end - start))
            return 0;
        for (uint64_t at = end - start; at > 0; at -= 8)
            if (word_u64(memory, (uint32_t)at - 8) != 0)
                return (start + at) * ZERO_PART < block->bytes * (ZERO_PART - 1) ? start + at : 0;
        end = start;
    }
    return 0;
}

/* Of an array that was filled from its beginning, as far as it is in use, there are about as many
 * entries as the highest number that was seen; of entries of another size there would be more. */
static bool may_be_so_large(const struct entries_search *entries, uint64_t used, uint32_t bytes)
{
    return used == 0 || (used / bytes + MOST_MARKS >= entries->highest &&
                         used / bytes <= entries->highest + entries->highest / UNSEEN_PART +
                                             MOST_ENTRIES_HEADER);
}

#define ENDS_OF 4u /* one entry in so many may have others behind it */

/* Whether some column of the sampled entries looks like the links of lists of mostly one entry: of
 * entries that are taken for larger or smaller than they are none does. */
static bool have_ends(const struct static_search *search)
{
    const uint32_t end = search->shape.is_indirect ? 0 : search->shape.entry_bytes;
    for (uint32_t at = 0; at + 4 <= end && at + 4 <= RELATION_WINDOW; at += 4) {
        uint32_t others = 0;
        for (uint32_t i = 0; i < search->count; i++) {
            uint32_t word = word_u32(search->work->entries[i].bytes, at);
            others += word != (uint32_t)search->shape.empty && word != UINT32_MAX;
        }
        if (others * ENDS_OF <= search->count)
            return true;
    }
    return false;
}

/* Tries entries of the shape that is set, whose numbers begin at 0 or 1, or behind the marks. */
static bool try_first_index(struct static_search *search, bool with_ends)
{
    const struct slot_shape shape = search->shape;
    uint32_t most = shape.empty == 0 ? MOST_MARKS : 0;
    for (uint32_t first = 0; first <= most; first++) {
        search->shape = shape;
        search->shape.first_index = first;
        if (static_sample(search, STATIC_FIRST_READ) && have_ends(search) == with_ends &&
            static_try_fits(search))
            return true;
    }
    return false;
}

/* An array of entries has room for a quarter to four times as many as there are heads. Where nearly
 * all of these are empty, it may have been made for the entries that there are. */
static bool may_have_room(const struct entries_search *entries, uint64_t room, uint64_t heads)
{
    uint64_t least = heads / 4;
    if (entries->search->pieces->is_sparse && room <= entries->highest * 4)
        least = 0;
    return room + MOST_MARKS >= entries->highest && room >= least && room <= heads * 4;
}

/* The same, and of words that may be the addresses of entries elsewhere, as in a list of objects
 * beside which an index is kept. */
static bool try_numbered(struct static_search *search, bool with_ends)
{
    const struct slot_shape shape = search->shape;
    if (try_first_index(search, with_ends))
        return true;
    search->shape = shape;
    search->shape.is_indirect = !with_ends && shape.entry_bytes == sizeof(uint64_t);
    return search->shape.is_indirect && try_first_index(search, false);
}

/* Of all sizes that they may have, those with links or those without. */
static bool try_sizes(struct entries_search *entries, const struct block *block, uint64_t used,
                      bool with_ends)
{
    struct static_search *search = entries->search;
    const struct slot_shape plain = search->shape;
    const uint64_t heads = search->block->bytes / plain.slot_bytes;
    bool is_asked = false;
    for (uint32_t bytes = 8; bytes <= MOST_ENTRY_BYTES; bytes += 4) {
        uint64_t room = block->bytes / bytes, header = block->bytes % bytes;
        if (header > MOST_ENTRIES_HEADER || header % 8 != 0 ||
            !may_have_room(entries, room, heads) || !may_be_so_large(entries, used, bytes))
            continue;
        /* Heads of other tables, which lie between, have no such room. */
        entries->asked += with_ends && !is_asked;
        is_asked = true;
        if (entries->asked > MOST_ASKED)
            break;
        search->shape = plain;
        search->shape.entries = *block;
        search->shape.entries_header = (uint32_t)header;
        search->shape.entry_bytes = bytes;
        search->shape.header_bytes = 0;
        search->shape.capacity = heads;
        if (try_numbered(search, with_ends))
            return true;
    }
    search->shape = plain;
    return false;
}

static bool try_entries(const struct block *block, void *context)
{
    struct entries_search *entries = context;
    struct static_search *search = entries->search;
    if (block->address == search->block->address || block->bytes <= entries->highest * 4)
        return true;
    const uint64_t used = search->pieces->is_sparse ? bytes_in_use(search, block) : 0;
    entries->found =
        try_sizes(entries, block, used, true) || try_sizes(entries, block, used, false);
    return !entries->found && entries->asked <= MOST_ASKED;
}

/* Whether numbers have eight bytes, of which the upper half is always the sign. */
static bool have_eight_bytes(const struct glimpse *glimpse)
{
    uint32_t wide = 0;
    for (unsigned i = 0; i < glimpse->pieces; i++) {
        const unsigned char *piece = glimpse->memory + (size_t)i * glimpse->piece_bytes;
        for (uint32_t at = glimpse->offset[i] == 0 ? MOST_FRONT : 0; at + 8 <= glimpse->piece_bytes;
             at += 8) {
            uint32_t low = word_u32(piece, at), high = word_u32(piece, at + 4);
            if (high != 0 && !(high == UINT32_MAX && low == UINT32_MAX))
                return false;
            wide += low != 0 && high == 0;
        }
    }
    return wide >= RELATION_LEAST;
}

/* Of slots as wide as the shape's, with the numbers in its column. */
static bool try_indices_of(struct static_search *search, const struct glimpse *glimpse)
{
    const struct block_index *blocks = search->view->blocks;
    struct entries_search entries = {.search = search};
    if (!slot_shape_learn(glimpse, search->block, &search->shape))
        return false;
    entries.highest = highest_index(search, glimpse);
    if (entries.highest < RELATION_LEAST || entries.highest > search->block->bytes)
        return false;
    static_siblings(search->view, search->block->address, try_entries, &entries);
    entries.asked = 0;
    if (!entries.found)
        blocks->neighbours(blocks, search->block->address, try_entries, &entries);
    return entries.found;
}

/* Heads beside which something else stands, a count of the chain, a lock, its end: nothing is said
 * by that of a chain without entries. */
static bool try_buckets(struct static_search *search, const struct glimpse *glimpse)
{
    static const struct {
        uint8_t slot_bytes, column;
    } heads[] = {{8, 0}, {8, 4}, {12, 0}, {16, 0}};
    for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        search->shape = (struct slot_shape){.slot_bytes = heads[i].slot_bytes,
                                            .column = heads[i].column,
                                            .column_bytes = 4,
                                            .leads = LEADS_BY_INDEX};
        if (slot_shape_learn_empty(glimpse, search->block, &search->shape) &&
            static_implies_slot(search, glimpse, OTHERS_OF_HEADS) &&
            try_indices_of(search, glimpse))
            return true;
    }
    return false;
}

/* Whether every second word is empty in another way than those between, as a count and a head are.
 */
static bool alternate(const struct static_search *search, const struct glimpse *glimpse)
{
    struct slot_shape first = {.slot_bytes = 8, .column_bytes = 4, .leads = LEADS_BY_INDEX};
    struct slot_shape second = first;
    second.column = 4;
    return slot_shape_learn_empty(glimpse, search->block, &first) &&
           slot_shape_learn_empty(glimpse, search->block, &second) && first.empty != second.empty;
}

bool static_try_indices(struct static_search *search)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    if (static_try_split(search))
        return true;
    if (!search->view->blocks || !glimpse)
        return false;
    const bool is_wide = have_eight_bytes(glimpse);
    if (!is_wide && alternate(search, glimpse))
        return try_buckets(search, glimpse);
    search->shape = (struct slot_shape){
        .slot_bytes = is_wide ? 8 : 4, .column_bytes = 4, .leads = LEADS_BY_INDEX};
    return try_indices_of(search, glimpse) || (!is_wide && try_buckets(search, glimpse));
}
