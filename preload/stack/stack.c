/*
 * Unwinding: see stack.h.
 *
 * libunwind is loaded privately and never linked: a preloaded library that needs libunwind.so.8
 * puts its C++ exception ABI in front of libgcc's, and a C++ plugin of a C program then throws
 * through it (trap 51: 28-31 µs a throw instead of 3.0; tests/hosts checks that it does not
 * happen). libgcc's unwinder is linked in, hidden: to load libgcc_s as well took a program that
 * does nothing a tenth of its time.
 */
#include "stack.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

#include "checked_reads.h"
#include "frame_sizes.h"
#include "glibc.h"
#include "held_signals.h"
#include "hot.h"
#include "interpose_keys.h"
#include "known_stacks.h"
#include "libc_binding.h"
#include "lock.h"
#include "reader.h"
#include "stack_extent.h"
#include "system.h"
#include "thread.h"

typedef int (*unw_backtrace_function)(void **, int);

static unw_backtrace_function libunwind_backtrace;

/* Walking frame by frame, to learn where they lie: unw_getcontext, unw_init_local, unw_step and
 * unw_get_reg of libunwind-x86_64.h, under the names they have in the library. A cursor is
 * UNW_TDEP_CURSOR_LEN words, a context is libc's, the registers have the numbers of DWARF. */
#define CURSOR_WORDS 127u
#define CURSOR_RSP   7
#define CURSOR_RIP   16
static int (*cursor_context)(ucontext_t *);
static int (*cursor_start)(void *, ucontext_t *);
static int (*cursor_step)(void *);
static int (*cursor_get)(void *, int, uint64_t *);

/* A stack with a larger frame in it is unwound each time. Of a frame that is as large as it likes
 * (alloca), the address behind it may not be where it was, nor what is looked at be far away. */
#define MOST_FRAME_BYTES 16384u

/* Frames of ours and of libunwind between its first one and that which entered the tracker, at
 * most.
 */
#define UNWOUND_FURTHER_IN 10u

/* Where a module lies. */
struct extent {
    uintptr_t start, end;
};

static struct extent libunwind_extent, loader_extent;

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _etext[] __attribute__((visibility("hidden")));

/* libunwind takes the loader's lock, which a callback of dl_iterate_phdr holds. */
static bool may_walk(void)
{
    return libunwind_backtrace && cursor_get && !thread_state.in_loader;
}

struct libgcc_walk {
    void **frames;
    int count;
    int most;
};

static _Unwind_Reason_Code libgcc_visit(struct _Unwind_Context *context, void *argument)
{
    struct libgcc_walk *walk = argument;
    void *address = (void *)_Unwind_GetIP(context);
    if (!address || walk->count == walk->most || checked_reads_end_at(address))
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = address;
    return _URC_NO_REASON;
}

static int unwind_by_libgcc(void **frames, int most)
{
    struct libgcc_walk walk = {.frames = frames, .most = most};
    _Unwind_Backtrace(libgcc_visit, &walk);
    return walk.count;
}

/* Frame by frame, with the same result. */
static __attribute__((noinline)) int unwind_by_cursor(void **frames, int most)
{
    ucontext_t context;
    uint64_t cursor[CURSOR_WORDS], address;
    int count = 0;
    if (cursor_context(&context) != 0 || cursor_start(cursor, &context) != 0)
        return 0;
    while (count < most && cursor_step(cursor) > 0 &&
           cursor_get(cursor, CURSOR_RIP, &address) == 0 &&
           !checked_reads_end_at((void *)(uintptr_t)address))
        frames[count++] = (void *)(uintptr_t)address;
    return count;
}

/* For its fast unwinding libunwind maps a table of 256 KiB for each thread and writes to all of it:
 * as long as it takes to walk fifty stacks, and most programs and threads have fewer to unwind. The
 * fast way reads whatever the descriptions say: not where a stack may end before that. */
#define UNWOUND_BY_CURSOR 48u

