/*
 * The way from an array to the object that owns it: whoever holds the array's address.
 */
#ifndef HASHTRACK_LAYOUT_OBJECT_H
#define HASHTRACK_LAYOUT_OBJECT_H

#include "layout.h"

/* Copies of the address that are looked at: the object's own, and those that iterators, registers
 * saved on stacks and freed blocks may hold. */
#define OBJECT_HOLDERS_MAX 8

/* The object that holds the pointer `handle` at `offset` from its beginning and that
 * fits(view, object, context) accepts; 0 when there is none, or when no pointer scan was made.
 * `handle` is the beginning of a tracked block, or one of the places in it that the layout's
 * handles() named. */
static inline uint64_t
layout_object(const struct layout_view *view, uint64_t handle, uint64_t offset,
              bool (*fits)(const struct layout_view *view, uint64_t object, void *context),
              void *context)
{
    for (unsigned nth = 0; view->blocks != NULL && nth < OBJECT_HOLDERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, handle, nth);
        if (holder == 0 || holder < offset)
            return 0;
        if (fits(view, holder - offset, context))
            return holder - offset;
    }
    return 0;
}

/* Whether the object is known not to be there: others hold the pointer, all of them were looked at
 * (pointer_to() keeps no more than OBJECT_HOLDERS_MAX), and none is what was looked for. Then the
 * array belongs to something that only looks like it. When nobody holds the pointer, no scan was
 * made, or it is in a register. */
static inline bool layout_is_held_by_others(const struct layout_view *view, uint64_t handle)
{
    return view->blocks != NULL && view->blocks->pointer_to(view->blocks, handle, 0) != 0 &&
           view->blocks->pointer_to(view->blocks, handle, OBJECT_HOLDERS_MAX - 1) == 0;
}

#endif
