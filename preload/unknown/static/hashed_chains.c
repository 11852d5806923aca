/*
 * Following chains whose members name their bucket: see hashed_chains.h. No state; every walk is
 * bounded.
 */
#include "hashed_chains.h"

#include "layouts/words.h"
#include "slot_profile.h"

/* Entries that are read of all the chains of a table: a poor hash puts hundreds into each of a few.
 */
#define MOST_STEPS 65536u
/* That many second members are no accident, once as many heads have had their say against it. */
#define ENOUGH_MEMBERS 4u
#define LEAST_HEADS    64u

static uint32_t link_bytes(const struct hashed_chain *chain)
{
    return chain->shape->leads == LEADS_BY_INDEX ? 4 : 8;
}

static uint64_t link_at(const struct hashed_chain *chain, const unsigned char *window,
                        uint32_t offset)
{
    return link_bytes(chain) == 4 ? word_u32(window, offset) : word_u64(window, offset);
}

/* The place that the link leads to; 0 where it can be no entry's. */
static uint64_t linked(const struct hashed_chain *chain, uint64_t link)
{
    const struct slot_shape *shape = chain->shape;
    if (shape->leads == LEADS_BY_INDEX)
        return slot_shape_place(shape, chain->block, 0,
                                link - chain->first_link + shape->first_index);
    return layout_is_pointer(link, 8) ? link : 0;
}

/* The link of the entry at that place, from the vector of links. */
static bool read_link_apart(const struct layout_view *view, const struct hashed_chain *chain,
                            uint64_t place, uint64_t *link)
{
    uint64_t number = (place - slot_shape_first_entry(chain->shape)) / chain->shape->entry_bytes;
    uint32_t word;
    if (number >= chain->links.bytes / 4 ||
        !layout_read_u32(view, chain->links.address + number * 4, &word))
        return false;
    *link = word;
    return true;
}

static bool is_member_apart(const struct layout_view *view, const struct hashed_chain *chain,
                            uint64_t place, uint64_t slot, uint64_t *link)
{
    unsigned char window[RELATION_WINDOW];
    const struct hash_relation *relation = chain->relation;
    const uint64_t entry = slot_shape_entry_at(view, chain->shape, place);
    const uint32_t first = hash_relation_first(relation);
    return entry != 0 &&
           layout_read(view, entry + first, window + first, hash_relation_end(relation) - first) &&
           hash_relation_home(view, relation, chain->shape->capacity, window) == slot &&
           read_link_apart(view, chain, place, link);
}

/* Reads of the entry at that place its hash and its link, and says whether it belongs into the
 * slot. */
static bool is_member(const struct layout_view *view, const struct hashed_chain *chain,
                      uint64_t place, uint64_t slot, uint64_t *link)
{
    unsigned char window[RELATION_WINDOW];
    const struct hash_relation *relation = chain->relation;
    if (chain->links.bytes != 0)
        return is_member_apart(view, chain, place, slot, link);
    const uint64_t entry = slot_shape_entry_at(view, chain->shape, place);
    uint32_t link_end = chain->next_offset + link_bytes(chain);
    uint32_t first = hash_relation_first(relation), end = hash_relation_end(relation);
    first = first < chain->next_offset ? first : chain->next_offset;
    end = end > link_end ? end : link_end;
    if (end > RELATION_WINDOW || entry == 0 ||
        !layout_read(view, entry - chain->window_before + first, window + first, end - first))
        return false;
    *link = link_at(chain, window, chain->next_offset);
    uint64_t capacity = chain->shape->capacity;
    uint64_t home = hash_relation_home(view, relation, capacity, window);
    return hash_relation_is_home(relation, capacity, home, slot);
}

/* Whether another entry of the bucket is there. None leads to itself behind another: that is the
 * copy which an entry left when it was moved into the place of one that was erased, and the field a
 * number that it was made with; 11,785 entries of 5,999 were said. */
static bool is_second(const struct layout_view *view, const struct hashed_chain *chain,
                      uint64_t place, uint64_t slot)
{
    uint64_t link;
    return is_member(view, chain, place, slot, &link) && linked(chain, link) != place;
}

/* What ends lists by index: mostly what an empty head holds, unless that numbers an entry there. */
static uint64_t usual_end(const struct hashed_chain *chain)
{
    const struct slot_shape *shape = chain->shape;
    return chain->first_link == shape->first_index ? shape->empty : UINT32_MAX;
}

/* Lists end with nothing, at their own head, or with a word that is the same for all. */
static bool is_end(const struct hashed_chain *chain, uint64_t word, struct chain_link *link)
{
    bool is_index = chain->shape->leads == LEADS_BY_INDEX;
    if (is_index ? word == usual_end(chain) : word == 0 || block_has(chain->block, word))
        return true;
    if (chain->shape->is_numbered && word & 1)
        return true;
    if (!link->has_end) {
        link->has_end = true;
        link->end = word;
    }
    return link->end == word;
}

/* Whether the window has a field that led to enough members; where none is, all heads are needed.
 */
