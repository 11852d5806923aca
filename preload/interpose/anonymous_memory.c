/*
 * The private anonymous mappings of the program: see anonymous_memory.h. A few ranges, each in one
 * atomic word, for threads map and unmap at the same time and no lock may be taken here. What finds
 * no room is forgotten: it is read by system calls then.
 */
#include "anonymous_memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "page.h"

/* An allocator's mappings lie side by side and become one: cc1plus's 240 MiB are three ranges. */
#define RANGES 16u

/* First page and number of pages: addresses of user space have 47 bits, 35 above the page. */
#define COUNT_BITS 28u
#define COUNT_MASK ((1ull << COUNT_BITS) - 1)

static _Atomic uint64_t ranges[RANGES]; /* 0: free */

static uint64_t range_start(uint64_t range)
{
    return (range >> COUNT_BITS) * PAGE_BYTES;
}

static uint64_t range_end(uint64_t range)
{
    return range_start(range) + (range & COUNT_MASK) * PAGE_BYTES;
}

/* 0 where it is empty, or of more pages than can be told: 1 TiB. */
static uint64_t make_range(uint64_t start, uint64_t end)
{
    uint64_t count = end > start ? (end - start) / PAGE_BYTES : 0;
    return count == 0 || count > COUNT_MASK ? 0 : start / PAGE_BYTES << COUNT_BITS | count;
}

static bool put(uint64_t range)
{
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t none = 0;
        if (atomic_load_explicit(&ranges[i], memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&ranges[i], &none, range))
            return true;
    }
    return false;
}

/* Into the place of a smaller one. */
static void put_instead(uint64_t range)
{
    unsigned smallest = 0;
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t other = atomic_load_explicit(&ranges[i], memory_order_relaxed);
        if ((other & COUNT_MASK) < (least & COUNT_MASK)) {
            least = other;
            smallest = i;
        }
    }
    if ((least & COUNT_MASK) < (range & COUNT_MASK))
        atomic_compare_exchange_strong(&ranges[smallest], &least, range);
}

void anonymous_memory_mapped(const void *address, size_t bytes, int protection, int flags)
{
    uint64_t start = (uint64_t)(uintptr_t)address;
    uint64_t end = (start + bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    const int wanted = MAP_PRIVATE | MAP_ANONYMOUS;
    if ((flags & (wanted | MAP_GROWSDOWN)) != wanted || !(protection & PROT_READ))
        return;
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t range = atomic_load_explicit(&ranges[i], memory_order_relaxed);
        if (range == 0 || (range_end(range) != start && range_start(range) != end))
            continue;
        uint64_t both = range_end(range) == start ? make_range(range_start(range), end)
                                                  : make_range(start, range_end(range));
        /* It may be taken out meanwhile, by a thread that unmaps it: then this one is put alone. */
        if (both != 0 && atomic_compare_exchange_strong(&ranges[i], &range, both))
            return;
    }
    uint64_t range = make_range(start, end);
    if (range != 0 && !put(range))
        put_instead(range);
}

void anonymous_memory_unmapping(const void *address, size_t bytes)
{
    uint64_t start = (uint64_t)(uintptr_t)address & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end = (uint64_t)(uintptr_t)address + bytes;
    if (end < start)
        end = UINT64_MAX;
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t range = atomic_load_explicit(&ranges[i], memory_order_relaxed);
        while (range != 0 && range_start(range) < end && range_end(range) > start) {
            uint64_t before = make_range(range_start(range), start);
            uint64_t after =
                make_range((end + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1), range_end(range));
            bool keeps_after = (after & COUNT_MASK) > (before & COUNT_MASK);
            if (atomic_compare_exchange_weak(&ranges[i], &range, keeps_after ? after : before))
                break; /* the smaller rest is forgotten */
        }
    }
}

uint64_t anonymous_memory_until(uint64_t address)
{
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t range = atomic_load_explicit(&ranges[i], memory_order_relaxed);
        if (address >= range_start(range) && address < range_end(range))
            return range_end(range);
    }
    return 0;
}
