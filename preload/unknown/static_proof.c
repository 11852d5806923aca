/*
 * Whether entries are in a table, of which none ever met another: see static_search.h. No state, no
 * allocation.
 *
 * In a large table that is nearly empty no two entries may have the same slot. That each is where
 * a field of it says proves nothing then, for so is an object that bears the number of its slot. It
 * does when the field is the hash of a key that lies beside it, or when the entries point back at
 * their buckets, as members of a list do.
 */
#include "keyed_relation.h"
#include "static_search.h"

static bool points_back(const struct static_search *search, uint32_t offset)
{
    const struct slot_shape *shape = &search->shape;
    for (uint32_t i = 0; i < search->count; i++) {
        const struct sampled_entry *entry = &search->work->entries[i];
        uint64_t bucket =
            search->block->address + shape->header_bytes + entry->slot * shape->slot_bytes;
        uint64_t word = word_u64(entry->bytes, offset);
        if (word < bucket || word >= bucket + shape->slot_bytes)
            return false;
    }
    return true;
}

static bool point_back(const struct static_search *search)
{
    for (uint32_t offset = (search->first + 7) & ~7u; offset + 8 <= search->end; offset += 8)
        if (points_back(search, offset))
            return true;
    return false;
}

bool static_proof(struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    struct relation_question question = {.entries = search->work->entries,
                                         .count = search->count,
                                         .first = search->first,
                                         .end = search->end,
                                         .entry = window_before(shape),
                                         .text_end = search->end,
                                         .capacity = shape->capacity,
                                         .is_exact = true,
                                         /* Code computes indices of all kinds. */
                                         .no_own = true,
                                         .view = search->view,
                                         .room = search->work->counted};
    struct hash_relation keyed;
    if (shape->leads == LEADS_NOWHERE)
        return false;
    return (shape->leads == LEADS_BY_POINTER && point_back(search)) ||
           (keyed_relation_find(&question, &keyed) && keyed.is_exact);
}
