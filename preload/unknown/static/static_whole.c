/*
 * Whether what was found is but a part of its table: see static_search.h. No state, no allocation.
 *
 * Of a table in segments (segmented_view.h) each is a table of as many slots as it has by where its
 * entries are: they lie where the lowest bits of their hashes lead. But the bit above those, which
 * says in which segment they are, is the same in all of them, and in a table that is a whole it
 * differs like any other bit of a hash. Half of its entries were said of a table in doubling
 * segments, of which the last was read by itself. A poor hash may leave all keys in one run, where
 * many bits are the same; but then they lie in a part of the slots.
 */
#include "primes.h"
#include "static_search.h"

#define LEAST_AGREED 16u          /* in a whole the bit is the same in one of 2^15 cases */
#define ALL_BITS     (1ull << 40) /* to which hashes are reduced */

bool static_is_part(const struct static_search *search)
{
    const struct hash_relation *relation = &search->relation;
    const uint64_t capacity = search->shape.capacity;
    uint64_t first = 0, any = 0;
    uint32_t agreed = 0, quarters[4] = {0};
    if (relation->reduction != REDUCE_MASK || !is_power_of_two(capacity) || 2 * capacity > ALL_BITS)
        return false;
    for (uint32_t i = 0; i < search->count; i++) {
        const struct sampled_entry *entry = &search->work->entries[i];
        uint64_t hash = hash_relation_home(search->view, relation, ALL_BITS, entry->bytes);
        if ((hash - relation->ahead) % capacity != (entry->slot - relation->ahead) % capacity)
            continue;
        uint64_t rest = (hash - relation->ahead) / capacity;
        uint64_t next = rest & 1;
        if (agreed++ == 0)
            first = next;
        else if (next != first)
            return false;
        any |= rest;
        quarters[hash % capacity * 4 / capacity]++;
    }
    for (unsigned i = 0; i < 4; i++)
        if (quarters[i] * 16 < agreed)
            return false;
    /* A function may make no larger numbers than there are slots. */
    return agreed >= LEAST_AGREED && any != 0;
}

#define SLOT_PROBES 1024u /* all over the array */
#define MOST_ALONE  32u   /* slots in use without a link that are looked at; */
#define LEAST_ALONE 4u    /* fewer may be in use by chance */

/* What the relation asks of an entry, if the slot is one: zeros are none. */
static bool is_blank(const struct hash_relation *relation, const unsigned char *window)
{
    for (uint32_t at = hash_relation_first(relation); at < hash_relation_end(relation); at++)
        if (window[at] != 0)
            return false;
    return true;
}

bool static_is_link_of_slots(const struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    const struct hash_relation *relation = &search->relation;
    const uint32_t before = window_before(shape);
    const uint64_t step = shape->capacity / SLOT_PROBES + 1;
    uint32_t alone = 0, at_home = 0;
    if (shape->leads != LEADS_BY_POINTER || !search->is_loose ||
        shape->slot_bytes > RELATION_WINDOW - before || hash_relation_first(relation) < before ||
        hash_relation_first(relation) >= before + shape->slot_bytes)
        return false;
    for (uint64_t slot = 0; slot < shape->capacity && alone < MOST_ALONE; slot += step) {
        unsigned char window[RELATION_WINDOW] = {0};
        uint64_t place = search->block->address + shape->header_bytes + slot * shape->slot_bytes;
        if (!layout_read(search->view, place, window + before, shape->slot_bytes))
            return false;
        uint64_t word = column_word(shape, window + before);
        if (slot_shape_state(shape, search->block, slot, word) == SLOT_OCCUPIED ||
            is_blank(relation, window))
            continue;
        alone++;
        at_home += hash_relation_home(search->view, relation, shape->capacity, window) == slot;
    }
    return alone >= LEAST_ALONE && at_home * 2 > alone;
}

#define WHOLE_NUMBERS (1ull << 40) /* what code makes of a key is compared up to here */

/* Whether what the code makes of keys is more than the number of a slot: not what is left of it
 * after the division. */
static bool has_rest(const struct static_search *search)
{
    struct hash_relation whole = search->relation;
    whole.reduction = REDUCE_MASK;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t number =
            hash_relation_home(search->view, &whole, WHOLE_NUMBERS, search->work->entries[i].bytes);
        if (number >= search->shape.capacity && number < WHOLE_NUMBERS)
            return true;
    }
    return false;
}

/* The remainder of a hash is below any number of slots; the hash itself has it by one alone. Of
 * 196,613 slots in whole cache lines 196,616 were said. */
static bool end_in_line(struct static_search *search)
{
    const struct static_search found = *search;
    if (!search->relation.is_own || search->relation.reduction != REDUCE_MODULO || has_rest(search))
        return false;
    for (unsigned nth = 0; nth < SLOT_SHAPE_LINE_PRIMES; nth++) {
        if (!slot_shape_prime_in_lines(search->block->bytes, nth, &search->shape))
            break;
        search->keyed_left++; /* one of these was found: they may be asked once more */
        search->loose_left++;
        if (static_find_relation(search, false) && search->relation.reduction == REDUCE_MODULO &&
            has_rest(search))
            return true;
    }
    search->shape = found.shape;
    search->relation = found.relation;
    return false;
}

void static_end_at_prime(struct static_search *search)
{
    const uint64_t slots = search->shape.capacity;
    if (end_in_line(search))
        return;
    if (slots < 2 || is_power_of_two(slots) || is_prime(slots) || !is_prime(slots - 1))
        return;
    for (uint32_t i = 0; i < search->count; i++) {
        const struct sampled_entry *entry = &search->work->entries[i];
        if (entry->slot >= slots - 1 ||
            hash_relation_home(search->view, &search->relation, slots, entry->bytes) !=
                hash_relation_home(search->view, &search->relation, slots - 1, entry->bytes))
            return;
    }
    search->shape.capacity--;
}
