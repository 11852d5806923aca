/*
 * Tables built anew at the same size: see growth_rebuilt.h. Runs inside the tracker, under no lock.
 */
#include "growth_rebuilt.h"

#include "growth_together.h"
#include "scratch.h"
#include "tables.h"
#include "thread.h"

#define MOST_CANDIDATES 3u  /* arrays of the thread, the last ones first */
#define PLACES          16u /* of the arrays that are compared, some words at each */
#define WORDS           8u
#define LEAST_ALIKE     16u /* words that are not empty and the same in both */

bool growth_rebuilt_as_large(struct registry *registry, const struct array_record *old,
                             uint32_t *index, struct array_record *out)
{
    const struct recent_array *recent;
    for (uint32_t i = 0; i < MOST_CANDIDATES && (recent = thread_recent(i)) != NULL; i++) {
        *index = recent->index;
        if (recent->sequence > (uint32_t)old->sequence &&
            registry_get(registry, recent->index, recent->sequence, out) &&
            out->site == old->site && out->bytes == old->bytes)
            return true;
    }
    return false;
}

/* Whether most of the words are where they were. Those of erased entries are not, and a few more
 * that had been displaced by them. */
static bool holds_the_same(const struct memory_reader *reader, const struct array_record *old,
                           const struct array_record *array)
{
    uint64_t before[PLACES * WORDS], after[PLACES * WORDS];
    const size_t piece = WORDS * sizeof(before[0]);
    unsigned filled = 0, alike = 0;
    if (!read_spread(reader, old->address, old->bytes, PLACES, before, piece) ||
        !read_spread(reader, array->address, array->bytes, PLACES, after, piece))
        return false;
    for (unsigned i = 0; i < PLACES * WORDS; i++) {
        filled += after[i] != 0 && after[i] != UINT64_MAX;
        alike += after[i] != 0 && after[i] != UINT64_MAX && after[i] == before[i];
    }
    return alike >= LEAST_ALIKE && alike * 2 >= filled;
}

bool growth_rebuilt_follow(struct registry *registry, const struct array_record *old)
{
    const struct growth_evidence evidence = {0};
    struct array_record array;
    uint32_t index;
    if (!growth_rebuilt_as_large(registry, old, &index, &array) || array.table != 0 ||
        growth_together_is_taken(registry, old, &array))
        return false;
    struct scratch *scratch = scratch_take();
    if (!scratch)
        return false;
    bool is_same = holds_the_same(scratch->view.reader, old, &array);
    scratch_return(scratch);
    return is_same && tables_link(registry, old, index, &array, &evidence) != 0;
}
