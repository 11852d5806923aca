/*
 * Heads of chains in front of the links, in one block, by number; the entries lie elsewhere, in an
 * array for each of their fields. Nothing in the block says where the heads end, and no size fits:
 * there are fewer of them than entries, in no proportion. But the object names both, and both fill
 * the block. Or the links grew alone, as they do while the heads are enough: then they have a block
 * of as many, and behind the heads lie those that were left. See static_search.h. No state, no
 * allocation.
 */
#include "static_search.h"

#define REACH            64u /* from the pointer to the block, in its object */
#define WORDS            (2 * REACH / 4)
#define MOST_HOLDERS     4u  /* objects that are asked */
#define LEAST_HEADS      64u /* a smaller number stands in every object */
#define MOST_A_HEAD      16u /* entries, or heads of one entry */
#define MOST_ENTRY_BYTES 128u

struct split_search {
    struct static_search *search;
    uint64_t room;  /* entries, as many as there are links */
    bool has_links; /* a block of just so many is beside it */
    bool is_found;
    bool is_proven; /* of what was found: its entries are a table's even if none met another */
};

static uint64_t pair_of(const uint32_t *words)
{
    return words[0] | (uint64_t)words[1] << 32;
}

/* Whether the nth word may be a number that is none of those before it: neither half of an address
 * is. */
static bool is_number(const struct layout_view *view, const uint32_t *words, uint32_t nth)
{
    uint64_t pair = pair_of(words + nth / 2 * 2), there;
    if (words[nth] < LEAST_HEADS ||
        (pair >> 32 != 0 && layout_is_pointer(pair, 1) && layout_read_u64(view, pair, &there)))
        return false;
    for (uint32_t i = 0; i < nth; i++)
        if (words[i] == words[nth])
            return false;
    return true;
}

static bool find_links(const struct block *block, void *context)
{
    struct split_search *split = context;
    split->has_links = split->has_links || (block->address != split->search->block->address &&
                                            block->bytes == split->room * 4);
    return !split->has_links;
}

/* Whether a field of the entries there names the heads. Each must be in its own chain: there is no
 * other place for it. */
static bool is_placed(struct static_search *search)
{
    search->exact_only = true;
    search->keyed_left = 2; /* questions: the first, and that of all samples */
    search->no_keys = false;
    search->no_own = true;
    return static_sample(search, STATIC_FIRST_READ) && static_find_relation(search, true) &&
           search->relation.is_exact && static_sample(search, RELATION_SAMPLES) &&
           static_find_relation(search, false) && search->relation.is_exact;
}

/* Whether the entries are a table's even if none met another. Handles, with a generation before the
 * number, lie so where a sparse set has both of its arrays in one block; but they are not divided
 * by their number. Numbers in a ring are, but lie less far apart. */
static bool are_divided_apart(const struct static_search *search)
{
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t field = hash_relation_field(&search->relation, search->work->entries[i].bytes);
        lowest = field < lowest ? field : lowest;
        highest = field > highest ? field : highest;
    }
    return search->relation.reduction == REDUCE_MODULO && highest - lowest > search->shape.capacity;
}

/* Whether the whole block is one index: then its first half names entries as heads do, where the
 * hash is masked, and the object has some number that is half of the block's. Other entries are
 * sampled for it. */
static bool is_whole(struct static_search *search)
{
    const struct static_search split = *search;
    search->shape.capacity = search->block->bytes / 4;
    bool whole = is_placed(search);
    *search = split;
    return whole;
}

static bool try_entries(const struct block *block, void *context)
{
    struct split_search *split = context;
    struct static_search *search = split->search;
    uint64_t bytes = block->bytes / split->room;
    if (block->address == search->block->address || block->bytes % split->room != 0 ||
        bytes % 4 != 0 || bytes == 0 || bytes > MOST_ENTRY_BYTES)
        return true;
    search->shape.entries = *block;
    search->shape.entry_bytes = (uint32_t)bytes;
    /* What else is in the block may be anything: links of entries that never were. So what marks
     * an empty head is not learnt but tried: -1, or 0 where entries are numbered from 1. */
    for (uint32_t first = 0; first <= 1 && !split->is_found; first++) {
        search->shape.first_index = first;
        search->shape.empty = first == 0 ? UINT32_MAX : 0;
        if (!is_placed(search))
            continue;
        split->is_proven = are_divided_apart(search);
        if (is_whole(search))
            return false;
        split->is_found = true;
    }
    return !split->is_found;
}

static bool try_split(void *context, uint64_t heads, uint64_t room)
{
    struct static_search *search = context;
    struct split_search split = {.search = search, .room = room};
    uint64_t behind = search->block->bytes / 4 - heads;
    if (room < heads / MOST_A_HEAD || room > heads * MOST_A_HEAD)
        return false;
    if (room != behind)
        static_siblings(search->view, search->block->address, find_links, &split);
    if (room != behind && !split.has_links)
        return false;
    search->shape.capacity = heads;
    static_siblings(search->view, search->block->address, try_entries, &split);
    search->is_proven = split.is_found && split.is_proven;
    return split.is_found;
}

/* The heads' end by a pointer of the object: where it leads to in the block, the links begin. 0: it
 * does not. */
static uint64_t heads_before(const struct block *block, const uint32_t *words)
{
    uint64_t bytes = pair_of(words) - block->address;
    bool is_inside = bytes >= LEAST_HEADS * 4ull && bytes < block->bytes && bytes % 4 == 0;
    return is_inside ? bytes / 4 : 0;
}

/* Calls visit for each two numbers that may be those of the heads and of the links. */
static bool each_pair(const struct layout_view *view, const struct block *block,
                      const uint32_t words[WORDS],
                      bool (*visit)(void *context, uint64_t heads, uint64_t room), void *context)
{
    for (uint32_t i = 0; i + 2 <= WORDS; i += 2) {
        uint64_t heads = heads_before(block, words + i);
        if (heads != 0 && visit(context, heads, block->bytes / 4 - heads))
            return true;
    }
    for (uint32_t i = 0; i < WORDS; i++) {
        if (words[i] >= block->bytes / 4 || !is_number(view, words, i))
            continue;
        for (uint32_t other = 0; other < WORDS; other++)
            if (other != i && is_number(view, words, other) &&
                visit(context, words[i], words[other]))
                return true;
    }
    return false;
}

static bool each_object(const struct layout_view *view, const struct block *block,
                        bool (*visit)(void *context, uint64_t heads, uint64_t room), void *context)
{
    for (unsigned nth = 0; view->blocks && nth < MOST_HOLDERS; nth++) {
        uint32_t words[WORDS];
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (holder == 0 ||
            !layout_read(view, (holder & ~(uint64_t)7) - REACH, words, sizeof(words)))
            return false;
        if (each_pair(view, block, words, visit, context))
            return true;
    }
    return false;
}

bool static_try_split(struct static_search *search)
{
    const struct static_search plain = *search;
    search->shape =
        (struct slot_shape){.slot_bytes = 4, .column_bytes = 4, .leads = LEADS_BY_INDEX};
    search->is_split = true;
    if (each_object(search->view, search->block, try_split, search))
        return true;
    /* What was asked here is no rule for what is tried next: other slots may probe. */
    *search = plain;
    return false;
}
