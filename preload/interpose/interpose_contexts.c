/*
 * makecontext, in front of the real one, for coroutines whose stack is a local variable of another
 * function: below it lies more of the thread's own stack, so that it seems to have room, and what
 * lies there is that function's (given_stacks.h). No lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#include "given_stacks.h"
#include "real.h"
#include "sanitizer.h"
#include "stack_extent.h"

/* Where no libc has the function, nobody can have been linked to it. */
static void make_nothing(void)
{
}

/* Notes the stack and says which function goes on. */
void *note_context(const ucontext_t *context) __attribute__((visibility("hidden")));
void *note_context(const ucontext_t *context)
{
    uintptr_t lowest = (uintptr_t)context->uc_stack.ss_sp;
    if (!real_ready() || !real.makecontext)
        return (void *)make_nothing;
    if (!sanitizer_is_present() && stack_extent_end(lowest) != 0)
        given_stacks_note_inner(context->uc_stack.ss_sp, context->uc_stack.ss_size);
    return (void *)real.makecontext;
}

/* void makecontext(ucontext_t *, void (*)(void), int, ...): as many arguments as there are go on,
 * in registers and on the stack, as they came. */
__asm__(".text\n"
        ".globl makecontext\n"
        ".type makecontext, @function\n"
        "makecontext:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    push %rdi\n"
        "    push %rsi\n"
        "    push %rdx\n"
        "    push %rcx\n"
        "    push %r8\n"
        "    push %r9\n"
        "    push %rax\n"
        "    .cfi_def_cfa_offset 64\n"
        "    call note_context\n"
        "    mov %rax, %r11\n"
        "    pop %rax\n"
        "    pop %r9\n"
        "    pop %r8\n"
        "    pop %rcx\n"
        "    pop %rdx\n"
        "    pop %rsi\n"
        "    pop %rdi\n"
        "    .cfi_def_cfa_offset 8\n"
        "    jmp *%r11\n"
        "    .cfi_endproc\n"
        ".size makecontext, . - makecontext\n");
