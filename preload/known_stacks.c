/*
 * Call stacks that were unwound before: see known_stacks.h. Sets of four, each under a lock that is
 * only tried: who does not get it unwinds. None is held while unwinding.
 */
#include "known_stacks.h"

#include <stddef.h>
#include <string.h>

#include "lock.h"
#include "reader.h"
#include "stack_extent.h"
#include "system.h"

#define PAGE_BYTES 4096u

#define SETS      1024u
#define WAYS      4u
#define SIGHTINGS 8u /* finding the places costs as much as unwinding some ten times */

struct known_stack {
    uint64_t hash; /* of the addresses */
    uintptr_t frame;
    uint32_t thread, caller;
    uint16_t count; /* 0: only seen so far */
    uint32_t site, top;
    uint16_t sightings; /* halved whenever another one wants the place */
    uint32_t offsets[KNOWN_STACK_FRAMES];
    void *addresses[KNOWN_STACK_FRAMES];
};

struct set {
    struct lock lock;
    struct known_stack ways[WAYS];
};

static struct set *sets;

void known_stacks_start(void)
{
    sets = system_map(SETS * sizeof(*sets));
}

static struct set *set_of(const struct stack_place *place)
{
    uint64_t key = (place->frame >> 4) ^ ((uint64_t)place->caller << 32) ^ place->thread;
    key *= 0x9E3779B97F4A7C15ull;
    return &sets[(key ^ key >> 32) % SETS];
}

static uint64_t hash_of(void *const *addresses, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)addresses[i]) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 32;
}

static bool is_at(const struct known_stack *stack, const struct stack_place *place)
{
    return stack->frame == place->frame && stack->thread == place->thread &&
           stack->caller == place->caller;
}

/* Each place is looked at only when those before it were right: so it is in a frame that exists.
 * But where one of those is of no fixed size (alloca), a stack that is shorter now may end before
 * the place, as a fiber's does: so unless the stack is known to reach so far, the kernel is asked
 * about each page but our own frame's. */
static bool is_there(const struct known_stack *stack)
{
    if (stack->count == 0)
        return false;
    uintptr_t page = stack->frame / PAGE_BYTES;
    uintptr_t end = stack->frame + stack->offsets[stack->count - 1] + sizeof(void *);
    bool is_known = stack_extent_has(stack->frame, end);
    for (uint32_t i = 0; i < stack->count; i++) {
        uintptr_t place = stack->frame + stack->offsets[i];
        void *address;
        if (!is_known && place / PAGE_BYTES != page && !process_can_read(place))
            return false;
        page = place / PAGE_BYTES;
        memcpy(&address, (const void *)place, sizeof(address));
        if (address != stack->addresses[i])
            return false;
    }
    return true;
}

uint32_t known_stacks_find(const struct stack_place *place, void **addresses,
                           struct stack_site *site)
{
    *site = (struct stack_site){0};
    struct set *set = sets ? set_of(place) : NULL;
    uint32_t count = 0;
    if (!set || !lock_try(&set->lock))
        return 0;
    for (unsigned way = 0; way < WAYS && count == 0; way++) {
        struct known_stack *stack = &set->ways[way];
        if (!is_at(stack, place) || !is_there(stack))
            continue;
        count = stack->count;
        stack->sightings += stack->sightings < UINT16_MAX;
        *site = (struct stack_site){
            .index = stack->site, .top = stack->top, .way = way, .hash = stack->hash};
        if (stack->site == 0)
            memcpy(addresses, stack->addresses, count * sizeof(addresses[0]));
    }
    lock_release(&set->lock);
    return count;
}

void known_stacks_tell(const struct stack_place *place, const struct stack_site *site)
{
    struct set *set = sets && site->hash != 0 ? set_of(place) : NULL;
    if (!set || !lock_try(&set->lock))
        return;
    struct known_stack *stack = &set->ways[site->way];
    if (is_at(stack, place) && stack->hash == site->hash) {
        stack->site = site->index;
        stack->top = site->top;
    }
    lock_release(&set->lock);
}

static struct known_stack *find(struct set *set, const struct stack_place *place, uint64_t hash)
{
    for (unsigned way = 0; way < WAYS; way++)
        if (is_at(&set->ways[way], place) && set->ways[way].hash == hash)
            return &set->ways[way];
    return NULL;
}

/* The place of the one that was seen least of late. */
static struct known_stack *replace(struct set *set, const struct stack_place *place, uint64_t hash)
{
    struct known_stack *least = &set->ways[0];
    for (unsigned way = 0; way < WAYS; way++) {
        set->ways[way].sightings -= set->ways[way].sightings / 8;
        if (set->ways[way].sightings < least->sightings)
            least = &set->ways[way];
    }
    if (least->sightings > 1 && least->count > 0) {
        least->sightings /= 2; /* it may stay, for now */
        return NULL;
    }
    least->hash = hash;
    least->frame = place->frame;
    least->thread = place->thread;
    least->caller = place->caller;
    least->count = 0;
    least->site = 0;
    least->sightings = 0;
    return least;
}

bool known_stacks_saw(const struct stack_place *place, void *const *addresses, uint32_t count)
{
    struct set *set = sets ? set_of(place) : NULL;
    bool is_worth_it = false;
    if (!set || count == 0 || count > KNOWN_STACK_FRAMES || !lock_try(&set->lock))
        return false;
    uint64_t hash = hash_of(addresses, count);
    struct known_stack *stack = find(set, place, hash);
    if (!stack)
        stack = replace(set, place, hash);
    if (stack && stack->sightings < UINT16_MAX)
        is_worth_it = ++stack->sightings == SIGHTINGS;
    lock_release(&set->lock);
    return is_worth_it;
}

void known_stacks_keep(const struct stack_place *place, void *const *addresses,
                       const uint32_t *offsets, uint32_t count)
{
    struct set *set = set_of(place);
    if (!lock_try(&set->lock))
        return;
    struct known_stack *stack = find(set, place, hash_of(addresses, count));
    if (stack) {
        memcpy(stack->offsets, offsets, count * sizeof(offsets[0]));
        memcpy(stack->addresses, addresses, count * sizeof(addresses[0]));
        stack->count = (uint16_t)count;
    }
    lock_release(&set->lock);
}
