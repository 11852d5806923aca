/*
 * Stacks that an unwinder does not expect: fibers of 8 KiB, an alternate signal stack of 8 KiB,
 * code without unwind tables (as a just-in-time compiler writes it) that uses the frame pointer for
 * other things, a recursion of 60,000 calls, a stack that begins at an unreadable page. The tracker
 * walks each of them at every tracked allocation.
 */
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define FIBERS 8
#define PAGE   4096u

static ucontext_t main_context, fibers[FIBERS];
static int switches;

static void allocates(void)
{
    void *block = realloc(malloc(2000), 6000);
    HOST_CHECK(block != NULL);
    free(block);
    host_work(1000);
}

static void fiber(int number)
{
    void *kept = NULL;
    for (int round = 0; round < 50; round++) {
        kept = realloc(kept, 1000 + 100 * (size_t)round);
        allocates();
        switches++;
        swapcontext(&fibers[number], &main_context);
    }
    free(kept);
}

/* A stack whose lowest and highest neighbours cannot be read: walking past the end is a fault. */
static char *guarded_stack(size_t bytes)
{
    char *whole = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(whole != MAP_FAILED);
    HOST_CHECK(mprotect(whole + PAGE, bytes, PROT_READ | PROT_WRITE) == 0);
    return whole + PAGE;
}

