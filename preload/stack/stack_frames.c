/*
 * The frames of this thread's stack, where they lie: see stack.h. For a snapshot, which looks for
 * variables in them. No lock.
 */
#include "stack.h"

#include <unwind.h>

#include "checked_reads.h"
#include "lock.h"
#include "stack_extent.h"
#include "thread.h"

struct frame_walk {
    struct stack_frame *frames;
    uint32_t count;
    uint32_t most;
};

/* libgcc's "CFA" of a context is that of the frame it called: the stack pointer after the call
 * (libgcc, unwind-dw2.c: uw_update_context). */
static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *context, void *argument)
{
    struct frame_walk *walk = argument;
    uintptr_t address = _Unwind_GetIP(context);
    if (walk->count == walk->most || checked_reads_end_at((void *)address))
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = (struct stack_frame){
        .address = address,
        .stack_pointer = _Unwind_GetCFA(context),
        .is_ours = stack_is_ours((void *)address),
    };
    return _URC_NO_REASON;
}

/* By libgcc, which takes no lock: this is called once a snapshot, and its speed matters little. */
uint32_t stack_frames(struct stack_frame *frames, uint32_t most)
{
    struct frame_walk walk = {.frames = frames, .most = most};
    uintptr_t frame = thread_frame_of_program((uintptr_t)__builtin_frame_address(0));
    lock_check_none();
    if (!stack_is_for_signals()) {
        thread_state.unwinding = 1;
        thread_state.checks_reads = stack_extent_end(frame) == 0;
        _Unwind_Backtrace(visit_frame, &walk);
        thread_state.checks_reads = 0;
        thread_state.unwinding = 0;
    }
    if (walk.count == 0 && most > 0)
        frames[walk.count++] = (struct stack_frame){
            .stack_pointer = (uintptr_t)__builtin_frame_address(0), .is_ours = true};
    return walk.count;
}
