/*
 * Whether pointers only look scattered because their blocks were handed out again: see
 * signature_pattern.h. No state, no lock, no allocation.
 */
#include "signature_pattern.h"
#include "sort.h"

/* Words whose place is known, and those of them that stayed: of fewer a fifth says little. */
#define LEAST_ONCE 24u
#define LEAST_SAME 6u

static bool is_less(uint64_t a, uint64_t b, const void *unused)
{
    (void)unused;
    return a < b;
}

DEFINE_SORT(sort_displacements, uint64_t, is_less)

/* Puts how far the words moved that did into work->piece. */
static uint32_t take_displacements(struct signature_work *work, uint64_t **displacements)
{
    _Static_assert(sizeof(work->piece) >= SAMPLE_MAX_WORDS * sizeof(**displacements),
                   "there is room");
    uint64_t *out = (uint64_t *)(void *)work->piece, offset;
    uint32_t count = 0;
    for (uint32_t i = 0; i < work->sample.count; i++)
        if (moved_to(work, i, &offset) && offset != work->sample.words[i].offset)
            out[count++] = offset - work->sample.words[i].offset;
    *displacements = out;
    return count;
}

static uint32_t most_alike(const uint64_t *sorted, uint32_t count)
{
    uint32_t most = 0, alike = 0;
    for (uint32_t i = 0; i < count; i++) {
        alike = i > 0 && sorted[i] == sorted[i - 1] ? alike + 1 : 1;
        if (alike > most)
            most = alike;
    }
    return most;
}

/* A hash that leaves a fifth of the words where they were, as a mask leaves half and a remainder by
 * half as many slots again a third, moves about as many by one distance; probing parts some. */
bool pattern_is_reuse(struct signature_work *work, const struct pattern *pattern)
{
    uint64_t *displacements;
    if (pattern->once < LEAST_ONCE || pattern->same < LEAST_SAME ||
        pattern->same * 5 < pattern->once)
        return false;
    uint32_t count = take_displacements(work, &displacements);
    sort_displacements(displacements, count, NULL);
    uint32_t most = most_alike(displacements, count);
    return most < 3 || most * 5 < pattern->same;
}