/* On processors with more registers than AVX-512's the kernel's frame alone may take 8 KiB. */
static size_t small_stack_bytes(void)
{
    size_t least = getauxval(AT_MINSIGSTKSZ) + PAGE;
    return least <= 8192 ? 8192 : (least + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static void prepare_fiber(int number, void (*function)(int), int argument)
{
    HOST_CHECK(getcontext(&fibers[number]) == 0);
    fibers[number].uc_stack.ss_size = small_stack_bytes();
    fibers[number].uc_stack.ss_sp = guarded_stack(fibers[number].uc_stack.ss_size);
    fibers[number].uc_link = &main_context;
    makecontext(&fibers[number], (void (*)(void))function, 1, argument);
}

static int in_fibers(void)
{
    for (int i = 0; i < FIBERS; i++)
        prepare_fiber(i, fiber, i);
    for (int round = 0; round < 51; round++) {
        for (int i = 0; i < FIBERS; i++)
            HOST_CHECK(swapcontext(&main_context, &fibers[i]) == 0);
    }
    host_say("%d switches", switches);
    host_describe();
    return 0;
}

static void grows_and_returns(int entries)
{
    host_work((size_t)entries);
}

/* Below the stack of 4 KiB lies what is another function's. */
static void fiber_within(char *memory, size_t bytes)
{
    memset(memory, 0x5a, bytes);
    HOST_CHECK(getcontext(&fibers[0]) == 0);
    fibers[0].uc_stack.ss_size = PAGE;
    fibers[0].uc_stack.ss_sp = memory + bytes - PAGE;
    fibers[0].uc_link = &main_context;
    makecontext(&fibers[0], (void (*)(void))grows_and_returns, 8, 3000, 1, 2, 3, 4, 5, 6, 7);
    HOST_CHECK(swapcontext(&main_context, &fibers[0]) == 0);
    for (size_t i = 0; i < bytes - PAGE; i++)
        HOST_CHECK(memory[i] == 0x5a);
}

static void *fiber_within_a_thread(void *nothing)
{
    char memory[65536];
    fiber_within(memory, sizeof memory);
    return nothing;
}

static int fiber_in_a_variable(void)
{
    char memory[65536];
    pthread_t thread;
    fiber_within(memory, sizeof memory);
    HOST_CHECK(pthread_create(&thread, NULL, fiber_within_a_thread, NULL) == 0);
    HOST_CHECK(pthread_join(thread, NULL) == 0);
    host_work(3000);
    return 0;
}

/* Tables are grown, and the last snapshot made, where there is room for neither. */
static void grows_and_leaves(int status)
{
    static struct host_table kept;
    host_table_fill(&kept, 100000);
    memset(kept.slots, 0, kept.capacity * sizeof(*kept.slots) * 7 / 8);
    host_say("left");
    exit(status);
}

static int leaves_in_a_fiber(void)
{
    prepare_fiber(0, grows_and_leaves, 31);
    swapcontext(&main_context, &fibers[0]);
    return 1;
}

static volatile sig_atomic_t handled;

static void on_small_stack(int number)
{
    (void)number;
    allocates();
    handled++;
}

static void handle_on_small_stack(void (*handler)(int))
{
    size_t bytes = small_stack_bytes();
    stack_t small = {.ss_sp = guarded_stack(bytes), .ss_size = bytes};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    HOST_CHECK(sigaltstack(&small, NULL) == 0);
    HOST_CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
}

static int alternate_stack(void)
{
    handle_on_small_stack(on_small_stack);
    /* raise() interrupts nothing: the handler may allocate. */
    for (int i = 0; i < 100; i++)
        HOST_CHECK(raise(SIGUSR1) == 0);
    HOST_CHECK(handled == 100);
    host_describe();
    return 0;
}

static void grows_table(int number)
{
    (void)number;
    host_work(50000);
}

static int growth_on_alternate_stack(void)
{
    handle_on_small_stack(grows_table);
    for (int i = 0; i < 3; i++)
        HOST_CHECK(raise(SIGUSR1) == 0);
    host_describe();
    return 0;
}

/* A crash handler, with tables to be looked at before it is left. */
static void leaves(int number)
{
    (void)number;
    host_say("left");
    _exit(27);
}

static int leaves_on_alternate_stack(void)
{
    static struct host_table kept;
    handle_on_small_stack(leaves);
    host_table_fill(&kept, 100000);
    memset(kept.slots, 0, kept.capacity * sizeof(*kept.slots) * 7 / 8);
    raise(SIGUSR1);
    return 1;
}

/* Handlers below a fault, which the program repairs: the unwinder meets a signal frame. */
static char *repaired;

static void repairs(int number)
{
    (void)number;
    allocates();
    HOST_CHECK(mprotect(repaired, PAGE, PROT_READ | PROT_WRITE) == 0);
}

static int below_a_fault(void)
{
    repaired = guarded_stack(PAGE);
    HOST_CHECK(signal(SIGSEGV, repairs) != SIG_ERR);
    for (int i = 0; i < 100; i++) {
        HOST_CHECK(mprotect(repaired, PAGE, PROT_NONE) == 0);
        repaired[i] = 1;
    }
    host_describe();
    return 0;
}

#ifdef __x86_64__
/* void call(void (*function)(void), uint64_t frame_pointer), without unwind tables:
 *     push rbp; push rbx; sub rsp, 72; mov rbx, rdi; mov rbp, rsi; call rbx;
 *     add rsp, 72; pop rbx; pop rbp; ret */
static const unsigned char code[] = {0x55, 0x53, 0x48, 0x83, 0xec, 0x48, 0x48,
                                     0x89, 0xfb, 0x48, 0x89, 0xf5, 0xff, 0xd3,
                                     0x48, 0x83, 0xc4, 0x48, 0x5b, 0x5d, 0xc3};

static int generated_code(void)
{
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void (*call)(void (*)(void), uint64_t);
    HOST_CHECK(page != MAP_FAILED);
    memcpy(page + PAGE - sizeof code, code, sizeof code);
    if (mprotect(page, PAGE, PROT_READ | PROT_EXEC) != 0)
        host_skip("no generated code here");
    page += PAGE - sizeof code;
    memcpy(&call, &page, sizeof call);
    char *unreadable = guarded_stack(PAGE) - 8;
    const uint64_t frame_pointers[] = {0,
                                       1,
                                       8,
                                       0x4141414141414141,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       (uint64_t)(uintptr_t)&main_context,
                                       (uint64_t)(uintptr_t)page,
                                       (uint64_t)(uintptr_t)unreadable,
                                       (uint64_t)(uintptr_t)&frame_pointers};
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof frame_pointers / sizeof frame_pointers[0]; i++)
            call(allocates, frame_pointers[i]);
    }
    /* The code is gone while blocks that it allocated are still there. */
    HOST_CHECK(munmap(page - PAGE + sizeof code, PAGE) == 0);
    host_work(10000);
    host_describe();
    return 0;
}
#else
static int generated_code(void)
{
    host_skip("the generated code is for x86-64");
}
#endif

__attribute__((noinline)) static int descend(int depth)
{
    volatile char frame[8] = {(char)depth};
    if (depth % 10000 == 0)
        allocates();
    return (depth == 0 ? 0 : descend(depth - 1)) + frame[0] - (char)depth;
}

static int deep_recursion(void)
{
    HOST_CHECK(descend(60000) == 0); /* some 3 MB of 8 */
    host_describe();
    return 0;
}

/* One place in the program that is reached at every depth, directly and by way of another function.
 */
static struct host_table reached[400];
static size_t reached_count;

static int by_way(int depth);

__attribute__((noinline)) static int reach(int depth)
{
    volatile char frame[8] = {(char)depth};
    host_table_fill(&reached[reached_count++], 500);
    return (depth == 0 ? 0 : depth < 100 ? reach(depth - 1) : by_way(depth - 1)) + frame[0];
}

__attribute__((noinline)) static int by_way(int depth)
{
    volatile char frame[8] = {1};
    return reach(depth) - frame[0];
}

static int one_place(void)
{
    reach(199);
    host_say("%zu tables", reached_count);
    host_describe();
    return 0;
}

