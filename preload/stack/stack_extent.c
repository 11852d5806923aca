/*
 * The extent of a thread's own stack: see stack_extent.h.
 */
#include "stack_extent.h"

#include "given_stacks.h"
#include "glibc.h"
#include "hot.h"
#include "page.h"
#include "reader.h"
#include "thread.h"

/* Asked about at a time; further down, a stack is not followed before it was seen here. */
#define MOST_PAGES 256u

static uintptr_t first_thread; /* its thread pointer */

static uintptr_t thread_pointer(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

void stack_extent_start(void)
{
    first_thread = thread_pointer();
}

bool stack_is_first_thread(void)
{
    return thread_pointer() == first_thread;
}

/* libpthread puts the thread pointer of each thread but the first at the upper end of its stack. */
static uintptr_t top_of_stack(void)
{
    uintptr_t thread = thread_pointer();
    return stack_is_first_thread() ? (uintptr_t)__libc_stack_end : thread;
}

/* Goes on page by page from what is known. A fiber's stack is not reached: the first thread's lies
 * far away from all else, those of the others end with a page that cannot be read, or where the
 * program said. */
static bool extend_to(uintptr_t frame, uintptr_t top)
{
    uintptr_t low = thread_state.stack_low;
    uintptr_t least = given_stacks_start(thread_pointer());
    if (low == 0 || low > top)
        low = (top | (PAGE_BYTES - 1)) + 1;
    while (frame < low) {
        if (low - frame > MOST_PAGES * PAGE_BYTES || low - PAGE_BYTES < least ||
            !process_can_read(low - PAGE_BYTES))
            return false;
        low -= PAGE_BYTES;
        thread_state.stack_low = low;
    }
    return true;
}

HOT uintptr_t stack_extent_end(uintptr_t frame)
{
    uintptr_t top = top_of_stack();
    if (frame >= top)
        return 0;
    bool is_known = thread_state.stack_low != 0 && frame >= thread_state.stack_low;
    return is_known || extend_to(frame, top) ? top : 0;
}

/* Whoever asks for what is below its frame lets the first thread's stack grow, which it would do by
 * itself when it gets there. */
HOT bool stack_has_room(uintptr_t frame)
{
    uintptr_t top = top_of_stack(), end = frame - STACK_ROOM_BYTES;
    if (frame >= top || end < given_stacks_inner(frame))
        return false;
    return (thread_state.stack_low != 0 && end >= thread_state.stack_low) || extend_to(end, top);
}
