/*
 * Call stacks that were unwound before: see known_stacks.h. Sets of four, each under a lock that is
 * only tried: who does not get it unwinds. None is held while unwinding.
 */
#include "known_stacks.h"

#include <stddef.h>
#include <string.h>

#include "hot.h"
#include "lock.h"
#include "page.h"
#include "reader.h"
#include "system.h"

#define SETS 2048u
#define WAYS 4u

struct known_stack {
    uint64_t hash;  /* of the addresses */
    uint64_t inner; /* as in struct stack_place */
    uintptr_t frame;
    uint32_t thread, caller;
    uint32_t site, top;
    uint16_t count;                      /* 0: only seen so far */
    uint16_t sightings;                  /* by unwinding */
    uint16_t places[KNOWN_STACK_FRAMES]; /* in words from the frame */
    uint16_t checks[KNOWN_STACK_FRAMES]; /* a part of each address */
} __attribute__((aligned(64)));

/* A look touches the first cache line of this and two of the stack that it finds: the program's own
 * data are to stay where they are. */
struct set {
    struct lock lock;
    uint32_t clock;      /* counts what was seen here */
    uint32_t tags[WAYS]; /* of the places */
    uint32_t seen[WAYS]; /* when, by the clock */
    struct known_stack ways[WAYS];
};

static struct set *sets;

void known_stacks_start(void)
{
    sets = system_map(SETS * sizeof(*sets));
}

const void *known_stacks_memory(size_t *bytes)
{
    *bytes = sets ? SETS * sizeof(*sets) : 0;
    return sets;
}

static uint64_t key_of(const struct stack_place *place)
{
    uint64_t key = (place->frame >> 4) ^ ((uint64_t)place->caller << 32) ^ place->thread;
    key = (key ^ place->inner) * 0x9E3779B97F4A7C15ull;
    return key ^ key >> 32;
}

static struct set *set_of(uint64_t key)
{
    return &sets[key % SETS];
}

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

#define HASH_MULTIPLIER 0x9E3779B97F4A7C15ull

static uint64_t hash_one(uint64_t hash, uint64_t address)
{
    return (hash ^ address) * HASH_MULTIPLIER;
}

static uint64_t hash_end(uint64_t hash)
{
    return hash ^ hash >> 32;
}

static uint64_t hash_of(void *const *addresses, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = hash_one(hash, (uint64_t)(uintptr_t)addresses[i]);
    return hash_end(hash);
}

static uint16_t check_of(uint64_t address)
{
    return (uint16_t)(address * HASH_MULTIPLIER >> 48);
}

static bool is_at(const struct known_stack *stack, const struct stack_place *place)
{
    return stack->frame == place->frame && stack->thread == place->thread &&
           stack->caller == place->caller && stack->inner == place->inner;
}

static uint64_t word_at(const struct known_stack *stack, uint32_t nth)
{
    uint64_t word;
    memcpy(&word, (const void *)(stack->frame + stack->places[nth] * sizeof(word)), sizeof(word));
    return word;
}

/* Each place is looked at only when those before it were right: so it is in a frame that exists.
 * But where one of those is of no fixed size (alloca), a stack that is shorter now may end before
 * the place, as a fiber's does: so the kernel is asked about each page but our own frame's. */
static bool checks_hold(const struct known_stack *stack)
{
    uintptr_t page = stack->frame / PAGE_BYTES;
    for (uint32_t i = 0; i < stack->count; i++) {
        uintptr_t place = stack->frame + stack->places[i] * sizeof(uint64_t);
        if (place / PAGE_BYTES != page && !process_can_read(place))
            return false;
        page = place / PAGE_BYTES;
        if (check_of(word_at(stack, i)) != stack->checks[i])
            return false;
    }
    return true;
}

/* Whether the addresses are in their places. */
static bool is_there(const struct known_stack *stack, uintptr_t stack_end)
{
    if (stack->count == 0)
        return false;
    uintptr_t end = stack->frame + (stack->places[stack->count - 1] + 1u) * sizeof(uint64_t);
    if (end > stack_end && !checks_hold(stack))
        return false;
    uint64_t hash = stack->count;
    for (uint32_t i = 0; i < stack->count; i++)
        hash = hash_one(hash, word_at(stack, i));
    return hash_end(hash) == stack->hash;
}

