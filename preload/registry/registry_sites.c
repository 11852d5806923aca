/*
 * The call stacks of the registry, each of which is kept once: see registry.h.
 */
#include "registry.h"

#include <string.h>

/* FNV-1a over 64-bit words, folded by a multiplication so that its high half is usable too. */
static uint64_t hash_frames(void *const *frames, uint32_t count)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 0x100000001b3ull;
    hash ^= hash >> 32;
    return hash * 0x9E3779B97F4A7C15ull;
}

static uint32_t find_site(const struct registry *registry, uint64_t hash, void *const *frames,
                          uint32_t count)
{
    const struct slots *slots = &registry->site_slots;
    for (uint32_t at = slots_first(slots, (uint32_t)(hash >> 32)); at != UINT32_MAX;
         at = slots_next(slots, (uint32_t)(hash >> 32), at)) {
        uint32_t index = slots->table[at].index;
        const struct site_record *site = pool_at(&registry->sites, index);
        if (site->hash == hash && site->frame_count == count &&
            memcmp(pool_at(&registry->frames, site->first_frame), frames,
                   count * sizeof(uint64_t)) == 0)
            return index;
    }
    return 0;
}

static uint32_t add_site(struct registry *registry, uint64_t hash, void *const *frames,
                         uint32_t count)
{
    uint32_t first = pool_take_run(&registry->frames, count);
    uint32_t index = first ? pool_take(&registry->sites) : 0;
    if (index == 0)
        return 0;
    memcpy(pool_at(&registry->frames, first), frames, count * sizeof(uint64_t));
    struct site_record *site = pool_at(&registry->sites, index);
    *site = (struct site_record){.hash = hash, .first_frame = first, .frame_count = count};
    return slots_insert(&registry->site_slots, (uint32_t)(hash >> 32), index) ? index : 0;
}

uint32_t registry_site(struct registry *registry, void *const *frames, uint32_t count)
{
    if (count == 0)
        return 0;
    uint64_t hash = hash_frames(frames, count);
    if (!lock_take(&registry->sites_lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t index = find_site(registry, hash, frames, count);
    if (index == 0) {
        index = add_site(registry, hash, frames, count);
        if (index == 0)
            counter_add(&registry->counters, COUNTER_SITES_DROPPED);
    }
    lock_release(&registry->sites_lock);
    return index;
}

/* Return addresses, from the allocator's on, one of which may differ between arrays of one table.
 */
#define SAME_CALLER_FRAMES 3u

bool registry_same_caller(const struct registry *registry, uint32_t a, uint32_t b)
{
    if (a == b)
        return a != 0;
    if (!pool_has(&registry->sites, a) || !pool_has(&registry->sites, b))
        return false;
    const struct site_record *first = pool_at(&registry->sites, a);
    const struct site_record *second = pool_at(&registry->sites, b);
    uint32_t count = first->frame_count;
    if (count != second->frame_count || count < 2)
        return false;
    const uint64_t *left = pool_at(&registry->frames, first->first_frame);
    const uint64_t *right = pool_at(&registry->frames, second->first_frame);
    uint32_t same = 0;
    while (same < count && left[same] == right[same])
        same++;
    return same < SAME_CALLER_FRAMES &&
           memcmp(left + same + 1, right + same + 1, (count - same - 1) * sizeof(uint64_t)) == 0;
}

bool registry_same_inner(const struct registry *registry, uint32_t a, uint32_t b)
{
    if (a == b || !pool_has(&registry->sites, a) || !pool_has(&registry->sites, b))
        return a == b;
    const struct site_record *first = pool_at(&registry->sites, a);
    const struct site_record *second = pool_at(&registry->sites, b);
    return first->frame_count >= 2 && second->frame_count >= 2 &&
           memcmp(pool_at(&registry->frames, first->first_frame),
                  pool_at(&registry->frames, second->first_frame), 2 * sizeof(uint64_t)) == 0;
}
