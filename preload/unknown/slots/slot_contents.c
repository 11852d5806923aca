/*
 * Comparing the contents of slots: see slot_contents.h.
 */
#include "slot_contents.h"

#include "layouts/words.h"

/* Slots, all over the array: of a half of them so many have an error of 2.2 % of all, and four
 * times that is believed. */
#define LOOKS           512u
#define ERROR_PERCENT   9u
#define MOST_SLOT_BYTES 256u
/* Of the slots looked at so many that hold the same are each empty, or marked as deleted. */
#define LEAST_ALIKE 16u

static uint32_t content_of(const unsigned char *slot, size_t bytes)
{
    uint64_t content = bytes;
    size_t at = 0;
    for (; at + 8 <= bytes; at += 8)
        content = (content ^ content >> 29 ^ word_u64(slot, at)) * 0x9E3779B97F4A7C15ull;
    for (; at < bytes; at++)
        content = (content ^ content >> 29 ^ slot[at]) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(content >> 32);
}

bool slot_contents_look(const struct layout_view *view, const struct block *array,
                        uint64_t capacity, struct slot_contents *out)
{
    uint32_t contents[LOOKS];
    unsigned char slot[MOST_SLOT_BYTES];
    uint64_t slot_bytes = capacity ? array->bytes / capacity : 0;
    unsigned different = 0, kinds = 0;
    if (capacity < LOOKS || slot_bytes == 0 || slot_bytes > MOST_SLOT_BYTES)
        return false;
    for (uint64_t i = 0; i < LOOKS; i++) {
        /* Not at equal distances: keys in sequence would be met in step with their own. */
        uint64_t nth = capacity / LOOKS * i + (i * 0x9E3779B1u >> 8) % (capacity / LOOKS);
        if (!layout_read(view, array->address + nth * slot_bytes, slot, slot_bytes))
            return false;
        contents[i] = content_of(slot, (size_t)slot_bytes);
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        unsigned alike = 0, before = 0;
        for (unsigned j = 0; j < LOOKS; j++) {
            alike += contents[j] == contents[i];
            before += j < i && contents[j] == contents[i];
        }
        different += alike < LEAST_ALIKE;
        kinds += alike >= LEAST_ALIKE && before == 0;
    }
    *out = (struct slot_contents){.different =
                                      (uint64_t)((double)different / LOOKS * (double)capacity),
                                  .error = capacity * ERROR_PERCENT / 100,
                                  .kinds = kinds};
    return true;
}

bool slot_contents_are_few(const struct slot_contents *contents, uint64_t live)
{
    return contents->different <= live + live / 2 + contents->error / 3;
}
