/*
 * The arrays that functions allocated last: see growth_callers.h. Hints only; no lock: what two
 * threads write at once is found to be nobody's array.
 */
#include "growth_callers.h"

#include "hot.h"

/* Growth factors, of a function's arrays of no particular size. */
#define LEAST_RATIO 1.4
#define MOST_RATIO  4.3

/* Where the last array that a function allocated in that size is kept. The last one of any size is
 * the thread's own: where others allocate by the same function (operator new calls malloc for all
 * of C++), theirs would come in between, and to ask for one is to wait for the lock that the other
 * thread has. */
uint32_t growth_caller_place(uint32_t frame_top, uint64_t bytes, uint32_t thread)
{
    uint64_t size = bytes != GROWTH_ANY_SIZE ? bytes : thread;
    uint64_t key = (size ^ (uint64_t)frame_top << 32) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(key >> 40) % REGISTRY_CALLERS;
}

/* Where the last array of a call stack is kept. Of vectors of keys, values and states that grow
 * together to a prime, or by one more than twice as many, nothing else tells which is which. */
uint32_t growth_site_place(uint32_t site)
{
    return (uint32_t)(site * 0x9E3779B97F4A7C15ull >> 40) % REGISTRY_CALLERS;
}

/* Of any size, for there are primes, headers and cookies of new[]. */
bool growth_may_replace(struct registry *registry, const struct array_record *array,
                        const struct table_array *hint, uint64_t bytes, struct array_record *old)
{
    if (!registry_get(registry, hint->index, hint->sequence, old) ||
        old->frame_top != array->frame_top)
        return false;
    if (bytes > GROWTH_OF_SITE)
        return old->bytes == bytes;
    double ratio = (double)array->bytes / (double)old->bytes;
    return old->bytes >= GROWTH_LEAST_EXPECTED / 2 && ratio > LEAST_RATIO && ratio < MOST_RATIO;
}

/* Before a power of two of bytes something of the allocator's may stand: an allocator of the
 * program's own that asks malloc for large blocks keeps their sizes there (Tcl: 16 bytes). */
#define MOST_HEAD 64u

static uint64_t head_of(uint64_t bytes)
{
    uint64_t head =
        bytes < GROWTH_LEAST_EXPECTED ? 0 : bytes ^ 1ull << (63 - __builtin_clzll(bytes));
    return head <= MOST_HEAD && head % 8 == 0 ? head : 0;
}

HOT bool growth_each_predecessor(struct registry *registry, const struct array_record *array,
                                 bool (*visit)(void *context, const struct table_array *hint,
                                               const struct array_record *old),
                                 void *context)
{
    uint64_t head = head_of(array->bytes), bytes = array->bytes - head;
    const uint64_t sizes[] = {array->bytes % 2 == 0 ? array->bytes / 2 : GROWTH_ANY_SIZE,
                              array->bytes % 4 == 0 ? array->bytes / 4 : GROWTH_ANY_SIZE,
                              head ? bytes / 2 + head : GROWTH_ANY_SIZE,
                              head ? bytes / 4 + head : GROWTH_ANY_SIZE,
                              GROWTH_OF_SITE,
                              GROWTH_ANY_SIZE};
    const unsigned last = sizeof(sizes) / sizeof(sizes[0]) - 1;
    struct array_record old;
    for (unsigned i = 0; i <= last; i++) {
        uint32_t place = sizes[i] == GROWTH_OF_SITE
                             ? growth_site_place(array->site)
                             : growth_caller_place(array->frame_top, sizes[i], array->thread);
        struct table_array hint = registry->by_caller[place];
        if ((sizes[i] != GROWTH_ANY_SIZE || i == last) &&
            growth_may_replace(registry, array, &hint, sizes[i], &old) &&
            visit(context, &hint, &old))
            return true;
    }
    return false;
}

HOT void growth_callers_note(struct registry *registry, uint32_t index,
                             const struct array_record *array)
{
    const struct table_array self = {.index = index, .sequence = (uint32_t)array->sequence};
    registry->by_caller[growth_caller_place(array->frame_top, array->bytes, array->thread)] = self;
    registry->by_caller[growth_caller_place(array->frame_top, GROWTH_ANY_SIZE, array->thread)] =
        self;
    registry->by_caller[growth_site_place(array->site)] = self;
}
