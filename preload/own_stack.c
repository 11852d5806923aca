/*
 * Changing to a stack of our own: see own_stack.h.
 */
#include "own_stack.h"

#include "system.h"

/* A snapshot takes 6 KiB (measured). */
#define OWN_STACK_BYTES 65536u

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
__asm__(".text\n"
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
