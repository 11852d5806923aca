/*
 * Heapsort: in place, no recursion, no allocation.
 *
 * DEFINE_SORT(name, type, less) defines name(items, count, context), which sorts an array of `type`
 * so that less(a, b, context) holds of no later a and earlier b.
 */
#ifndef HASHTRACK_SORT_H
#define HASHTRACK_SORT_H

#include <stddef.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses */
#define DEFINE_SORT(name, type, less)                                                              \
    static void name##_sift(type *items, size_t root, size_t count, void *context)                 \
    {                                                                                              \
        for (size_t child; (child = 2 * root + 1) < count; root = child) {                         \
            if (child + 1 < count && less(items[child], items[child + 1], context))                \
                child++;                                                                           \
            if (!less(items[root], items[child], context))                                         \
                return;                                                                            \
            type swapped = items[root];                                                            \
            items[root] = items[child];                                                            \
            items[child] = swapped;                                                                \
        }                                                                                          \
    }                                                                                              \
    static void name(type *items, size_t count, void *context)                                     \
    {                                                                                              \
        for (size_t i = count / 2; i-- > 0;)                                                       \
            name##_sift(items, i, count, context);                                                 \
        for (size_t end = count; end-- > 1;) {                                                     \
            type swapped = items[0];                                                               \
            items[0] = items[end];                                                                 \
            items[end] = swapped;                                                                  \
            name##_sift(items, 0, end, context);                                                   \
        }                                                                                          \
    }

/* NOLINTEND(bugprone-macro-parentheses) */

#endif
