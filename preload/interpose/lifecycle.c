/*
 * The library's own life: see lifecycle.h.
 *
 * The order of start-up matters: the allocator is found and the unwinder primed before the
 * threshold is set, which is what makes the interposed functions begin to track.
 */
#include "lifecycle.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "forking.h"
#include "glibc.h"
#include "growth.h"
#include "hashtrack.h"
#include "interpose_fill.h"
#include "known_stacks.h"
#include "libc_binding.h"
#include "own_allocator.h"
#include "own_stack.h"
#include "process_log.h"
#include "processor_state.h"
#include "python_frames.h"
#include "real.h"
#include "refused_calls.h"
#include "sanitizer.h"
#include "scratch.h"
#include "snapshot.h"
#include "stack.h"
#include "stack_extent.h"
#include "stray_stack.h"
#include "thread.h"
#include "threads_inside.h"
#include "tracker.h"
#include "unloadable.h"
#include "unwinder_memory.h"

static _Atomic bool has_ended;    /* the final dump was written, or must not be */
static _Atomic bool is_sandboxed; /* no dump any more */
static _Atomic bool is_filtered;  /* that is so because a seccomp sandbox was entered */

/* A snapshot of many gigabytes takes seconds. Who wants one as well waits for it: at an exit there
 * is no second chance. */
#define SNAPSHOT_PATIENCE_MS 10000

/* A process made by _Fork or clone has our memory but is not the one we track (trap 34). */
static bool is_our_process(void)
{
    return hashtrack_registry.pid == (uint32_t)system_pid();
}

/* Where the tracker keeps what is in no pool. */
static void list_own_memory(struct own_memory list[SNAPSHOT_OWN_RANGES])
{
    _Static_assert(SCRATCH_PIECES + 4 <= SNAPSHOT_OWN_RANGES, "room for all");
    for (unsigned i = 0; i < SCRATCH_PIECES; i++) {
        const struct scratch *piece = scratch_piece(i);
        if (piece)
            list[i] = (struct own_memory){piece, sizeof(*piece)};
    }
    list[SCRATCH_PIECES].memory = known_stacks_memory(&list[SCRATCH_PIECES].bytes);
    list[SCRATCH_PIECES + 1].memory = unwinder_memory_of_first(&list[SCRATCH_PIECES + 1].bytes);
    list[SCRATCH_PIECES + 3].memory = own_stack_memory(&list[SCRATCH_PIECES + 3].bytes);
}

/* Below the frames that are there yet lie those that were left, with the numbers of then, or with
 * what was written over them: the control word of the floating-point unit, which a call through the
 * loader saves, was read as a table's 8,064 entries. Of main, which has returned, the variables are
 * as it left them. */
static struct memory_range dead_stack_of(const struct snapshot *snapshot)
{
    uint64_t end = 0, start = thread_state.stack_low;
    if (snapshot->reason == DUMP_REASON_MAIN_RETURNED)
        end = stack_of_main;
    for (uint32_t i = 0;
         i < snapshot->frame_count && end == 0 && snapshot->reason != DUMP_REASON_MAIN_RETURNED;
         i++)
        end = snapshot->frames[i].is_ours ? 0 : snapshot->frames[i].stack_pointer;
    if (end == 0 || start == 0 || start >= end || stack_extent_end((uintptr_t)end) == 0)
        return (struct memory_range){0};
    return (struct memory_range){.start = start, .end = end};
}

/* NULL when there is no memory. Unwinds, so it is called before any lock is taken. */
static struct snapshot *begin_snapshot(enum dump_reason reason, const char *label, uint32_t ordinal)
{
    struct snapshot *snapshot = system_map(sizeof(*snapshot));
    if (!snapshot)
        return NULL;
    snapshot->registry = &hashtrack_registry;
    snapshot->reader = process_reader(0);
    snapshot->reader.thread = (pid_t)system_call(SYS_gettid, 0, 0, 0, 0);
    list_own_memory(snapshot->own);
    snapshot->reason = reason;
    snapshot->label = label;
    snapshot->ordinal = ordinal;
    if (registry_blocks(&hashtrack_registry) > 0) /* else nothing has an owner on it */
        snapshot->frame_count = stack_frames(snapshot->frames, SNAPSHOT_MOST_FRAMES);
    snapshot->dead_stack = dead_stack_of(snapshot);
    /* The first word of a thread's control block is its address (psABI for thread-local storage).
     */
    __asm__("mov %%fs:0, %0" : "=r"(snapshot->thread_pointer));
    return snapshot;
}

