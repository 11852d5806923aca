/*
 * What may stand in front of the slots of an array: see static_search.h. No state, no allocation.
 */
#include "static_search.h"

#define MOST_FRONT_WORDS 16u /* slot_shape_fit() takes no more for a header */

/* Whether something else stands in front of a power of two of slots: the table's own counts and
 * lists, where the slots are the last member of its object. Behind such slots there is room for
 * probes that run over the end, which is empty or holds slots. */
bool static_has_front(const struct static_search *search)
{
    struct slot_shape fit = search->shape;
    unsigned char front[MOST_FRONT_WORDS * 8];
    if (fit.leads != LEADS_BY_POINTER || fit.slot_bytes != 8 ||
        !slot_shape_fit(search->block->bytes, 1, &fit) || fit.capacity == 0 ||
        fit.header_bytes > sizeof(front) ||
        !layout_read(search->view, search->block->address, front, fit.header_bytes))
        return false;
    for (uint32_t at = 0; at + 8 <= fit.header_bytes; at += 8) {
        uint64_t word = word_u64(front, at), there;
        if (word != fit.empty && !(fit.has_mark && word == fit.mark) &&
            !(layout_is_pointer(word, 8) && layout_read_u64(search->view, word, &there)))
            return true;
    }
    return false;
}

/* Drops the first of the words that were picked, where something else may stand in front. */
uint32_t static_drop_front(const struct static_search *search, uint32_t count)
{
    struct sampled_entry *entries = search->work->entries;
    struct slot_shape fit = search->shape;
    uint32_t front = 0;
    if (search->around.bytes != 0 || !slot_shape_fit(search->block->bytes, 1, &fit) ||
        fit.capacity == 0)
        return count;
    while (front < count && entries[front].slot * fit.slot_bytes < fit.header_bytes)
        front++;
    for (uint32_t i = front; i < count && front > 0; i++)
        entries[i - front] = entries[i];
    return count - front;
}
