/*
 * The arrays that a thread allocated last: see growth_candidates.h.
 */
#include "growth_candidates.h"

#include <string.h>

#include "hot.h"

HOT void growth_candidates_find(struct registry *registry, const struct array_record *old,
                                struct candidates *out)
{
    const struct recent_array *recent;
    uint32_t of_same_call = THREAD_RECENT;
    out->count = 0;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL; i++) {
        struct candidate *next = &out->list[out->count];
        if (recent->sequence <= (uint32_t)old->sequence ||
            !registry_get(registry, recent->index, recent->sequence, &next->array))
            continue;
        next->index = recent->index;
        if (of_same_call == THREAD_RECENT && next->array.site == old->site &&
            next->array.bytes > old->bytes)
            of_same_call = out->count;
        out->count++;
    }
    if (of_same_call < out->count) {
        struct candidate first = out->list[of_same_call];
        memmove(out->list + 1, out->list, of_same_call * sizeof(first));
        out->list[0] = first;
    }
}