/* Whether memory may be read where it lies: nobody is there to take it away, and signal handlers
 * wait. */
static void look_who_is_there(struct snapshot *snapshot)
{
    if (registry_blocks(&hashtrack_registry) == 0 || !signals_hold(&snapshot->words.signals))
        return;
    snapshot->is_only_thread = scratch_is_only_thread(&snapshot->heap);
    if (!snapshot->is_only_thread)
        cached_reader_stop(&snapshot->words);
}

static int write_snapshot(struct snapshot *snapshot)
{
    snapshot->at_ms = registry_now(&hashtrack_registry);
    growth_look_at_all(&hashtrack_registry);
    look_who_is_there(snapshot);
    int error = -ENOMEM;
    bool is_collected = snapshot_collect(snapshot);
    cached_reader_stop(&snapshot->words);
    if (is_collected) {
        char name[SNAPSHOT_NAME_BYTES];
        snapshot_file_name(snapshot, snapshot->program, name);
        error = dump_write(&snapshot->contents, hashtrack_registry.settings.dir, name);
    }
    snapshot_free(snapshot);
    return error;
}

struct writing {
    struct snapshot *snapshot;
    int error;
};

static void write_elsewhere(void *argument)
{
    struct writing *writing = argument;
    writing->error = write_snapshot(writing->snapshot);
}

/* A crash handler that ends the program by _exit has little stack left; so may a fiber. */
static bool may_lack_stack(void)
{
    return !stack_has_room((uintptr_t)__builtin_frame_address(0)) || stack_is_for_signals();
}

static int write_on_own_stack(struct snapshot *snapshot)
{
    struct writing writing = {.snapshot = snapshot, .error = -ENOMEM};
    struct held_signals signals = {0};
    struct own_stack stack;
    if (!own_stack_map(&stack))
        return -ENOMEM;
    snapshot->own[SCRATCH_PIECES + 2] = (struct own_memory){stack.memory, stack.bytes};
    snapshot->left_at = __builtin_frame_address(0);
    if (signals_hold(&signals)) {
        thread_state.stack = STACK_OWN;
        own_stack_run(&stack, write_elsewhere, &writing);
        thread_state.stack = STACK_OF_PROGRAM;
    }
    signals_release(&signals);
    own_stack_unmap(&stack);
    return writing.error;
}

/* A signal handler interrupts something that may be urgent; a lock that was abandoned stays so. */
static uint64_t patience_for(enum dump_reason reason, bool abandoned)
{
    return reason == DUMP_REASON_SIGNAL || abandoned ? LOCK_PATIENCE_MS : SNAPSHOT_PATIENCE_MS;
}

static int make_snapshot(enum dump_reason reason, const char *label, uint32_t ordinal,
                         uint64_t patience)
{
    struct snapshot *snapshot = begin_snapshot(reason, label, ordinal);
    int error = snapshot ? -EBUSY : -ENOMEM;
    if (snapshot && lock_take_within(&hashtrack_registry.snapshot_lock, patience)) {
        error = may_lack_stack() ? write_on_own_stack(snapshot) : write_snapshot(snapshot);
        lock_release(&hashtrack_registry.snapshot_lock);
    }
    system_unmap(snapshot, sizeof(*snapshot));
    if (error != 0)
        counter_add(&hashtrack_registry.counters, COUNTER_SNAPSHOTS_FAILED);
    if (ordinal == 0)
        process_log_note(error == 0 ? PROCESS_DUMPED : PROCESS_NOT_DUMPED, hashtrack_registry.pid,
                         -error, NULL);
    return error;
}

static int take_snapshot(enum dump_reason reason, const char *label, uint32_t ordinal)
{
    int saved_errno = errno;
    int error = -EBUSY;
    struct processor_state state = processor_state_enter();
    /* A signal handler that jumped out of the tracker left `inside` set for good; seen at the end.
     */
    bool abandoned = thread_state.inside && ordinal == 0 &&
                     (uintptr_t)__builtin_frame_address(0) > thread_state.entered_at;
    if (thread_enter() || abandoned) {
        if (atomic_load(&is_sandboxed))
            counter_add(&hashtrack_registry.counters, COUNTER_SANDBOXED);
        else
            error = make_snapshot(reason, label, ordinal, patience_for(reason, abandoned));
        thread_leave();
    }
    processor_state_restore(state);
    errno = saved_errno;
    return error;
}

