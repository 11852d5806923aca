/*
 * Coroutines whose stacks have at their bottom an address that no call left there, as libcoro's
 * have: abort's, which is not to be returned to. What describes the code before abort, or code of
 * this program that nobody ever runs, leads an unwinder 64 KiB past the stack's end. There another
 * page can be read at first, and can not later on: the end of a neighbour that goes away.
 *
 * argv[1]: what lies at the bottom, or what else is done
 */
#include "host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE        4096u
#define STACK_BYTES 65536u
#define ABOVE_BYTES 131072u
#define ROUNDS      60 /* the tracker walks the first fifty stacks of a thread in another way */
#define MOST_DEPTH  8

#ifdef __x86_64__
/* void change_stack(void **left, void *entered): saves and restores what a call preserves.
 * within_no_call lies inside a function whose frame is larger than what is above the stack's end;
 * first_of_function behind the last instruction of one like it. */
void change_stack(void **left, void *entered);
void within_no_call(void), first_of_function(void);
__asm__(".text\n"
        ".type change_stack, @function\n"
        "change_stack:\n"
        "    .cfi_startproc\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    .cfi_def_cfa_offset 56\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size change_stack, . - change_stack\n"
        ".type never_run, @function\n"
        "never_run:\n"
        "    .cfi_startproc\n"
        "    .cfi_def_cfa_offset 65544\n"
        "    hlt\n"
        "within_no_call:\n"
        "    hlt\n"
        "    hlt\n"
        "    .cfi_endproc\n"
        ".size never_run, . - never_run\n"
        ".type first_of_function, @function\n"
        "first_of_function:\n"
        "    .cfi_startproc\n"
        "    hlt\n"
        "    .cfi_endproc\n"
        ".size first_of_function, . - first_of_function\n");

static char *memory; /* a page that cannot be read, the stack, and what is above it */
static void *program_stack, *coroutine_stack;
static int depth;

/* A table that grows so far down that its frames are on other pages of the stack, too. */
__attribute__((noinline)) static int grow_at(int left)
{
    volatile char frame[1500];
    frame[0] = (char)left;
    if (left == 0)
        host_work(9000);
    return (left > 0 ? grow_at(left - 1) : 0) + frame[0];
}

/* Entered by a return: there is nobody to return to. */
static void coroutine(void)
{
    for (;;) {
        grow_at(depth);
        change_stack(&coroutine_stack, program_stack);
    }
}

/* As coro_create of libcoro lays them out. */
static void prepare(void (*bottom)(void))
{
    void **top = (void **)(memory + PAGE + STACK_BYTES);
    memset(memory + PAGE, 0, STACK_BYTES);
    *--top = (void *)bottom;
    *--top = (void *)coroutine;
    coroutine_stack = top - 6;
}

static void run_rounds(void (*bottom)(void))
{
    prepare(bottom);
    for (int round = 0; round < ROUNDS; round++) {
        depth = round % MOST_DEPTH;
        change_stack(&program_stack, coroutine_stack);
    }
}

/* Words that look like return addresses lie above the stack's end. */
static void lie_above(bool is_there)
{
    uintptr_t *above = (uintptr_t *)(memory + PAGE + STACK_BYTES);
    if (!is_there) {
        HOST_CHECK(mprotect(above, ABOVE_BYTES, PROT_NONE) == 0);
        return;
    }
    HOST_CHECK(mprotect(above, ABOVE_BYTES, PROT_READ | PROT_WRITE) == 0);
    for (size_t i = 0; i < ABOVE_BYTES / sizeof *above; i++)
        above[i] = (uintptr_t)grow_at + 20;
}

static void run_at(void (*bottom)(void))
{
    memory =
        mmap(NULL, PAGE + STACK_BYTES + ABOVE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(memory != MAP_FAILED);
    HOST_CHECK(mprotect(memory + PAGE, STACK_BYTES, PROT_READ | PROT_WRITE) == 0);
    for (int turn = 0; turn < 3; turn++) {
        lie_above(turn != 1);
        run_rounds(bottom);
    }
    lie_above(false);
    run_rounds(bottom);
    HOST_CHECK(munmap(memory, PAGE + STACK_BYTES + ABOVE_BYTES) == 0);
}

static int at_abort(void)
{
    run_at(abort);
    host_describe();
    return 0;
}

static int at_a_function(void)
{
    run_at(first_of_function);
    host_describe();
    return 0;
}

static int within(void)
{
    run_at(within_no_call);
    host_describe();
    return 0;
}

/* A child of a program with threads, where the tracker unwinds in another way. */
static void *waits(void *argument)
{
    pause();
    return argument;
}

static int in_child(void)
{
    pthread_t thread;
    int status;
    HOST_CHECK(pthread_create(&thread, NULL, waits, NULL) == 0);
    pid_t child = fork();
    HOST_CHECK(child >= 0);
    if (child == 0) {
        run_at(first_of_function);
        exit(31);
    }
    HOST_CHECK(waitpid(child, &status, 0) == child);
    HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 31);
    return 0;
}

static void end_program(void)
{
    host_say("left");
    exit(29);
}

/* A coroutine that ends the program: its stack is walked for the last snapshot. */
static int leaves(void)
{
    static struct host_table kept;
    run_at(first_of_function);
    memory = mmap(NULL, PAGE + STACK_BYTES + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(memory != MAP_FAILED);
    HOST_CHECK(mprotect(memory + PAGE, STACK_BYTES, PROT_READ | PROT_WRITE) == 0);
    host_table_fill(&kept, 100000);
    memset(kept.slots, 0, kept.capacity * sizeof(*kept.slots) * 7 / 8);
    void **top = (void **)(memory + PAGE + STACK_BYTES);
    *--top = (void *)first_of_function;
    *--top = (void *)end_program;
    coroutine_stack = top - 6;
    change_stack(&program_stack, coroutine_stack);
    return 1;
}
#else
static int at_abort(void)
{
    host_skip("the stacks are changed by code for x86-64");
}

static int at_a_function(void)
{
    return at_abort();
}

static int within(void)
{
    return at_abort();
}

static int in_child(void)
{
    return at_abort();
}

static int leaves(void)
{
    return at_abort();
}
#endif

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"abort", at_abort}, {"function", at_a_function},
                                             {"within", within},  {"child", in_child},
                                             {"leaves", leaves},  {NULL, NULL}};
    return host_main(argc, argv, cases);
}
