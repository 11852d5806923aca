/*
 * The places in scripts that call stacks lead through: see script_places.h. Records are never
 * changed once their number is out; finding and adding take sites_lock.
 */
#include "script_places.h"

#include <string.h>

/* A multiplication a word (Knuth, TAOCP 3, 6.4), whose high bits are brought down to the low ones;
 * the count goes in, for zeros fill the last word. */
static uint64_t with_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 29;
}

uint64_t script_hash(const char *bytes, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325ull ^ count, word;
    size_t at = 0;
    for (; count - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        hash = with_word(hash, word);
    }
    if (at < count) {
        word = 0;
        memcpy(&word, bytes + at, count - at);
        hash = with_word(hash, word);
    }
    return hash ^ hash >> 32;
}

static uint32_t hash_of(const struct script_key *key)
{
    return (uint32_t)script_hash((const char *)key, sizeof(*key));
}

static uint32_t find(const struct registry *registry, const struct script_key *key)
{
    const struct slots *slots = &registry->script_slots;
    uint32_t hash = hash_of(key);
    for (uint32_t at = slots_first(slots, hash); at != UINT32_MAX;
         at = slots_next(slots, hash, at)) {
        const struct script_place *place = pool_at(&registry->scripts, slots->table[at].index);
        if (memcmp(&place->key, key, sizeof(*key)) == 0)
            return slots->table[at].index;
    }
    return 0;
}

uint32_t script_place_find(struct registry *registry, const struct script_key *key)
{
    if (!lock_take(&registry->sites_lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t index = find(registry, key);
    lock_release(&registry->sites_lock);
    return index;
}

uint32_t script_place_add(struct registry *registry, const struct script_place *place)
{
    if (!lock_take(&registry->sites_lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t index = find(registry, &place->key);
    if (index == 0) {
        index = pool_take(&registry->scripts);
        if (index != 0) {
            *(struct script_place *)pool_at(&registry->scripts, index) = *place;
            if (!slots_insert(&registry->script_slots, hash_of(&place->key), index))
                index = 0;
        }
        if (index == 0)
            counter_add(&registry->counters, COUNTER_SCRIPT_PLACES_DROPPED);
    }
    lock_release(&registry->sites_lock);
    return index;
}

bool script_places_are_full(const struct registry *registry)
{
    return atomic_load_explicit(&registry->scripts.count, memory_order_relaxed) >=
           registry->scripts.max_records;
}