static const char *reason_label(enum dump_reason reason)
{
    switch (reason) {
    case DUMP_REASON_MAIN_RETURNED:
        return "main-returned";
    case DUMP_REASON_EXIT:
        return "exit";
    case DUMP_REASON_QUICK_EXIT:
        return "quick_exit";
    case DUMP_REASON_EXIT_NOW:
        return "_exit";
    case DUMP_REASON_SIGNAL:
        return "signal";
    case DUMP_REASON_LIBRARY_UNLOADED:
        return "unloaded";
    default:
        return "";
    }
}

/* Another thread announced the end first: this one would cut its dump short. */
static void wait_for_snapshot(void)
{
    int saved_errno = errno;
    if (!thread_enter())
        return;
    if (lock_take_within(&hashtrack_registry.snapshot_lock, SNAPSHOT_PATIENCE_MS))
        lock_release(&hashtrack_registry.snapshot_lock);
    thread_leave();
    errno = saved_errno;
}

void lifecycle_note_process(enum process_event event)
{
    char program[SNAPSHOT_PROGRAM_BYTES];
    if (!process_log_runs())
        return;
    snapshot_program(0, program, sizeof(program));
    process_log_note(event, hashtrack_registry.pid, 0, program);
}

bool lifecycle_is_sandboxed(void)
{
    return atomic_load(&is_sandboxed);
}

void lifecycle_begin_again(void)
{
    hashtrack_registry.pid = (uint32_t)system_pid();
    hashtrack_registry.flags |= DUMP_INFO_FORKED;
    atomic_store(&has_ended, false);
}

ALIGNS_STACK void lifecycle_ending(enum dump_reason reason)
{
    if (hashtrack_registry.pid == 0 || atomic_load(&is_sandboxed) || !is_our_process())
        return;
    if (atomic_exchange(&has_ended, true))
        wait_for_snapshot();
    else if (forking_is_as_forked())
        process_log_note(PROCESS_AS_FORKED, hashtrack_registry.pid, 0, NULL);
    else
        take_snapshot(reason, reason_label(reason), 0);
}

int lifecycle_snapshot(enum dump_reason reason, const char *label)
{
    if (hashtrack_registry.pid == 0 || atomic_load(&is_sandboxed) || !is_our_process())
        return -1;
    uint32_t ordinal = 1 + atomic_fetch_add(&hashtrack_registry.snapshots, 1);
    return take_snapshot(reason, label ? label : "", ordinal) == 0 ? 0 : -1;
}

/* That of a process made by vfork or clone is its parent's, where tracking goes on. */
static bool is_memory_of(uint32_t pid)
{
    return system_call6(SYS_kcmp, system_pid(), (long)pid, KCMP_VM, 0, 0, 0) == 0;
}

/* Of a second filter there is nothing to say, and the first may kill for what it takes to ask: the
 * kernel's own tests of seccomp have one that does for getpid, and five more after it. */
ALIGNS_STACK void lifecycle_sandboxed(void)
{
    if (hashtrack_registry.pid == 0 || atomic_load(&is_filtered))
        return;
    bool is_ours = is_our_process();
    if (!is_ours && is_memory_of(hashtrack_registry.pid))
        return;
    if (is_ours && !atomic_load(&is_sandboxed))
        take_snapshot(DUMP_REASON_EXIT, "sandbox", 0);
    atomic_store(&is_sandboxed, true);
    process_log_stop();
    tracker_stop();
    if (is_ours)
        threads_inside_wait();
    atomic_store(&is_filtered, true);
}

ALIGNS_STACK void lifecycle_faults_handled(void)
{
    if (hashtrack_registry.pid == 0 || atomic_load(&is_sandboxed) || !is_our_process() ||
        atomic_exchange(&is_sandboxed, true))
        return;
    process_log_note(PROCESS_NOT_DUMPED, hashtrack_registry.pid, EOPNOTSUPP, NULL);
    tracker_stop();
}

__attribute__((visibility("default"))) int hashtrack_snapshot(const char *label)
{
    return lifecycle_snapshot(DUMP_REASON_CALL, label);
}

/* A program that is told to end by one of these, or that crashes, is to end all the same: after a
 * snapshot at SIGTERM a service would else hang until it is killed, and a fault would come again
 * and again. */
static bool ends_the_program(int number)
{
    static const int ends[] = {SIGINT, SIGQUIT, SIGTERM, SIGILL, SIGTRAP, SIGABRT,
                               SIGBUS, SIGFPE,  SIGSEGV, SIGSYS, SIGXCPU, SIGXFSZ};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (number == ends[i])
            return true;
    return false;
}

/* Only system calls and our own memory: safe here. When it interrupted the tracker itself, which
 * holds locks, the request is dropped and counted, for the interrupted code cannot be waited for.
 */
