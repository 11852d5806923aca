/*
 * Call stacks that were unwound before: see known_stacks.h. Sets of four, each under a lock that is
 * only tried: who does not get it unwinds. None is held while unwinding.
 *
 * A compiler has 31,000 different stacks, so each byte of one counts twice: as memory that the
 * program would not need, and as a part of the processor's caches. Where most stacks come once, a
 * set knows only a hash of them (16 bytes); what was seen a second time gets a record.
 */
#include "known_stacks.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "hot.h"
#include "lock.h"
#include "page.h"
#include "reader.h"
#include "system.h"

#define SETS       2048u
#define FEW_SETS   256u /* as long as half of their places are not taken: 4 pages instead of 32 */
#define WAYS       4u
#define RECORDS    (SETS * WAYS)
#define STEP_BYTES 71u
#define PAGES      6u /* that one goes on to, on a stack of which it is not known where it ends */

/* A stack and the places of its addresses. They are written down by their distances in words, a
 * byte each; 0, and the distance is in the next two. */
struct known_stack {
    uint64_t hash;  /* of the addresses */
    uint64_t inner; /* as in struct stack_place */
    uintptr_t frame;
    uint32_t thread, caller;
    uint32_t site, top;
    uint16_t checks[PAGES]; /* a part of the hash at each place that is on another page */
    uint32_t end;           /* of the last address, in bytes from the frame */
    uint8_t count;          /* of addresses; 0: of a stack that was forgotten */
    unsigned char steps[STEP_BYTES];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct known_stack) == 128, "two cache lines");

/* A look touches this and of the stack that it finds two cache lines: the program's own data are to
 * stay where they are. */
struct set {
    struct lock lock;
    uint32_t tags[WAYS];     /* of the places */
    uint32_t hashes[WAYS];   /* upper half of the stack's */
    uint16_t records[WAYS];  /* its number, from 1; 0: it was not seen often enough */
    uint16_t seen[WAYS];     /* when, by the clock */
    uint16_t clock;          /* counts what was seen here */
    uint8_t sightings[WAYS]; /* by unwinding */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct set) == 64, "one cache line");
_Static_assert(RECORDS < UINT16_MAX, "struct set has their numbers");

/* The records are handed out one after the other: few stacks touch few pages. A place in a set
 * keeps the one that it got. */
static struct known_memory {
    struct set sets[SETS];
    struct known_stack records[RECORDS];
} * known;
static _Atomic uint32_t records_used, stacks_seen;
static _Atomic uint32_t sets_used = FEW_SETS;

void known_stacks_start(void)
{
    known = system_map(sizeof(*known));
}

const void *known_stacks_memory(size_t *bytes)
{
    *bytes = known ? sizeof(*known) : 0;
    return known;
}

static uint64_t key_of(const struct stack_place *place)
{
    uint64_t key = (place->frame >> 4) ^ ((uint64_t)place->caller << 32) ^ place->thread;
    key = (key ^ place->inner) * 0x9E3779B97F4A7C15ull;
    return key ^ key >> 32;
}

static struct set *set_of(uint64_t key)
{
    return &known->sets[key % atomic_load_explicit(&sets_used, memory_order_relaxed)];
}

