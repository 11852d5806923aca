/*
 * Libraries that take the sizes of their arrays out of a list, ascending.
 */
#ifndef HASHTRACK_LAYOUT_SIZE_LIST_H
#define HASHTRACK_LAYOUT_SIZE_LIST_H

#include <stddef.h>
#include <stdint.h>

/* The place of the first size that is `least` or more; of the last one where none is. */
static inline size_t size_list_index(const uint32_t *sizes, size_t count, uint64_t least)
{
    size_t index = 0;
    while (index < count - 1 && sizes[index] < least)
        index++;
    return index;
}

#endif
