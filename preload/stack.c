/*
 * Unwinding: see stack.h.
 *
 * libunwind is loaded privately and never linked: a preloaded library that needs libunwind.so.8
 * puts its C++ exception ABI in front of libgcc's, and a C++ plugin of a C program then throws
 * through it (trap 51: 28-31 µs a throw instead of 3.0; tests/hosts checks that it does not
 * happen).
 */
#include "stack.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unwind.h>

#include "lock.h"
#include "system.h"
#include "thread.h"

typedef int (*unw_backtrace_function)(void **, int);
typedef _Unwind_Reason_Code (*unwind_backtrace_function)(_Unwind_Trace_Fn, void *);

static unw_backtrace_function libunwind_backtrace;

/* Where a module lies. */
struct extent {
    uintptr_t start, end;
};

static struct extent libunwind_extent, loader_extent;
static unwind_backtrace_function libgcc_backtrace;
static uintptr_t (*libgcc_address)(struct _Unwind_Context *);
static uintptr_t (*libgcc_stack_pointer)(struct _Unwind_Context *);

extern void *__tls_get_addr(void *); /* ld.so's own */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _etext[] __attribute__((visibility("hidden")));

struct libgcc_walk {
    void **frames;
    int count;
    int most;
};

static _Unwind_Reason_Code libgcc_visit(struct _Unwind_Context *context, void *argument)
{
    struct libgcc_walk *walk = argument;
    void *address = (void *)libgcc_address(context);
    if (!address || walk->count == walk->most)
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = address;
    return _URC_NO_REASON;
}

static int unwind(void **frames, int most)
{
    unw_backtrace_function backtrace = libunwind_backtrace;
    if (backtrace && !thread_state.in_loader)
        return backtrace(frames, most);
    if (libgcc_backtrace && libgcc_address) {
        struct libgcc_walk walk = {.frames = frames, .most = most};
        libgcc_backtrace(libgcc_visit, &walk);
        return walk.count;
    }
    return 0;
}

struct module_search {
    uintptr_t wanted;
    struct extent *found;
};

/* dl_iterate_phdr's callback: whether the module holds the wanted address. */
static int find_module(struct dl_phdr_info *info, size_t bytes, void *data)
{
    const struct module_search *search = data;
    struct extent extent = {.start = UINTPTR_MAX};
    (void)bytes;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        extent.start = from < extent.start ? from : extent.start;
        extent.end = from + segment->p_memsz > extent.end ? from + segment->p_memsz : extent.end;
    }
    if (search->wanted < extent.start || search->wanted >= extent.end)
        return 0;
    *search->found = extent;
    return 1;
}

static void find_extent(const void *address, struct extent *extent)
{
    struct module_search search = {.wanted = (uintptr_t)address, .found = extent};
    dl_iterate_phdr(find_module, &search);
}

static bool is_within(const void *address, const struct extent *extent)
{
    return (uintptr_t)address >= extent->start && (uintptr_t)address < extent->end;
}

void stack_start(void)
{
    void *libgcc = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (libgcc)
        libgcc_backtrace = (unwind_backtrace_function)dlsym(libgcc, "_Unwind_Backtrace");
    if (libgcc)
        libgcc_address = (uintptr_t(*)(struct _Unwind_Context *))dlsym(libgcc, "_Unwind_GetIP");
    if (libgcc)
        libgcc_stack_pointer =
            (uintptr_t(*)(struct _Unwind_Context *))dlsym(libgcc, "_Unwind_GetCFA");
    void *libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (libunwind)
        libunwind_backtrace = (unw_backtrace_function)dlsym(libunwind, "unw_backtrace");
    /* Known before the first unwind, which asks for the pipe (interpose_system.c). */
    if (libunwind_backtrace)
        find_extent((void *)libunwind_backtrace, &libunwind_extent);
    find_extent((void *)__tls_get_addr, &loader_extent);
    /* The first unwind allocates its caches (trap 30): now, not inside the program's malloc. */
    void *frames[8];
    unwind(frames, 8);
}

bool stack_is_unwinder(const void *address)
{
    return is_within(address, &libunwind_extent);
}

bool stack_is_loader(const void *address)
{
    return is_within(address, &loader_extent);
}

void stack_after_fork(void)
{
    if (libgcc_backtrace)
        libunwind_backtrace = NULL;
}

bool stack_drop_libunwind(void)
{
    stack_after_fork();
    return !libunwind_backtrace;
}

const char *stack_unwinder(void)
{
    return libunwind_backtrace ? "libunwind" : libgcc_backtrace ? "libgcc" : "none";
}

static bool is_ours(const void *address)
{
    return (const char *)address >= __ehdr_start && (const char *)address < _etext;
}

/* A signal stack of 8 KiB, with a frame of AVX-512 registers on it, has no room for unwinding. */
static bool is_on_signal_stack(void)
{
    stack_t stack = {0};
    return system_call(SYS_sigaltstack, NULL, &stack, 0, 0) == 0 && (stack.ss_flags & SS_ONSTACK);
}

/* Drops the last frames if they repeat those before them, so that a recursion has one call stack
 * however deep it is (trap 33): f f f main is f main, f g f g main is f g main. */
static uint32_t without_repetition(void *const *frames, uint32_t count)
{
    for (uint32_t period = 1; 2 * period <= count; period++) {
        if (frames[count - 1] != frames[count - 1 - period])
            continue;
        if (memcmp(frames + count - period, frames + count - 2 * (size_t)period,
                   period * sizeof(*frames)) == 0)
            return count - period;
    }
    return count;
}

uint32_t stack_read(void **frames, uint32_t depth)
{
    void *all[STACK_MAX_FRAMES + 8]; /* 8: our own frames, at both ends */
    if (depth > STACK_MAX_FRAMES)
        depth = STACK_MAX_FRAMES;
    if (is_on_signal_stack())
        return 0;
    lock_check_none();
    thread_state.unwinding = 1;
    int count = unwind(all, (int)depth + 8);
    thread_state.unwinding = 0;
    uint32_t kept = 0;
    for (int i = 0; i < count && kept < depth; i++) {
        if (!all[i]) /* bogus last frame (trap 31) */
            break;
        if (is_ours(all[i])) /* the interposer, and the wrapper around main */
            continue;
        frames[kept++] = all[i];
        kept = without_repetition(frames, kept);
    }
    return kept;
}

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
    uintptr_t address = libgcc_address(context);
    if (walk->count == walk->most)
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = (struct stack_frame){
        .address = address,
        .stack_pointer = libgcc_stack_pointer(context),
        .is_ours = is_ours((void *)address),
    };
    return _URC_NO_REASON;
}

/* By libgcc, which takes no lock: this is called once a snapshot, and its speed matters little. */
uint32_t stack_frames(struct stack_frame *frames, uint32_t most)
{
    struct frame_walk walk = {.frames = frames, .most = most};
    lock_check_none();
    if (libgcc_backtrace && libgcc_address && libgcc_stack_pointer && !is_on_signal_stack()) {
        thread_state.unwinding = 1;
        libgcc_backtrace(visit_frame, &walk);
        thread_state.unwinding = 0;
    }
    if (walk.count == 0 && most > 0)
        frames[walk.count++] = (struct stack_frame){
            .stack_pointer = (uintptr_t)__builtin_frame_address(0), .is_ours = true};
    return walk.count;
}