static void on_signal(int number)
{
    if (thread_state.inside)
        counter_add(&hashtrack_registry.counters, COUNTER_SNAPSHOTS_FAILED);
    else
        lifecycle_snapshot(DUMP_REASON_SIGNAL, reason_label(DUMP_REASON_SIGNAL));
    if (ends_the_program(number)) {
        int saved_errno = errno;
        sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        raise(number); /* waits until this handler returns */
        errno = saved_errno;
    }
}

static void install_signal(int number)
{
    struct sigaction old;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    /* The user asked for this signal; a disposition the program was started with stays. */
    if (number != 0 && sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

/* Another allocator comes before us in the symbol order: we see nothing. */
static bool has_own_allocator(void)
{
    /* By trying: a symbol's address says nothing, for it is a PLT entry of the program when that is
     * not position-independent (Debian's python3, node). libc's own call goes wherever malloc goes.
     */
    void (*its_free)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "free"); /* not ours */
    thread_state.probe = 0;
    char *text = strdup("");
    if (its_free)
        its_free(text);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): freed through the pointer */
    return thread_state.probe == 0;
}

static void copy_text(char *to, size_t room, const char *text)
{
    size_t length = strnlen(text, room - 1);
    memcpy(to, text, length);
    to[length] = '\0';
}

static void describe_host(struct registry *registry)
{
    const char *allocator = real_allocator_path();
    if (allocator)
        copy_text(registry->allocator, sizeof(registry->allocator), allocator);
    copy_text(registry->unwinder, sizeof(registry->unwinder), stack_unwinder());
    registry->is_glibc_heap = real.is_glibc;
}

/* glibc rounds a request up to a chunk with its 8-byte header (malloc.c, request2size). */
static size_t glibc_chunk_bytes(size_t request)
{
    return (request + 8 + 15) & ~(size_t)15;
}

static void start_tracking(char **environment)
{
    real_identify();
    const char *warning = own_allocator_warning(environment);
    if (warning)
        settings_warn(&hashtrack_registry.settings, warning);
    stack_start();
    unloadable_start(); /* after the unwinders, which stay as well */
    scratch_start();
    python_frames_start();
    if (has_own_allocator()) {
        hashtrack_registry.flags |= DUMP_INFO_OWN_ALLOCATOR;
        /* It may call mmap under its lock, and a thread's first unwinding by libunwind allocates:
         * the loader does, for libunwind's variables of the thread (trap 59). */
        stack_drop_libunwind();
    }
    describe_host(&hashtrack_registry);
    registry_use_clock(real.clock_gettime);
}

__attribute__((constructor)) static void start(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    if (!glibc_is_present()) { /* musl hands no arguments to a constructor, either (trap 60) */
        if (real_ready()) /* it has no dlmopen, which is not for the program's dlerror to say */
            dlerror();
        interpose_fill_start();
        tracker_stop();
        return;
    }
    if (!sanitizer_is_linked() && real_ready())
        libc_binding_restore();
    /* A program with more rights than its user: its files are not ours to choose (trap 37). */
    if (getauxval(AT_SECURE) || !real_ready())
        return;
    interpose_fill_start();
    sanitizer_start(environment);
    if (sanitizer_is_present()) {
        /* No dump either: the log of a run has it among the programs that were not tracked. */
        tracker_stop();
        return;
    }
    int saved_errno = errno;
    struct processor_state state = processor_state_enter();
    bool is_tracked = !own_allocator_in_program();
    thread_enter();
    refused_calls_start();
    settings_read(&hashtrack_registry.settings, environment);
    if (is_tracked)
        start_tracking(environment);
    else
        hashtrack_registry.flags |= DUMP_INFO_OWN_ALLOCATOR;
    forking_start();
    install_signal((int)hashtrack_registry.settings.signal);
    registry_start(&hashtrack_registry);
    process_log_start(&hashtrack_registry.settings);
    lifecycle_note_process(PROCESS_STARTED);
    if (!is_tracked) {
        tracker_stop();
    } else {
        if (real.is_glibc)
            tracker_chunk_threshold = glibc_chunk_bytes(hashtrack_registry.settings.threshold);
        tracker_threshold = hashtrack_registry.settings.threshold;
    }
    thread_leave();
    processor_state_restore(state);
    errno = saved_errno;
}

/* The exit that nobody announced: the last thread left by pthread_exit, for one. */
__attribute__((destructor)) static void stop(void)
{
    lifecycle_ending(DUMP_REASON_LIBRARY_UNLOADED);
}