HOT uint32_t known_stacks_find(const struct stack_place *place, void **addresses,
                               struct stack_site *site)
{
    *site = (struct stack_site){0};
    const uint64_t key = key_of(place);
    struct set *set = sets ? set_of(key) : NULL;
    uint32_t count = 0;
    if (!set || !lock_try(&set->lock))
        return 0;
    for (unsigned way = 0; way < WAYS && count == 0; way++) {
        struct known_stack *stack = &set->ways[way];
        if (set->tags[way] != tag_of(key) || !is_at(stack, place) || !is_there(stack, place->end))
            continue;
        count = stack->count;
        set->seen[way] = ++set->clock;
        *site = (struct stack_site){
            .index = stack->site, .top = stack->top, .way = way, .hash = stack->hash};
        for (uint32_t i = 0; stack->site == 0 && i < count; i++)
            addresses[i] = (void *)(uintptr_t)word_at(stack, i);
    }
    lock_release(&set->lock);
    return count;
}

void known_stacks_tell(const struct stack_place *place, const struct stack_site *site)
{
    struct set *set = sets && site->hash != 0 ? set_of(key_of(place)) : NULL;
    if (!set || !lock_try(&set->lock))
        return;
    struct known_stack *stack = &set->ways[site->way];
    if (is_at(stack, place) && stack->hash == site->hash) {
        stack->site = site->index;
        stack->top = site->top;
    }
    lock_release(&set->lock);
}

/* Which way it is; WAYS: none. */
static unsigned find(const struct set *set, uint64_t key, const struct stack_place *place,
                     uint64_t hash)
{
    unsigned way = 0;
    while (way < WAYS && (set->tags[way] != tag_of(key) || !is_at(&set->ways[way], place) ||
                          set->ways[way].hash != hash))
        way++;
    return way;
}

/* The way of the one that was not seen for the longest time. */
static unsigned replace(struct set *set, uint64_t key, const struct stack_place *place,
                        uint64_t hash)
{
    unsigned oldest = 0;
    for (unsigned way = 1; way < WAYS; way++)
        if (set->clock - set->seen[way] > set->clock - set->seen[oldest])
            oldest = way;
    set->tags[oldest] = tag_of(key);
    set->ways[oldest] = (struct known_stack){.inner = place->inner,
                                             .hash = hash,
                                             .frame = place->frame,
                                             .thread = place->thread,
                                             .caller = place->caller};
    return oldest;
}

uint32_t known_stacks_saw(const struct stack_place *place, void *const *addresses, uint32_t count)
{
    const uint64_t key = key_of(place);
    struct set *set = sets ? set_of(key) : NULL;
    if (!set || count == 0 || count > KNOWN_STACK_FRAMES || !lock_try(&set->lock))
        return 0;
    uint64_t hash = hash_of(addresses, count);
    unsigned way = find(set, key, place, hash);
    if (way == WAYS)
        way = replace(set, key, place, hash);
    set->seen[way] = ++set->clock;
    uint32_t sightings = set->ways[way].sightings += set->ways[way].sightings < UINT16_MAX;
    lock_release(&set->lock);
    return sightings;
}

void known_stacks_keep(const struct stack_place *place, void *const *addresses,
                       const uint32_t *offsets, uint32_t count)
{
    const uint64_t key = key_of(place);
    struct set *set = set_of(key);
    if (offsets[count - 1] / sizeof(uint64_t) > UINT16_MAX || !lock_try(&set->lock))
        return;
    unsigned way = find(set, key, place, hash_of(addresses, count));
    if (way < WAYS) {
        struct known_stack *stack = &set->ways[way];
        for (uint32_t i = 0; i < count; i++) {
            stack->places[i] = (uint16_t)(offsets[i] / sizeof(uint64_t));
            stack->checks[i] = check_of((uint64_t)(uintptr_t)addresses[i]);
        }
        stack->count = (uint16_t)count;
    }
    lock_release(&set->lock);
}
