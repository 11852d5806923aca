/*
 * Memory for libunwind: see unwinder_memory.h. No lock: pieces are taken and put back by an atomic
 * exchange.
 *
 * To map it and to touch it takes longer than to start a thread. So it comes with all its pages, by
 * one call instead of 64 page faults, and some of those that ended threads give back are kept.
 */
#include "unwinder_memory.h"

#include <stdatomic.h>
#include <string.h>

#include "stack_extent.h"
#include "system.h"

/* Its memory for 16,384 frames, with which it begins. */
#define KEPT_BYTES  262144u
#define MOST_PIECES 4u

static void *_Atomic kept[MOST_PIECES];
static const void *of_first;
static size_t bytes_of_first;

static void *take_kept(void)
{
    for (unsigned i = 0; i < MOST_PIECES; i++) {
        void *piece = atomic_load_explicit(&kept[i], memory_order_relaxed);
        if (piece && (piece = atomic_exchange(&kept[i], NULL)) != NULL)
            return piece;
    }
    return NULL;
}

void *unwinder_memory_map(size_t bytes)
{
    void *piece = bytes == KEPT_BYTES ? take_kept() : NULL;
    if (piece)
        return memset(piece, 0, bytes);
    long mapped = own_mappings_future_is_locked()
                      ? (long)own_mappings_map_unlocked(bytes)
                      : system_call6(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (mapped == 0 || (mapped < 0 && mapped > -4096))
        return NULL;
    own_mappings_add((void *)mapped, bytes);
    if (bytes >= KEPT_BYTES && stack_is_first_thread()) {
        of_first = (const void *)mapped;
        bytes_of_first = bytes;
    }
    return (void *)mapped;
}

bool unwinder_memory_keep(void *memory, size_t bytes)
{
    if (memory == of_first) { /* it was full, and a larger one takes its place */
        of_first = NULL;
        bytes_of_first = 0;
    }
    for (unsigned i = 0; i < MOST_PIECES && bytes == KEPT_BYTES; i++) {
        void *nothing = NULL;
        if (atomic_compare_exchange_strong(&kept[i], &nothing, memory))
            return true;
    }
    own_mappings_remove(memory);
    return false;
}

const void *unwinder_memory_of_first(size_t *bytes)
{
    *bytes = bytes_of_first;
    return of_first;
}