/* What a compiler at run time does as it ends: its code is gone, and it leaves by exit from what
 * that code called. Mono does. */
static char *callers_page;
static void *kept_to_the_end;

static void outlives_its_caller(void)
{
    kept_to_the_end = malloc(6000);
    HOST_CHECK(munmap(callers_page, PAGE) == 0);
    allocates();
    host_say("the caller is gone");
    exit(31); /* a block is there: else nobody asks for the stack */
}

#ifdef __x86_64__
static int callers_are_gone(void)
{
    void (*call)(void (*)(void), uint64_t);
    callers_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(callers_page != MAP_FAILED);
    memcpy(callers_page, code, sizeof code);
    if (mprotect(callers_page, PAGE, PROT_READ | PROT_EXEC) != 0)
        host_skip("no generated code here");
    memcpy(&call, &callers_page, sizeof call);
    call(outlives_its_caller, 1);
    return 1;
}
#else
static int callers_are_gone(void)
{
    host_skip("the generated code is for x86-64");
}
#endif

/* An overflow that went over the return address, and is found out before the function returns. */
__attribute__((noinline)) static int overwrites(uintptr_t address)
{
    uintptr_t *volatile frame = __builtin_frame_address(0);
    kept_to_the_end = malloc(6000);
    frame[1] = address;
    allocates();
    host_say("overwritten");
    exit(33);
}

static int return_is_overwritten(void)
{
    return overwrites(0x4141414141414141);
}

/* A function pointer that was overwritten: the handler reports it and ends the program, without
 * ever returning to where there is no code. */
static void gives_up(int number)
{
    (void)number;
    allocates();
    host_say("a bad jump");
    exit(29);
}

static int jumps_nowhere(void)
{
    struct sigaction action = {.sa_handler = gives_up};
    void (*volatile nowhere)(void) = (void (*)(void))(uintptr_t)1;
    HOST_CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    nowhere();
    return 1;
}

static void *waits(void *argument)
{
    pause();
    return argument;
}

/* The child of a program with threads, where the tracker unwinds in another way. */
static int in_child(int (*ends)(void), int expected)
{
    pthread_t thread;
    int status;
    HOST_CHECK(pthread_create(&thread, NULL, waits, NULL) == 0);
    pid_t child = fork();
    HOST_CHECK(child >= 0);
    if (child == 0)
        return ends();
    HOST_CHECK(waitpid(child, &status, 0) == child);
    HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == expected);
    return 0;
}

static int child_jumps_nowhere(void)
{
    return in_child(jumps_nowhere, 29);
}

static int childs_callers_are_gone(void)
{
    return in_child(callers_are_gone, 31);
}

static int childs_return_is_overwritten(void)
{
    return in_child(return_is_overwritten, 33);
}

/* The program unwinds with the tracker's own unwinder, which maps memory under its lock: a bigger
 * cache for what it knows of each function. */
static int own_unwinder(void)
{
    void *frames[8];
    void *library = dlopen("libunwind.so.8", RTLD_NOW);
    if (!library)
        host_skip("libunwind is not installed");
    void **local = dlsym(library, "_ULx86_64_local_addr_space");
    int (*set_cache_size)(void *, size_t, int) =
        (int (*)(void *, size_t, int))dlsym(library, "_ULx86_64_set_cache_size");
    int (*unwind)(void **, int) = (int (*)(void **, int))dlsym(library, "unw_backtrace");
    if (!local || !set_cache_size || !unwind)
        host_skip("this libunwind has no cache that grows");
    for (size_t entries = 1024; entries <= 8192; entries *= 2) {
        HOST_CHECK(set_cache_size(*local, entries, 0) == 0);
        HOST_CHECK(unwind(frames, 8) > 1);
        host_work(20000);
    }
    /* Not described: whether libunwind opens its pipe for this depends on where the stack lies. */
    host_say("unwound");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"fibers", in_fibers},
        {"fiber-in-a-variable", fiber_in_a_variable},
        {"leaves-in-a-fiber", leaves_in_a_fiber},
        {"alternate-stack", alternate_stack},
        {"growth-on-alternate-stack", growth_on_alternate_stack},
        {"leaves-on-alternate-stack", leaves_on_alternate_stack},
        {"below-a-fault", below_a_fault},
        {"generated-code", generated_code},
        {"deep-recursion", deep_recursion},
        {"one-place", one_place},
        {"own-unwinder", own_unwinder},
        {"jumps-nowhere", jumps_nowhere},
        {"child-jumps-nowhere", child_jumps_nowhere},
        {"return-is-overwritten", return_is_overwritten},
        {"callers-are-gone", callers_are_gone},
        {"childs-return-is-overwritten", childs_return_is_overwritten},
        {"childs-callers-are-gone", childs_callers_are_gone},
        {NULL, NULL}};
    return host_main(argc, argv, cases);
}
