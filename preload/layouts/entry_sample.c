/*
 * Sampling entries of a chained table. Reads the allocator's size word of each sampled entry.
 */
#include "entry_sample.h"

#define BEHIND_MOST 256u /* bytes of an entry before the place in it that a bucket leads to */

bool entry_sample_is_gone(const struct entry_sample *sample, const struct layout_view *view)
{
    for (uint64_t behind = 0; sample->count > 0 && behind <= BEHIND_MOST; behind += 8) {
        uint32_t freed = 0;
        for (uint32_t i = 0; i < sample->count && freed + sample->count / 4 >= i; i++)
            freed += layout_is_freed_block(view, sample->addresses[i] - behind, behind + 8);
        if (freed > 0 && freed * 4 >= sample->count * 3)
            return true;
    }
    return false;
}

void entry_sample_measure(const struct entry_sample *sample, const struct layout_view *view,
                          uint64_t entries, struct table_reading *out)
{
    out->entries_are_gone = view->entries_may_be_gone && entry_sample_is_gone(sample, view);
    /* Under a free nobody asks for the bytes of entries, and each is a system call or two. */
    if (view->is_hurried || (entries != 0 && sample->count == 0))
        return;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t bytes = layout_chunk_bytes(view, sample->addresses[i]);
        if (bytes == 0)
            return;
        sum += bytes;
    }
    uint64_t entry_bytes = 0;
    if (sample->count != 0 && __builtin_mul_overflow(sum, entries, &entry_bytes))
        return;
    out->entry_blocks = entries;
    out->entry_bytes = sample->count != 0 ? entry_bytes / sample->count : 0;
    out->known |= DUMP_KNOWN_ENTRIES;
}
