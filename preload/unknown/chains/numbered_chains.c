/*
 * Following numbers from entry to entry: see numbered_chains.h. Heads and entries are copied, up to
 * a bound.
 */
#include "numbered_chains.h"

#include <string.h>

#include "layouts/words.h"
#include "system.h"

#define MOST_BYTES   (64u << 20)
#define LEAST_LINKED 16u /* entries behind heads: fewer say nothing */

struct walk {
    const struct numbered_chains *chains;
    const unsigned char *heads, *entries; /* copies */
    uint64_t *seen;                       /* a bit for each entry */
    uint32_t offset;                      /* of the link in an entry */
    uint64_t heads_seen, reached;
};

/* False where it was reached before, or is no entry's number. */
static bool reach(struct walk *walk, uint64_t number)
{
    if (number >= walk->chains->numbers)
        return false;
    uint64_t *word = &walk->seen[number / 64], bit = 1ull << number % 64;
    bool is_new = !(*word & bit);
    *word |= bit;
    walk->reached++;
    return is_new;
}

static bool follow(struct walk *walk, uint64_t number)
{
    const struct numbered_chains *chains = walk->chains;
    while (number != chains->empty) {
        if (!reach(walk, number))
            return false;
        number = word_sized(walk->entries, (size_t)number * chains->item_bytes + walk->offset,
                            chains->width);
    }
    return true;
}

/* Whether the links at the offset lead from all heads to each entry, once. */
static bool are_links(struct walk *walk)
{
    const struct numbered_chains *chains = walk->chains;
    walk->heads_seen = walk->reached = 0;
    memset(walk->seen, 0, (size_t)(chains->numbers / 64 + 1) * 8);
    for (size_t at = 0; at + chains->width <= chains->heads.bytes; at += chains->width) {
        uint64_t head = word_sized(walk->heads, at, chains->width);
        walk->heads_seen += head != chains->empty;
        if (!follow(walk, head))
            return false;
    }
    return walk->reached == chains->numbers && walk->reached >= walk->heads_seen + LEAST_LINKED;
}

bool numbered_chains_are_there(const struct layout_view *view, const struct numbered_chains *chains)
{
    const uint64_t used = chains->numbers * chains->item_bytes;
    bool are_there = false;
    if ((chains->width != 4 && chains->width != 8) || chains->numbers == 0 ||
        chains->item_bytes < chains->width || used > chains->entries.bytes || used > MOST_BYTES ||
        chains->heads.bytes > MOST_BYTES)
        return false;
    const size_t seen_bytes = (size_t)(chains->numbers / 64 + 1) * 8;
    unsigned char *heads = system_map((size_t)chains->heads.bytes);
    unsigned char *entries = system_map((size_t)used);
    struct walk walk = {
        .chains = chains, .heads = heads, .entries = entries, .seen = system_map(seen_bytes)};
    bool are_read = heads && entries && walk.seen &&
                    layout_read(view, chains->heads.address, heads, (size_t)chains->heads.bytes) &&
                    layout_read(view, chains->entries.address, entries, (size_t)used);
    while (are_read && !are_there && walk.offset + chains->width <= chains->item_bytes) {
        are_there = are_links(&walk);
        walk.offset += chains->width;
    }
    if (heads)
        system_unmap(heads, (size_t)chains->heads.bytes);
    if (entries)
        system_unmap(entries, (size_t)used);
    if (walk.seen)
        system_unmap(walk.seen, seen_bytes);
    return are_there;
}
