/*
 * Whether the array that was found is but a part of its table: see static_search.h. No state, no
 * allocation.
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

void static_end_at_prime(struct static_search *search)
{
    const uint64_t slots = search->shape.capacity;
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
