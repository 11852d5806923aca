/*
 * Sizes of frames: see frame_sizes.h.
 */
#include "frame_sizes.h"

#include <stdatomic.h>
#include <stddef.h>

#include "hot.h"
#include "system.h"

#define ENTRIES 32768u

/* Of these so many are used at first, and four times as many when half of them are taken: scattered
 * over all 64 pages, the thousand return addresses of a short python3 cost 80 page faults. */
#define FIRST_ENTRIES 2048u
#define GROWTH        4u

/* Address above, size in words below: addresses of programs have 47 bits. */
#define SIZE_BITS 12u
#define SIZE_MASK ((1u << SIZE_BITS) - 1)

static _Atomic uint64_t *entries;
static _Atomic uint32_t used_entries = FIRST_ENTRIES, taken_entries;

void frame_sizes_start(void)
{
    entries = system_map(ENTRIES * sizeof(*entries));
}

static inline _Atomic uint64_t *entry_among(uint64_t address, uint32_t used)
{
    return &entries[(address * 0x9E3779B97F4A7C15ull >> 49) & (used - 1)];
}

_Static_assert(ENTRIES == 1u << (64 - 49), "entry_among takes the top bits");

static inline _Atomic uint64_t *entry_of(const void *address)
{
    return entry_among((uint64_t)(uintptr_t)address,
                       atomic_load_explicit(&used_entries, memory_order_relaxed));
}

/* 0: not known. */
static uint32_t size_at(const void *address)
{
    uint64_t entry = atomic_load_explicit(entry_of(address), memory_order_relaxed);
    return entry >> SIZE_BITS == (uint64_t)(uintptr_t)address ? (uint32_t)(entry & SIZE_MASK) * 8
                                                              : 0;
}

/* Each entry says itself whose it is: one that another thread is learning meanwhile may be lost,
 * and is learnt again. */
static void use_more(uint32_t used)
{
    if (used == ENTRIES || !atomic_compare_exchange_strong(&used_entries, &used, used * GROWTH))
        return;
    atomic_store_explicit(&taken_entries, 0, memory_order_relaxed);
    for (uint32_t i = 0; i < used; i++) {
        uint64_t entry = atomic_load_explicit(&entries[i], memory_order_relaxed);
        _Atomic uint64_t *place = entry_among(entry >> SIZE_BITS, used * GROWTH);
        if (entry != 0 && place != &entries[i])
            atomic_store_explicit(place, entry, memory_order_relaxed);
    }
}

static void learn(const void *address, uint64_t words)
{
    const uint64_t entry = (uint64_t)(uintptr_t)address << SIZE_BITS | words;
    uint32_t used = atomic_load_explicit(&used_entries, memory_order_relaxed);
    uint64_t before = atomic_exchange_explicit(entry_of(address), entry, memory_order_relaxed);
    if (before >> SIZE_BITS != entry >> SIZE_BITS &&
        atomic_fetch_add_explicit(&taken_entries, 1, memory_order_relaxed) >= used / 2)
        use_more(used);
}

void frame_sizes_learn(void *const *addresses, const uint32_t *offsets, uint32_t count)
{
    for (uint32_t i = 0; entries && i + 1 < count; i++) {
        uint64_t words = (offsets[i + 1] - offsets[i]) / 8;
        if (words <= SIZE_MASK)
            learn(addresses[i], words);
    }
}

uint32_t frame_sizes_known_from(void *const *addresses, uint32_t count)
{
    uint32_t from = count - 1;
    while (entries && from > 0 && size_at(addresses[from - 1]) != 0)
        from--;
    return from;
}

bool frame_sizes_find(uintptr_t frame, uintptr_t end, void *const *addresses, uint32_t from,
                      uint32_t count, uint32_t *offsets)
{
    for (uint32_t i = from; entries && i + 1 < count; i++) {
        uint32_t size = size_at(addresses[i]);
        offsets[i + 1] = offsets[i] + size;
        uintptr_t place = frame + offsets[i + 1];
        if (size == 0 || place + sizeof(void *) > end || *(void *const *)place != addresses[i + 1])
            return false;
    }
    return true;
}

HOT uint64_t frame_sizes_hash(uintptr_t first, uintptr_t end, uint32_t most)
{
    uint64_t hash = 0;
    uintptr_t place = first + sizeof(void *), last = end - sizeof(void *);
    if (!entries || end < sizeof(void *))
        return 0;
    for (uint32_t left = most; left > 0 && place <= last; left--) {
        const void *address = *(void *const *)place;
        uint32_t size = size_at(address);
        if (size == 0) /* or it is no return address at all */
            break;
        hash = (hash ^ (uint64_t)(uintptr_t)address) * 0x9E3779B97F4A7C15ull;
        place += size;
    }
    return hash ^ hash >> 32;
}
