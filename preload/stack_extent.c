/*
 * The extent of a thread's own stack: see stack_extent.h.
 */
#include "stack_extent.h"

#include <stdbool.h>

#include "hot.h"
#include "reader.h"
#include "thread.h"

#define PAGE_BYTES 4096u

/* Asked about at a time; further down, a stack is not followed before it was seen here. */
#define MOST_PAGES 256u

extern void *__libc_stack_end; /* ld.so's: where the stack of the process began */

/* The first thread has its thread pointer below its stack; libpthread puts that of each other one
 * at the upper end of its stack. */
static uintptr_t top_of(uintptr_t frame)
{
    uintptr_t thread = (uintptr_t)__builtin_thread_pointer();
    return frame < thread ? thread : (uintptr_t)__libc_stack_end;
}

/* Goes on page by page from what is known: a fiber's stack has a gap above it, and is never
 * reached. */
static bool extend_to(uintptr_t frame, uintptr_t top)
{
    uintptr_t low = thread_state.stack_low;
    if (low == 0 || low > top)
        low = (top | (PAGE_BYTES - 1)) + 1;
    while (frame < low) {
        if (low - frame > MOST_PAGES * PAGE_BYTES || !process_can_read(low - PAGE_BYTES))
            return false;
        low -= PAGE_BYTES;
        thread_state.stack_low = low;
    }
    return true;
}

HOT uintptr_t stack_extent_end(uintptr_t frame)
{
    uintptr_t top = top_of(frame);
    if (frame >= top)
        return 0;
    bool is_known = thread_state.stack_low != 0 && frame >= thread_state.stack_low;
    return is_known || extend_to(frame, top) ? top : 0;
}
