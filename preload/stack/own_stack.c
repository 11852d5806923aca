/*
 * Changing to a stack of our own: see own_stack.h.
 */
#include "own_stack.h"

#include <stdatomic.h>
#include <stdint.h>

#include "held_signals.h"
#include "stack.h"
#include "system.h"
#include "thread.h"

#define OWN_STACK_BYTES 65536u

/* A look takes a millisecond or two: worth waiting for. */
#define SHARED_STACKS 16u
#define MOST_YIELDS   2000

static char *_Atomic shared_stacks; /* all in one mapping */
static _Atomic uint32_t taken;      /* a bit for each */

bool own_stack_map(struct own_stack *stack)
{
    *stack = (struct own_stack){.memory = system_map(OWN_STACK_BYTES), .bytes = OWN_STACK_BYTES};
    return stack->memory != NULL;
}

void own_stack_unmap(struct own_stack *stack)
{
    system_unmap(stack->memory, stack->bytes);
    stack->memory = NULL;
}

/* void run_on(void *top, void (*function)(void *), void *argument). The frame pointer stays on the
 * old stack, so that a debugger finds its way back. */
void own_stack_run_on(void *top, void (*function)(void *), void *argument)
    __attribute__((visibility("hidden")));
/* Global, for link-time optimization may put its callers into another object. */
__asm__(".text\n"
        ".globl own_stack_run_on\n"
        ".hidden own_stack_run_on\n"
        ".type own_stack_run_on, @function\n"
        "own_stack_run_on:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    push %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbp, -16\n"
        "    mov %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    mov %rdi, %rsp\n"
        "    mov %rdx, %rdi\n"
        "    call *%rsi\n"
        "    mov %rbp, %rsp\n"
        "    pop %rbp\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size own_stack_run_on, . - own_stack_run_on\n");

void own_stack_run(const struct own_stack *stack, void (*function)(void *), void *argument)
{
    own_stack_run_on((char *)stack->memory + stack->bytes, function, argument);
}

const void *own_stack_memory(size_t *bytes)
{
    const void *memory = atomic_load(&shared_stacks);
    *bytes = memory ? (size_t)SHARED_STACKS * OWN_STACK_BYTES : 0;
    return memory;
}

void own_stack_after_fork(void)
{
    atomic_store(&taken, 0);
}

static char *map_shared(void)
{
    char *memory = atomic_load(&shared_stacks);
    if (memory)
        return memory;
    char *mapped = system_map((size_t)SHARED_STACKS * OWN_STACK_BYTES);
    if (!mapped || atomic_compare_exchange_strong(&shared_stacks, &memory, mapped))
        return mapped;
    system_unmap(mapped, (size_t)SHARED_STACKS * OWN_STACK_BYTES); /* another thread was first */
    return memory;
}

/* The number of one that is free; SHARED_STACKS: none. */
static unsigned take_number(void)
{
    for (int yields = 0; yields < MOST_YIELDS; yields++) {
        uint32_t before = atomic_load(&taken);
        while (~before & ((1u << SHARED_STACKS) - 1)) {
            unsigned number = (unsigned)__builtin_ctz(~before);
            if (atomic_compare_exchange_weak(&taken, &before, before | 1u << number))
                return number;
        }
        system_call(SYS_sched_yield, 0, 0, 0, 0);
    }
    return SHARED_STACKS;
}

static void run_on_shared(char *memory, unsigned number, void (*function)(void *), void *argument)
{
    struct own_stack stack = {.memory = memory + (size_t)number * OWN_STACK_BYTES,
                              .bytes = OWN_STACK_BYTES};
    thread_state.stack = STACK_OWN;
    own_stack_run(&stack, function, argument);
    thread_state.stack = STACK_OF_PROGRAM;
    atomic_fetch_and(&taken, ~(1u << number));
}

void own_stack_run_with_room(void (*function)(void *), void *argument)
{
    struct held_signals signals = {0};
    char *memory;
    unsigned number;
    if (stack_is_for_signals()) {
        function(argument);
    } else if ((memory = map_shared()) && signals_hold(&signals) &&
               (number = take_number()) < SHARED_STACKS) {
        run_on_shared(memory, number, function, argument);
    } else {
        thread_state.stack = STACK_TOO_SMALL;
        function(argument);
        thread_state.stack = STACK_OF_PROGRAM;
    }
    signals_release(&signals);
}
