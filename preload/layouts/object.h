/*
 * The way from an array to the object that owns it: whoever holds the array's address.
 */
#ifndef HASHTRACK_LAYOUT_OBJECT_H
#define HASHTRACK_LAYOUT_OBJECT_H

#include "layout.h"

/* Copies of the address that are looked at: the object's own, and those that iterators, registers
 * saved on stacks and freed blocks may hold. */
#define OBJECT_HOLDERS_MAX 8

/* The next object that holds the pointer `handle` at `offset` from its beginning and that
 * fits(view, object, context) accepts; 0 when there is none, or when no pointer scan was made.
 * `handle` is the beginning of a tracked block, or one of the places in it that the layout's
 * handles() named; `nth` is 0 at first, and no other's to change. More than one may fit: on a stack
 * lie copies from before, whose counts are old. */
static inline uint64_t
layout_next_object(const struct layout_view *view, uint64_t handle, uint64_t offset, unsigned *nth,
                   bool (*fits)(const struct layout_view *view, uint64_t object, void *context),
                   void *context)
{
    while (view->blocks != NULL && *nth < OBJECT_HOLDERS_MAX) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, handle, (*nth)++);
        if (holder == 0 || holder < offset)
            return 0;
        if (fits(view, holder - offset, context))
            return holder - offset;
    }
    return 0;
}

/* The first of them: for objects whose counts fits() compares with what is there. */
static inline uint64_t
layout_object(const struct layout_view *view, uint64_t handle, uint64_t offset,
              bool (*fits)(const struct layout_view *view, uint64_t object, void *context),
              void *context)
{
    unsigned nth = 0;
    return layout_next_object(view, handle, offset, &nth, fits, context);
}

/* Which of the objects that fit is the table's own: the one that counts the entries that are there.
 * Begins as zeros. */
struct object_choice {
    uint64_t address; /* 0: none fitted */
    uint64_t capacity;
    uint64_t live;    /* as it says */
    uint64_t counted; /* in the slots, UINT64_MAX where those cannot be counted */
};

#define OBJECT_IS_SETTLED(choice) ((choice)->address != 0 && (choice)->live == (choice)->counted)

/* What cannot be counted leaves the choice at the first object. */
static inline void object_choose(struct object_choice *choice, const struct object_choice *next)
{
    if (choice->address == 0 ||
        (next->counted != UINT64_MAX &&
         (choice->counted == UINT64_MAX || distance_between(next->live, next->counted) <
                                               distance_between(choice->live, choice->counted))))
        *choice = *next;
}

/* Fills in the live entries, as they were counted, and the object unless it is none of this
 * table's: a copy on a stack counts what there was before. What another thread puts in or takes out
 * between the two counts is little. */
static inline void object_choice_report(const struct object_choice *choice,
                                        struct table_reading *out)
{
    bool is_counted = choice->counted != UINT64_MAX;
    bool is_old = is_counted && distance_between(choice->live, choice->counted) >
                                    choice->counted / 64 + OBJECT_HOLDERS_MAX;
    out->live = is_counted ? choice->counted : choice->live;
    out->header = is_old ? 0 : choice->address;
    out->known |= DUMP_KNOWN_LIVE | (is_old ? 0 : DUMP_KNOWN_HEADER);
    out->confidence_ppm = is_old ? 990000 : 1000000;
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
