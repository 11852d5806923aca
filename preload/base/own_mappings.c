/*
 * Our mappings, and those that are not to be locked: see own_mappings.h.
 */
#include "own_mappings.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "page.h"
#include "system.h"

/* A program with large tables has some hundred. */
#define MOST_MAPPINGS 1024u
#define NOTHING       0u
#define GONE          1u /* searched on, and used again */

/* A look at another thread's request takes a system call. */
#define MOST_YIELDS 100

struct own_mapping {
    _Atomic uint64_t start;
    _Atomic uint64_t bytes;
};

static struct own_mapping mappings[MOST_MAPPINGS];

/* A page that was mapped while nothing was locked. What it grows to is not locked either, and the
 * kernel does not ask how much is: mremap goes by the mapping that grows, mmap by the process. */
static void *_Atomic seed;
static _Atomic bool future_is_locked;

static unsigned place_of(uint64_t start)
{
    return (unsigned)(start / PAGE_BYTES * 0x9e3779b97f4a7c15u >> 54) % MOST_MAPPINGS;
}

static bool take_place(struct own_mapping *mapping, uint64_t start, uint64_t bytes)
{
    uint64_t before = atomic_load_explicit(&mapping->start, memory_order_relaxed);
    if (before > GONE || !atomic_compare_exchange_strong(&mapping->start, &before, start))
        return false;
    atomic_store(&mapping->bytes, bytes);
    return true;
}

void own_mappings_add(const void *memory, size_t bytes)
{
    uint64_t start = (uint64_t)(uintptr_t)memory;
    unsigned place = place_of(start);
    for (unsigned i = 0; i < MOST_MAPPINGS; i++)
        if (take_place(&mappings[(place + i) % MOST_MAPPINGS], start, bytes))
            return;
}

void own_mappings_remove(const void *memory)
{
    uint64_t start = (uint64_t)(uintptr_t)memory;
    unsigned place = place_of(start);
    for (unsigned i = 0; i < MOST_MAPPINGS; i++) {
        struct own_mapping *mapping = &mappings[(place + i) % MOST_MAPPINGS];
        uint64_t here = atomic_load_explicit(&mapping->start, memory_order_relaxed);
        if (here == NOTHING)
            return;
        if (here == start) {
            atomic_store(&mapping->bytes, 0);
            atomic_store(&mapping->start, GONE);
            return;
        }
    }
}

bool own_mappings_next(uint64_t address, uint64_t *start, uint64_t *end)
{
    *start = UINT64_MAX;
    for (unsigned i = 0; i < MOST_MAPPINGS; i++) {
        uint64_t from = atomic_load(&mappings[i].start), bytes = atomic_load(&mappings[i].bytes);
        uint64_t to = from + ((bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1));
        if (from <= GONE || to <= address || from >= *start)
            continue;
        *start = from;
        *end = to;
    }
    return *start != UINT64_MAX;
}

static void *map_page(void)
{
    long page = system_call6(SYS_mmap, 0, PAGE_BYTES, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page < 0 && page > -4096)
        return NULL;
    own_mappings_add((void *)page, PAGE_BYTES);
    return (void *)page;
}

void own_mappings_lock_future(bool is_locked)
{
    if (is_locked && !atomic_load(&seed) && !atomic_load(&future_is_locked))
        atomic_store(&seed, map_page());
    atomic_store(&future_is_locked, is_locked);
}

bool own_mappings_future_is_locked(void)
{
    return atomic_load_explicit(&future_is_locked, memory_order_relaxed);
}

static void *take_seed(void)
{
    void *taken = atomic_exchange(&seed, NULL);
    for (int yields = 0; !taken && yields < MOST_YIELDS; yields++) {
        system_call(SYS_sched_yield, 0, 0, 0, 0);
        taken = atomic_exchange(&seed, NULL);
    }
    return taken;
}

void *own_mappings_map_unlocked(size_t bytes)
{
    void *page = take_seed();
    if (!page)
        return NULL;
    long grown = system_call6(SYS_mremap, (long)page, PAGE_BYTES, (long)(PAGE_BYTES + bytes),
                              MREMAP_MAYMOVE, 0, 0);
    bool has_grown = grown >= 0 || grown <= -4096;
    if (has_grown) {
        own_mappings_remove(page);
        page = (void *)grown;
        own_mappings_add(page, PAGE_BYTES);
    }
    atomic_store(&seed, page);
    return has_grown ? (char *)page + PAGE_BYTES : NULL;
}
