/*
 * The ways out, in front of the real ones.
 *
 * A library's destructor runs after the program's own, which have freed the tables by then (trap
 * 41), and _exit, quick_exit and abort run none at all (trap 39). So main is wrapped: a snapshot
 * when it returns comes before any atexit handler; and the exit functions are interposed. Before it
 * the program is asked for its suppressions.
 */
#include <stdlib.h>
#include <unistd.h>

#include "default_suppressions.h"
#include "glibc.h"
#include "lifecycle.h"
#include "real.h"
#include "sanitizer.h"

#define EXPORT __attribute__((visibility("default")))

typedef int (*main_function)(int, char **, char **);

int __libc_start_main(main_function program_main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

/* Not static, for link-time optimization may put them into other objects than the code below. */
main_function main_of_program __attribute__((visibility("hidden")));
void *main_returns_to __attribute__((visibility("hidden")));
void *main_wrapper_stack __attribute__((visibility("hidden")));
void main_begins(void) __attribute__((visibility("hidden")));
void main_ended(void) __attribute__((visibility("hidden")));
int main_wrapper(int argc, char **argv, char **environment) __attribute__((visibility("hidden")));

void main_begins(void)
{
    default_suppressions_ask(&hashtrack_registry);
}

void main_ended(void)
{
    lifecycle_ending(DUMP_REASON_MAIN_RETURNED);
}

/* int main_wrapper(int argc, char **argv, char **environment): main_begins(), the program's main,
 * main_ended(). Of what is called here main alone may come back with another stack pointer and
 * other registers: Free Pascal's halt jumps from wherever it is to where main was called
 * (rtl/linux, si_c.inc), for glibc needs neither there (trap 70). So nothing is kept on the stack
 * or in a register meanwhile.
 *
 * Of main's variables some are tables, which main_ended() reads: its frames go below them, where
 * that is known. Else they would be written over: of a table of 100,000 entries 8,064 were said,
 * the control word of the floating-point unit. */
__asm__(
    ".text\n"
    ".globl main_wrapper\n"
    ".hidden main_wrapper\n"
    ".type main_wrapper, @function\n"
    "main_wrapper:\n"
    "    .cfi_startproc\n"
    "    endbr64\n"
    "    mov (%rsp), %rax\n"
    "    mov %rax, main_returns_to(%rip)\n"
    "    sub $24, %rsp\n"
    "    .cfi_adjust_cfa_offset 24\n"
    "    mov %rdi, (%rsp)\n"
    "    mov %rsi, 8(%rsp)\n"
    "    mov %rdx, 16(%rsp)\n"
    "    call main_begins\n"
    "    mov (%rsp), %rdi\n"
    "    mov 8(%rsp), %rsi\n"
    "    mov 16(%rsp), %rdx\n"
    "    call *main_of_program(%rip)\n"
    "    .cfi_undefined %rip\n" /* what is above on the stack may be anything: unwound no further */
    "    and $-16, %rsp\n"      /* does nothing when main came back by its own return */
    "    mov %rax, (%rsp)\n"
    "    mov %rsp, main_wrapper_stack(%rip)\n"
    "    mov stack_of_main(%rip), %rcx\n"
    "    test %rcx, %rcx\n"
    "    jz 1f\n"
    "    cmp %rsp, %rcx\n"
    "    jae 1f\n"
    "    mov %rcx, %rsp\n"
    "    and $-16, %rsp\n"
    "1:  call main_ended\n"
    "    mov main_wrapper_stack(%rip), %rsp\n"
    "    mov (%rsp), %rax\n"
    "    add $32, %rsp\n"
    "    jmp *main_returns_to(%rip)\n"
    "    .cfi_endproc\n"
    ".size main_wrapper, . - main_wrapper\n");

EXPORT int __libc_start_main(main_function program_main, int argc, char **argv, void (*init)(void),
                             void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    real_ready();
    if (sanitizer_is_present() || !glibc_is_present())
        return real.start_main(program_main, argc, argv, init, fini, rtld_fini, stack_end);
    main_of_program = program_main;
    return real.start_main(main_wrapper, argc, argv, init, fini, rtld_fini, stack_end);
}

EXPORT void exit(int status)
{
    lifecycle_ending(DUMP_REASON_EXIT);
    real_ready();
    real.exit(status);
    __builtin_unreachable();
}

EXPORT void quick_exit(int status)
{
    lifecycle_ending(DUMP_REASON_QUICK_EXIT);
    real_ready();
    real.quick_exit(status);
    __builtin_unreachable();
}

EXPORT void _exit(int status)
{
    lifecycle_ending(DUMP_REASON_EXIT_NOW);
    real_ready();
    real.exit_now(status);
    __builtin_unreachable();
}

EXPORT void _Exit(int status)
{
    _exit(status);
}