static int unwind(void **frames, int most)
{
    unw_backtrace_function backtrace = libunwind_backtrace;
    if ((thread_state.unwound < UNWOUND_BY_CURSOR || thread_state.checks_reads) && may_walk()) {
        thread_state.unwound += thread_state.unwound < UNWOUND_BY_CURSOR;
        return unwind_by_cursor(frames, most);
    }
    if (backtrace && !thread_state.checks_reads && !thread_state.in_loader &&
        (stack_is_first_thread() || unwinders_key_ready()))
        return backtrace(frames, most);
    return unwind_by_libgcc(frames, most);
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

static __attribute__((noinline)) bool walk_once(void)
{
    ucontext_t context;
    uint64_t cursor[CURSOR_WORDS], address;
    return cursor_context(&context) == 0 && cursor_start(cursor, &context) == 0 &&
           cursor_step(cursor) > 0 && cursor_get(cursor, CURSOR_RIP, &address) == 0;
}

void stack_start(void)
{
    const void *last_module = libc_binding_last_module();
    void *libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (libunwind)
        libunwind_backtrace = (unw_backtrace_function)dlsym(libunwind, "unw_backtrace");
    if (libunwind) {
        cursor_context = (int (*)(ucontext_t *))dlsym(libunwind, "_Ux86_64_getcontext");
        cursor_start = (int (*)(void *, ucontext_t *))dlsym(libunwind, "_ULx86_64_init_local");
        cursor_step = (int (*)(void *))dlsym(libunwind, "_ULx86_64_step");
        if (cursor_context && cursor_start && cursor_step)
            cursor_get = (int (*)(void *, int, uint64_t *))dlsym(libunwind, "_ULx86_64_get_reg");
    }
    known_stacks_start();
    frame_sizes_start();
    stack_extent_start();
    if (libunwind_backtrace)
        libc_binding_restore_loaded((void *)libunwind_backtrace, last_module);
    /* Known before the first unwind, which asks for the pipe (interpose_system.c). */
    if (libunwind_backtrace)
        find_extent((void *)libunwind_backtrace, &libunwind_extent);
    find_extent((void *)__tls_get_addr, &loader_extent);
    /* The first unwind sets up what all threads share (trap 30): now, not inside the program's
     * malloc. Each thread's own memory, 256 KiB, comes when it first unwinds. */
    void *frames[8];
    if (!cursor_get || !walk_once())
        unwind(frames, 8);
    unwind_by_libgcc(frames, 1);
    if (cursor_get)
        checked_reads_start(libunwind);
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
    libunwind_backtrace = NULL; /* nothing else: another thread may be walking */
}

void stack_drop_libunwind(void)
{
    stack_after_fork();
}

const char *stack_unwinder(void)
{
    return libunwind_backtrace ? "libunwind" : "libgcc";
}

bool stack_is_ours(const void *address)
{
    return (const char *)address >= __ehdr_start && (const char *)address < _etext;
}

/* A signal stack of 8 KiB, with a frame of AVX-512 registers on it, has no room for unwinding. */
bool stack_is_for_signals(void)
{
    stack_t stack = {0};
    if (thread_state.stack != STACK_OF_PROGRAM)
        return thread_state.stack == STACK_TOO_SMALL;
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

/* Signals are held from before the unwinder begins: libunwind would block them at each of its steps
 * (sigprocmask in interpose_system.c), and a handler that calls it as well, in between, would have
 * its own mask taken for that of the program. With a profiler's timer (libprofiler, 4,000 Hz) 3 of
 * 10 programs had SIGPROF blocked for good. */
static void enter_unwinder(struct held_signals *held, bool checks_reads)
{
    thread_state.holds_signals = signals_hold(held);
    thread_state.checks_reads = checks_reads;
    thread_state.unwinding = 1;
}

static void leave_unwinder(struct held_signals *held)
{
    thread_state.unwinding = 0;
    thread_state.checks_reads = 0;
    thread_state.holds_signals = 0;
    signals_release(held);
}

/* Where libunwind's cursor has come to; false at the end. */
static bool read_cursor(void *cursor, uint64_t *address, uint64_t *stack_pointer)
{
    return cursor_get(cursor, CURSOR_RIP, address) == 0 &&
           cursor_get(cursor, CURSOR_RSP, stack_pointer) == 0;
}

/* Finds the places of the return addresses, which were unwound just now, from this frame of ours
 * on. Below the stack pointer of a frame lies the address at which it goes on; there is none where
 * a signal interrupted it. */
static __attribute__((noinline)) bool find_places(uintptr_t frame, void *const *addresses,
                                                  uint32_t count, uint32_t *offsets)
{
    ucontext_t context;
    uint64_t cursor[CURSOR_WORDS], address, stack_pointer;
    uint32_t found = 0;
    if (cursor_context(&context) != 0 || cursor_start(cursor, &context) != 0)
        return false;
    while (found < count && cursor_step(cursor) > 0 &&
           read_cursor(cursor, &address, &stack_pointer)) {
        uint64_t place = stack_pointer - sizeof(void *);
        if (found == 0 && place != frame + sizeof(void *))
            continue; /* a frame further in */
        if (place < frame || place - frame > (found ? offsets[found - 1] : 0) + MOST_FRAME_BYTES ||
            address != (uint64_t)(uintptr_t)addresses[found] ||
            (thread_state.checks_reads && !process_can_read(place)) ||
            *(const uint64_t *)(uintptr_t)place != address)
            return false;
        offsets[found++] = (uint32_t)(place - frame);
    }
    return found == count;
}

#define SIGHTINGS_BY_SIZES  2u
#define SIGHTINGS_TO_LEARN  3u /* sizes: mostly of frames that are far in */
#define SIGHTINGS_BY_CURSOR 8u /* all the way, which costs as much as unwinding some ten times */

/* Finds the places of a stack's addresses once it was seen often enough for what that costs. */
static bool keep_places(const struct stack_place *place, void *const *addresses, uint32_t count,
                        uint32_t *offsets)
{
    uint32_t sightings = known_stacks_saw(place, addresses, count);
    if (sightings < SIGHTINGS_BY_SIZES)
        return false;
    uint32_t from = frame_sizes_known_from(addresses, count);
    offsets[0] = sizeof(void *);
    if (from > 0 && sightings >= SIGHTINGS_TO_LEARN &&
        find_places(place->frame, addresses, from + 1, offsets)) {
        frame_sizes_learn(addresses, offsets, from + 1);
        if (frame_sizes_find(place->frame, place->end, addresses, from, count, offsets))
            return true;
    } else if (from == 0 &&
               frame_sizes_find(place->frame, place->end, addresses, 0, count, offsets)) {
        return true;
    }
    if (sightings != SIGHTINGS_BY_CURSOR || !find_places(place->frame, addresses, count, offsets))
        return false;
    frame_sizes_learn(addresses, offsets, count);
    return true;
}

/* Unwinds from the place's frame on, if that can be told; `all` has room for `most` addresses and
 * those further in. */
static uint32_t unwind_from(const struct stack_place *place, void **all, uint32_t most)
{
    uint32_t offsets[KNOWN_STACK_FRAMES];
    uint32_t first = 0;
    int cancel_state = PTHREAD_CANCEL_ENABLE;
    struct held_signals held = {0};
    lock_check_none();
    enter_unwinder(&held, place->end == 0);
    /* libunwind calls read(), at which a thread that was cancelled would end: in the middle of
     * malloc, which is no such place (trap 27). */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    int unwound = unwind(all, (int)(most + UNWOUND_FURTHER_IN));
    uint32_t count = unwound > 0 ? (uint32_t)unwound : 0;
    const void *behind = *(void *const *)(place->frame + sizeof(void *));
    while (first < count && first < UNWOUND_FURTHER_IN && all[first] != behind)
        first++;
    if (first < count && all[first] == behind) {
        count = count - first < most ? count - first : most;
        memmove(all, all + first, count * sizeof(all[0]));
        if (may_walk() && keep_places(place, all, count, offsets))
            known_stacks_keep(place, all, offsets, count);
    }
    pthread_setcancelstate(cancel_state, NULL);
    leave_unwinder(&held);
    return count;
}

/* Our own frames, at both ends: more are unwound than are kept. Where a recursion is shortened the
 * rest are the program's, and tell more stacks apart. */
#define OWN_FRAMES 6u

/* Of a compiler's stacks those that lie at the same depth differ within so many frames of the
 * program. */
#define INNER_FRAMES 3u

__attribute__((noinline)) HOT uint32_t stack_read(void **frames, uint32_t depth,
                                                  struct stack_reading *reading)
{
    void *all[STACK_MAX_FRAMES + OWN_FRAMES + UNWOUND_FURTHER_IN];
    if (depth > STACK_MAX_FRAMES)
        depth = STACK_MAX_FRAMES;
    uintptr_t frame = thread_frame_of_program((uintptr_t)__builtin_frame_address(0));
    uintptr_t entered_at = thread_state.entered_at;
    uintptr_t end = stack_extent_end(frame);
    bool is_entered = entered_at >= frame; /* what is further in is the same each time */
    reading->place = (struct stack_place){
        .frame = is_entered ? entered_at : frame,
        .thread = thread_state.number,
        .caller = thread_state.caller,
        .inner = is_entered ? frame_sizes_hash(entered_at, end, INNER_FRAMES) : 0,
        .end = end};
    /* One that was seen on the stack of a signal handler is not known: find_places. */
    uint32_t count = known_stacks_find(&reading->place, all, &reading->site);
    if (reading->site.index != 0)
        return 0;
    if (count == 0 && stack_is_for_signals())
        return 0;
    if (count == 0)
        count = unwind_from(&reading->place, all, depth + OWN_FRAMES);
    uint32_t kept = 0;
    uint64_t seen = 0; /* a bit for each address there is: mostly the next one is none of them */
    for (uint32_t i = 0; i < count && kept < depth; i++) {
        if (!all[i]) /* bogus last frame (trap 31) */
            break;
        if (stack_is_ours(all[i])) /* the interposer, and the wrapper around main */
            continue;
        uint64_t bit = 1ull << ((uintptr_t)all[i] * 0x9E3779B97F4A7C15ull >> 58);
        frames[kept++] = all[i];
        if (seen & bit)
            kept = without_repetition(frames, kept);
        seen |= bit;
    }
    return kept;
}

void stack_is_site(struct stack_reading *reading, uint32_t site, uint32_t top)
{
    reading->site.index = site;
    reading->site.top = top;
    known_stacks_tell(&reading->place, &reading->site);
}

/* --- where the program's main has its variables --- */

#define MAIN_MOST_FRAMES 64u
#define MAIN_MOST_WALKS  8u /* of a recursion that goes deeper than that */

uint64_t stack_of_main;

/* Further out than main is a frame of ours again: the wrapper that called it. Each word that is
 * read is asked for: of code that changes stacks libgcc would read where a register leads (trap
 * 62). */
static __attribute__((noinline)) void walk_up_to_main(void)
{
    ucontext_t context;
    uint64_t cursor[CURSOR_WORDS], address, stack_pointer;
    uint64_t further_in = 0; /* the stack pointer of the frame before; 0: it is ours */
    if (cursor_context(&context) != 0 || cursor_start(cursor, &context) != 0)
        return;
    for (uint32_t i = 0; i < MAIN_MOST_FRAMES && cursor_step(cursor) > 0 &&
                         read_cursor(cursor, &address, &stack_pointer);
         i++) {
        bool is_wrapper = stack_is_ours((void *)(uintptr_t)address);
        if (is_wrapper && further_in != 0) {
            stack_of_main = further_in;
            return;
        }
        further_in = is_wrapper ? 0 : stack_pointer;
    }
}

void stack_note_main(void)
{
    static uint32_t walks; /* the first thread's alone */
    int cancel_state = PTHREAD_CANCEL_ENABLE;
    struct held_signals held = {0};
    if (stack_of_main != 0 || walks >= MAIN_MOST_WALKS || !stack_is_first_thread() ||
        thread_state.stack != STACK_OF_PROGRAM || !may_walk() ||
        stack_extent_end((uintptr_t)__builtin_frame_address(0)) == 0)
        return;
    walks++;
    lock_check_none();
    enter_unwinder(&held, true);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state); /* as in unwind_from */
    walk_up_to_main();
    pthread_setcancelstate(cancel_state, NULL);
    leave_unwinder(&held);
}