static struct known_stack *record_of(const struct set *set, unsigned way)
{
    return set->records[way] != 0 ? &known->records[set->records[way] - 1] : NULL;
}

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static uint64_t hash_one(uint64_t hash, uint64_t address)
{
    return (hash ^ address) * 0x9E3779B97F4A7C15ull;
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

static uint32_t short_hash(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint16_t check_of(uint64_t hash)
{
    return (uint16_t)(hash >> 48);
}

static bool is_at(const struct known_stack *stack, const struct stack_place *place)
{
    return stack->frame == place->frame && stack->thread == place->thread &&
           stack->caller == place->caller && stack->inner == place->inner;
}

static uint64_t word_at(uintptr_t place)
{
    uint64_t word;
    memcpy(&word, (const void *)place, sizeof(word));
    return word;
}

/* The next place; *step goes on to the one behind it. */
static inline uintptr_t next_place(uintptr_t place, const unsigned char **step)
{
    uint32_t words = *(*step)++;
    if (words == 0) {
        words = (*step)[0] | (uint32_t)(*step)[1] << 8;
        *step += 2;
    }
    return place + words * sizeof(uint64_t);
}

/* Whether the page that is gone on to may be looked at: only when all addresses before it were
 * right, so that the place is in a frame that exists. But where one of those is of no fixed size
 * (alloca), a stack that is shorter now may end before it, as a fiber's does: so the kernel is
 * asked. */
static bool may_go_on(const struct known_stack *stack, uint32_t page, uint64_t hash,
                      uintptr_t place)
{
    return page < PAGES && stack->checks[page] == check_of(hash) && process_can_read(place);
}

/* The hash of what is in the places; of any other stack where a place cannot be looked at. */
static inline uint64_t hash_there(const struct known_stack *stack, bool is_doubtful)
{
    const unsigned char *step = stack->steps;
    uintptr_t place = stack->frame;
    uint64_t hash = stack->count;
    uint32_t pages = 0;
    for (uint32_t left = stack->count; left > 0; left--) {
        uintptr_t next = next_place(place, &step);
        if (is_doubtful && next / PAGE_BYTES != place / PAGE_BYTES &&
            !may_go_on(stack, pages++, hash, next))
            return ~stack->hash;
        place = next;
        hash = hash_one(hash, word_at(place));
    }
    return hash_end(hash);
}

/* Whether the addresses are in their places. */
static inline bool is_there(const struct known_stack *stack, uintptr_t stack_end)
{
    bool is_doubtful = stack->frame + stack->end > stack_end;
    return stack->hash == (is_doubtful ? hash_there(stack, true) : hash_there(stack, false));
}

static void copy_addresses(const struct known_stack *stack, void **addresses)
{
    const unsigned char *step = stack->steps;
    uintptr_t place = stack->frame;
    for (uint32_t i = 0; i < stack->count; i++) {
        place = next_place(place, &step);
        addresses[i] = (void *)(uintptr_t)word_at(place);
    }
}

HOT uint32_t known_stacks_find(const struct stack_place *place, void **addresses,
                               struct stack_site *site)
{
    *site = (struct stack_site){0};
    const uint64_t key = key_of(place);
    struct set *set = known ? set_of(key) : NULL;
    uint32_t count = 0;
    if (!set || !lock_try(&set->lock))
        return 0;
    for (unsigned way = 0; way < WAYS && count == 0; way++) {
        if (set->tags[way] != tag_of(key) || set->records[way] == 0)
            continue;
        const struct known_stack *stack = record_of(set, way);
        if (stack->count == 0 || !is_at(stack, place) || !is_there(stack, place->end))
            continue;
        count = stack->count;
        set->seen[way] = ++set->clock;
        *site = (struct stack_site){
            .index = stack->site, .top = stack->top, .way = way, .hash = stack->hash};
        if (stack->site == 0)
            copy_addresses(stack, addresses);
    }
    lock_release(&set->lock);
    return count;
}

void known_stacks_tell(const struct stack_place *place, const struct stack_site *site)
{
    struct set *set = known && site->hash != 0 ? set_of(key_of(place)) : NULL;
    if (!set || !lock_try(&set->lock))
        return;
    struct known_stack *stack = record_of(set, site->way);
    if (stack && stack->count != 0 && is_at(stack, place) && stack->hash == site->hash) {
        stack->site = site->index;
        stack->top = site->top;
    }
    lock_release(&set->lock);
}

/* Which way it is; WAYS: none. A stack that only looks like it shares its sightings. */
static unsigned find(const struct set *set, uint64_t key, uint64_t hash)
{
    unsigned way = 0;
    while (way < WAYS && (set->tags[way] != tag_of(key) || set->hashes[way] != short_hash(hash) ||
                          set->sightings[way] == 0))
        way++;
    return way;
}

/* What is known in a set that is not the stack's any more is learnt again. */
static void count_stack(void)
{
    if (atomic_fetch_add_explicit(&stacks_seen, 1, memory_order_relaxed) == FEW_SETS * WAYS / 2)
        atomic_store_explicit(&sets_used, SETS, memory_order_relaxed);
}

/* The way of the one that was not seen for the longest time. */
static unsigned replace(struct set *set, uint64_t key, uint64_t hash)
{
    unsigned oldest = 0;
    for (unsigned way = 1; way < WAYS; way++)
        if ((uint16_t)(set->clock - set->seen[way]) > (uint16_t)(set->clock - set->seen[oldest]))
            oldest = way;
    struct known_stack *stack = record_of(set, oldest);
    if (stack)
        stack->count = 0;
    set->tags[oldest] = tag_of(key);
    set->hashes[oldest] = short_hash(hash);
    set->sightings[oldest] = 0;
    return oldest;
}

uint32_t known_stacks_saw(const struct stack_place *place, void *const *addresses, uint32_t count)
{
    const uint64_t key = key_of(place);
    struct set *set = known ? set_of(key) : NULL;
    if (!set || count == 0 || count > KNOWN_STACK_FRAMES || !lock_try(&set->lock))
        return 0;
    uint64_t hash = hash_of(addresses, count);
    unsigned way = find(set, key, hash);
    if (way == WAYS) {
        way = replace(set, key, hash);
        count_stack();
    }
    set->seen[way] = ++set->clock;
    uint32_t sightings = set->sightings[way] += set->sightings[way] < UINT8_MAX;
    lock_release(&set->lock);
    return sightings;
}

/* False when there is no room for all of them. */
static bool write_steps(struct known_stack *stack, const uint32_t *offsets, uint32_t count)
{
    size_t used = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t words = (offsets[i] - last) / (uint32_t)sizeof(uint64_t);
        bool is_far = words > UINT8_MAX;
        if (words == 0 || words > UINT16_MAX || used + (is_far ? 3 : 1) > STEP_BYTES)
            return false;
        stack->steps[used++] = is_far ? 0 : (unsigned char)words;
        if (is_far) {
            stack->steps[used++] = (unsigned char)words;
            stack->steps[used++] = (unsigned char)(words >> 8);
        }
        last = offsets[i];
    }
    return true;
}

static void write_checks(struct known_stack *stack, void *const *addresses, const uint32_t *offsets,
                         uint32_t count)
{
    uintptr_t page = stack->frame / PAGE_BYTES;
    uint64_t hash = count;
    uint32_t pages = 0;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t here = (stack->frame + offsets[i]) / PAGE_BYTES;
        if (here != page && pages < PAGES)
            stack->checks[pages++] = check_of(hash);
        page = here;
        hash = hash_one(hash, (uint64_t)(uintptr_t)addresses[i]);
    }
    stack->hash = hash_end(hash);
}

/* That way's record; the first time, a new one. */
static struct known_stack *make_record(struct set *set, unsigned way)
{
    if (set->records[way] == 0)
        set->records[way] =
            (uint16_t)(1 + atomic_fetch_add_explicit(&records_used, 1, memory_order_relaxed));
    return record_of(set, way);
}

void known_stacks_keep(const struct stack_place *place, void *const *addresses,
                       const uint32_t *offsets, uint32_t count)
{
    const uint64_t key = key_of(place);
    struct set *set = set_of(key);
    if (!lock_try(&set->lock))
        return;
    unsigned way = find(set, key, hash_of(addresses, count));
    if (way < WAYS) {
        struct known_stack *stack = make_record(set, way);
        *stack = (struct known_stack){.inner = place->inner,
                                      .frame = place->frame,
                                      .thread = place->thread,
                                      .caller = place->caller};
        write_checks(stack, addresses, offsets, count);
        stack->end = offsets[count - 1] + (uint32_t)sizeof(uint64_t);
        if (write_steps(stack, offsets, count))
            stack->count = (uint8_t)count;
    }
    lock_release(&set->lock);
}
