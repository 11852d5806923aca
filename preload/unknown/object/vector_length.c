/* Counting by where a vector ends: see vector_length.h. */
#include "vector_length.h"

#include "object_window.h"

#define LEAST_ENTRIES      128u /* of fewer the length may be a multiple by chance */
#define ELEMENT_UNIT       4u   /* bytes of an element are a multiple of this */
#define MOST_ELEMENT_BYTES 1024u

static bool is_length_of(const struct layout_view *view, const struct block *array, uint64_t begin,
                         uint64_t end, uint64_t entries)
{
    struct block elements;
    uint64_t length = end - begin;
    return begin < end && length % entries == 0 && length / entries % ELEMENT_UNIT == 0 &&
           length / entries <= MOST_ELEMENT_BYTES && begin != array->address &&
           view->blocks->find(view->blocks, begin, &elements) && length <= elements.bytes;
}

bool vector_length_is(const struct layout_view *view, const struct block *array, uint64_t entries)
{
    if (!view->blocks || entries < LEAST_ENTRIES)
        return false;
    for (unsigned nth = 0; nth < OBJECT_HOLDERS; nth++) {
        FORGOTTEN(object_window) struct object_window object;
        uint64_t place = view->blocks->pointer_to(view->blocks, array->address, nth);
        if (place == 0)
            return false;
        if (!object_window_read_around(view->reader, place, &object))
            continue;
        for (uint64_t at = 0; at + 16 <= object.end - object.start; at += 8)
            if (is_length_of(view, array, word_u64(object.bytes, at),
                             word_u64(object.bytes, at + 8), entries))
                return true;
    }
    return false;
}

uint64_t vector_used_bytes(const struct layout_view *view, const struct block *array)
{
    for (unsigned nth = 0; view->blocks && nth < OBJECT_HOLDERS; nth++) {
        uint64_t words[3], place = view->blocks->pointer_to(view->blocks, array->address, nth);
        if (place == 0)
            return 0;
        if (!layout_read(view, place, words, sizeof(words)) || words[0] != array->address ||
            words[2] != array->address + array->bytes)
            continue;
        uint64_t used = words[1] - words[0];
        if (used >= array->bytes / 2 && used < array->bytes)
            return used;
    }
    return 0;
}
