/*
 * Sizes of frames: see frame_sizes.h.
 */
#include "frame_sizes.h"

#include <stdatomic.h>
#include <stddef.h>

#include "hot.h"
#include "system.h"

#define ENTRIES 32768u

/* Address above, size in words below: addresses of programs have 47 bits. */
#define SIZE_BITS 12u
#define SIZE_MASK ((1u << SIZE_BITS) - 1)

static _Atomic uint64_t *entries;

void frame_sizes_start(void)
{
    entries = system_map(ENTRIES * sizeof(*entries));
}

static _Atomic uint64_t *entry_of(const void *address)
{
    return &entries[(uint64_t)(uintptr_t)address * 0x9E3779B97F4A7C15ull >> 49];
}

_Static_assert(ENTRIES == 1u << (64 - 49), "entry_of takes the top bits");

/* 0: not known. */
static uint32_t size_at(const void *address)
{
    uint64_t entry = atomic_load_explicit(entry_of(address), memory_order_relaxed);
    return entry >> SIZE_BITS == (uint64_t)(uintptr_t)address ? (uint32_t)(entry & SIZE_MASK) * 8
                                                              : 0;
}

void frame_sizes_learn(void *const *addresses, const uint32_t *offsets, uint32_t count)
{
    for (uint32_t i = 0; entries && i + 1 < count; i++) {
        uint64_t words = (offsets[i + 1] - offsets[i]) / 8;
        if (words <= SIZE_MASK)
            atomic_store_explicit(entry_of(addresses[i]),
                                  (uint64_t)(uintptr_t)addresses[i] << SIZE_BITS | words,
                                  memory_order_relaxed);
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
