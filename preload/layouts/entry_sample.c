/*
 * Sampling entries of a chained table. Reads the allocator's size word of each sampled entry.
 */
#include "entry_sample.h"

void entry_sample_measure(const struct entry_sample *sample, const struct layout_view *view,
                          uint64_t entries, struct table_reading *out)
{
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
