/*
 * The arrays that a thread allocated last: see growth_candidates.h.
 */
#include "growth_candidates.h"

#include <string.h>

#include "growth_together.h"
#include "hot.h"
#include "tables.h"

static void put_first(struct candidates *candidates, uint32_t nth)
{
    struct candidate first = candidates->list[nth];
    memmove(candidates->list + 1, candidates->list, nth * sizeof(first));
    candidates->list[0] = first;
}

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
    if (of_same_call < out->count)
        put_first(out, of_same_call);
}

/* Whether both came by one call for tables of as many slots. */
static bool are_alike(const struct array_record *a, const struct array_record *b)
{
    return a->site == b->site && a->bytes == b->bytes;
}

/* The candidate, like the first one, that is the table's already or that its object leads to;
 * UINT32_MAX where it is none of them. */
static uint32_t find_named(struct registry *registry, const struct memory_reader *reader,
                           const struct array_record *old, const struct candidates *candidates)
{
    struct table_record record;
    uint64_t pointer;
    uint32_t table = tables_resolve(registry, old->table);
    for (uint32_t i = 0; table != 0 && i < candidates->count; i++)
        if (are_alike(&candidates->list[i].array, &candidates->list[0].array) &&
            tables_resolve(registry, candidates->list[i].array.table) == table)
            return i;
    if (!tables_get(registry, table, &record) ||
        record.header.array_sequence != (uint32_t)old->sequence || record.header.growths == 0 ||
        record.header.kind == HEADER_IN_ARRAY ||
        !reader->read(reader, record.header.place, &pointer, sizeof(pointer)))
        return UINT32_MAX;
    for (uint32_t i = 0; i < candidates->count; i++) {
        const struct array_record *array = &candidates->list[i].array;
        if (pointer >= array->address && pointer - array->address < array->bytes &&
            are_alike(array, &candidates->list[0].array))
            return i;
    }
    return UINT32_MAX;
}

void growth_candidates_prefer(struct registry *registry, const struct memory_reader *reader,
                              const struct array_record *old, struct candidates *candidates)
{
    const struct array_record *youngest = &candidates->list[0].array;
    uint32_t first = 0, alike = 0;
    if (candidates->count < 2 || youngest->site != old->site)
        return;
    for (uint32_t i = 1; i < candidates->count; i++) {
        const struct array_record *array = &candidates->list[i].array;
        if (!are_alike(array, youngest))
            continue;
        alike++;
        if (!(array->flags & ARRAY_SUCCESSOR) &&
            !growth_together_is_later(registry, array, youngest, old->bytes))
            first = i;
    }
    if (alike == 0)
        return;
    uint32_t named = find_named(registry, reader, old, candidates);
    put_first(candidates, named < candidates->count ? named : first);
}