static bool try_links(const struct layout_view *view, const struct hashed_chain *chain,
                      const struct chain_head *head, const unsigned char *window, uint32_t first,
                      uint32_t end, uint32_t most_strangers, struct chain_link *links)
{
    struct hashed_chain guess = *chain;
    uint32_t bytes = link_bytes(chain), most_members = 0;
    for (uint32_t at = first; at + bytes <= end; at += bytes) {
        struct chain_link *link = &links[at / bytes];
        uint64_t word = link_at(chain, window, at), place = linked(chain, word);
        guess.next_offset = at;
        if (link->strangers > most_strangers)
            continue;
        if (place != head->place && is_second(view, &guess, place, head->slot))
            link->members++;
        else if (is_end(chain, word, link))
            link->has_single = true;
        else
            link->strangers++;
        if (link->members > most_members && link->strangers <= most_strangers)
            most_members = link->members;
    }
    return most_members >= ENOUGH_MEMBERS;
}

/* In how many lists another entry of the bucket stands behind the second one. */
static uint32_t count_thirds(const struct layout_view *view, const struct hashed_chain *chain,
                             const struct chain_head *heads, uint32_t count)
{
    uint32_t thirds = 0;
    for (uint32_t i = 0; i < count && thirds < ENOUGH_MEMBERS; i++) {
        uint64_t link, places[3] = {heads[i].place};
        uint32_t members = 0;
        while (members < 3 && is_member(view, chain, places[members], heads[i].slot, &link)) {
            members++;
            if (members < 3)
                places[members] = linked(chain, link);
        }
        thirds += members == 3 && places[1] != places[0] && places[2] != places[0] &&
                  places[2] != places[1];
    }
    return thirds;
}

/* A node may lead to an object that bears the same number, in the same place: then none is alone in
 * its list. Where half of a hash's buckets are empty, of four others all are no lists of one in one
 * of a hundred cases; unless the hash is a poor one, and there are more behind the second. */
static bool leads_to_objects(const struct layout_view *view, const struct hashed_chain *chain,
                             const struct chain_head *heads, uint32_t count,
                             const struct chain_link *link)
{
    return chain->is_sparse && link->members >= ENOUGH_MEMBERS && !link->has_single &&
           count_thirds(view, chain, heads, count) < ENOUGH_MEMBERS;
}

bool hashed_chains_find(const struct layout_view *view, const struct hashed_chain *chain,
                        const struct chain_head *heads, uint32_t count, uint32_t first,
                        uint32_t end, struct chain_link links[CHAIN_LINKS], uint32_t *next_offset)
{
    uint32_t best = 0, most_strangers = 2 + count / 128, bytes = link_bytes(chain);
    unsigned char window[RELATION_WINDOW];
    memset(links, 0, CHAIN_LINKS * sizeof(*links));
    bool is_enough = false;
    for (uint32_t i = 0; i < count && !(is_enough && i >= LEAST_HEADS); i++)
        if (heads[i].entry != 0 && layout_read(view, heads[i].entry - chain->window_before + first,
                                               window + first, end - first))
            is_enough =
                try_links(view, chain, &heads[i], window, first, end, most_strangers, links);
    for (uint32_t at = first; at + bytes <= end; at += bytes) {
        const struct chain_link *link = &links[at / bytes];
        struct hashed_chain guess = *chain;
        guess.next_offset = at;
        if (link->members > best && link->strangers <= most_strangers &&
            !leads_to_objects(view, &guess, heads, count, link)) {
            best = link->members;
            *next_offset = at;
        }
    }
    return best > 0;
}

bool hashed_chains_are_linked(const struct layout_view *view, const struct hashed_chain *chain,
                              const struct chain_head *heads, uint32_t count)
{
    struct chain_link seen = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t word;
        if (seen.members >= ENOUGH_MEMBERS && i >= LEAST_HEADS)
            break;
        if (heads[i].entry == 0 || !read_link_apart(view, chain, heads[i].place, &word))
            continue;
        uint64_t place = linked(chain, word);
        if (place != heads[i].place && is_second(view, chain, place, heads[i].slot))
            seen.members++;
        else if (!is_end(chain, word, &seen))
            seen.strangers++;
        if (seen.strangers > 2 + count / 128)
            return false;
    }
    return seen.members > 0;
}

/* `most` where it is longer, or leads back into itself. */
static uint32_t chain_length(const struct layout_view *view, const struct hashed_chain *chain,
                             const struct chain_head *head, uint32_t most)
{
    uint64_t place = head->place, link;
    uint32_t length = 0;
    while (length < most && is_member(view, chain, place, head->slot, &link)) {
        length++;
        uint64_t next = linked(chain, link);
        if (next == place || next == head->place)
            break; /* an end that is a node of its own, or a ring */
        place = next;
    }
    return length;
}

bool hashed_chains_measure(const struct layout_view *view, const struct hashed_chain *chain,
                           const struct chain_head *heads, uint32_t number, uint32_t count,
                           struct chain_lengths *out)
{
    double squares = 0;
    uint32_t strangers = 0, steps = MOST_STEPS;
    *out = (struct chain_lengths){0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = chain_length(view, chain, &heads[(uint64_t)i * number / count], steps);
        steps -= length;
        if (steps == 0)
            return false;
        if (length == 0) {
            strangers++;
            continue;
        }
        out->chains++;
        out->entries += length;
        squares += (double)length * length;
    }
    if (out->chains == 0 || strangers > count / 16)
        return false;
    out->mean = (double)out->entries / (double)out->chains;
    double variance = squares / (double)out->chains - out->mean * out->mean;
    out->error = slot_profile_square_root((variance > 0 ? variance : 0) / (double)out->chains);
    return true;
}
