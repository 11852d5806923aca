/*
 * Seven system calls, in front of the real ones.
 *
 * prctl and syscall, because a program that enters a seccomp sandbox may be killed for what the
 * tracker does later (trap 44), or be handed it as if the program had done it.
 *
 * ioctl and syscall, because a program that handles faults itself (userfaultfd) lets whoever reads
 * its memory wait.
 *
 * clone and syscall, because of a process that has our memory, or a thread that libc does not know
 * of, the tracker would not see that it may take memory away (scratch.h).
 *
 * pipe2 and syscall, for the sake of one caller: libunwind 1.6 (x86_64/Ginit.c, write_validate)
 * tests whether an address can be read by writing a byte from it into a pipe, whose two descriptors
 * it opens for good when it is first used. In somebody else's process they would be the descriptors
 * the program expects to get; and a program that closes all it did not open (closefrom, every
 * daemon) and then opens a file would find bytes of its stack in that file. So libunwind is refused
 * the pipe, and its write is answered by reading the byte instead.
 *
 * mincore for the same caller, which asks so, too, where it may be deadly (refused_calls.h).
 *
 * sigprocmask, for the same one: it blocks all signals, and lets them through again, three times
 * for each frame that it has not met. They are held once, while it works (stack.c): of 133,000
 * calls in one run of g++ two thirds went with that.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose_mlock.h"
#include "lifecycle.h"
#include "page.h"
#include "reader.h"
#include "real.h"
#include "refused_calls.h"
#include "scratch.h"
#include "stack.h"
#include "system.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

static bool called_by_unwinder(const void *caller)
{
    return thread_state.inside && stack_is_unwinder(caller);
}

/* prctl and pipe2 are made directly until the real ones are known: an allocator that comes before
 * us may call them while it starts, under its own lock, when looking the real ones up would
 * allocate from it (jemalloc: a deadlock). */
EXPORT int pipe2(int ends[2], int flags)
{
    if (called_by_unwinder(__builtin_return_address(0))) {
        errno = EMFILE;
        return -1;
    }
    if (real_known() && real.pipe2)
        return real.pipe2(ends, flags);
    return (int)system_result(system_call(SYS_pipe2, ends, flags, 0, 0));
}

EXPORT int mincore(void *start, size_t bytes, unsigned char *present)
{
    if (call_is_refused(REFUSED_PRESENCE) && called_by_unwinder(__builtin_return_address(0))) {
        for (size_t at = 0; at < bytes; at += PAGE_BYTES) {
            if (!process_can_read((uint64_t)(uintptr_t)start + at)) {
                errno = ENOMEM;
                return -1;
            }
            present[at / PAGE_BYTES] = 1;
        }
        return 0;
    }
    if (real_known() && real.mincore)
        return real.mincore(start, bytes, present);
    return (int)system_result(system_call(SYS_mincore, start, bytes, present, 0));
}

/* Without those that libc keeps for its threads, as its own sigprocmask does. */
static int change_mask_directly(int how, const sigset_t *set, sigset_t *old)
{
    const uint64_t of_libc = 1ull << 31 | 1ull << 32;
    uint64_t mask = 0;
    if (set) {
        memcpy(&mask, set, sizeof(mask));
        mask &= ~of_libc;
    }
    return (int)system_result(
        system_call(SYS_rt_sigprocmask, how, set ? &mask : NULL, old, sizeof(mask)));
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    if (!real_known() || !real.sigprocmask)
        return change_mask_directly(how, set, old);
    if (thread_state.holds_signals && stack_is_unwinder(__builtin_return_address(0))) {
        if (old)
            memset(old, 0xFF, sizeof(uint64_t)); /* what it is now */
        return 0;
    }
    return real.sigprocmask(how, set, old);
}

/* Without a filter it is only asked whether there could be one. A program may have its own system
 * calls handed to it as signals, by the place that they come from: those of ours would be its own.
 */
static void note_prctl(long option, unsigned long mode, unsigned long filter)
{
    if ((option == PR_SET_SECCOMP && (mode != SECCOMP_MODE_FILTER || filter != 0)) ||
        (option == PR_SET_SYSCALL_USER_DISPATCH && mode != PR_SYS_DISPATCH_OFF))
        lifecycle_sandboxed();
}

static void note_seccomp(long operation, long filter)
{
    if (operation == SECCOMP_SET_MODE_STRICT || (operation == SECCOMP_SET_MODE_FILTER && filter))
        lifecycle_sandboxed();
}

EXPORT int prctl(int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    unsigned long a = va_arg(arguments, unsigned long);
    unsigned long b = va_arg(arguments, unsigned long);
    unsigned long c = va_arg(arguments, unsigned long);
    unsigned long d = va_arg(arguments, unsigned long);
    va_end(arguments);
    note_prctl(option, a, b);
    if (real_known() && real.prctl)
        return real.prctl(option, a, b, c, d);
    return (int)system_result(
        system_call6(SYS_prctl, option, (long)a, (long)b, (long)c, (long)d, 0));
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == UFFDIO_REGISTER)
        lifecycle_faults_handled();
    if (real_known() && real.ioctl)
        return real.ioctl(fd, request, argument);
    return (int)system_result(system_call(SYS_ioctl, fd, request, argument, 0));
}

/* While a child of vfork runs, the thread that made it waits. */
static void note_clone(uint64_t flags)
{
    if (flags & CLONE_VM && !(flags & CLONE_VFORK))
        scratch_share_memory();
}

EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list arguments;
    va_start(arguments, argument);
    void *parent_thread = va_arg(arguments, void *);
    void *thread_pointer = va_arg(arguments, void *);
    void *child_thread = va_arg(arguments, void *);
    va_end(arguments);
    note_clone((uint64_t)flags);
    if (!real_ready() || !real.clone) {
        errno = ENOSYS;
        return -1;
    }
    return real.clone(function, stack, flags, argument, parent_thread, thread_pointer,
                      child_thread);
}

/* Of clone3 the flags are the first field of a structure. */
static void note_clone3(long structure)
{
    struct memory_reader reader = process_reader(0);
    uint64_t flags = CLONE_VM;
    reader.read(&reader, (uint64_t)structure, &flags, sizeof(flags));
    note_clone(flags);
}

static long can_read(long address)
{
    if (process_can_read((uint64_t)address))
        return 1;
    errno = EFAULT;
    return -1;
}

/* Declared by unistd.h with `...`; every argument is a long in a register, the last one on the
 * stack, either way, so this is called as that is. The last line compiles to a jump: a program that
 * forks or clones by syscall() returns twice from the real one, not from here. */
long tracked_syscall(long number, long a, long b, long c, long d, long e, long f);
EXPORT long tracked_syscall(long number, long a, long b, long c, long d, long e,
                            long f) __asm__("syscall");

/* The rare calls: true when *result is the answer. */
static __attribute__((noinline)) bool answered(long number, const long arguments[6],
                                               const void *caller, long *result)
{
    if (number == SYS_write && called_by_unwinder(caller)) {
        *result = can_read(arguments[1]);
        return true;
    }
    if (number == SYS_mlockall) {
        *result = mlock_all_directly((int)arguments[0]);
        return true;
    }
    if (number == SYS_seccomp)
        note_seccomp(arguments[0], arguments[2]);
    if (number == SYS_prctl)
        note_prctl(arguments[0], (unsigned long)arguments[1], (unsigned long)arguments[2]);
    if (number == SYS_ioctl && (unsigned long)arguments[1] == UFFDIO_REGISTER)
        lifecycle_faults_handled();
    if (number == SYS_clone)
        note_clone((uint64_t)arguments[0]);
    if (number == SYS_clone3)
        note_clone3(arguments[0]);
    if (real.syscall)
        return false;
    *result = system_result(system_call6(number, arguments[0], arguments[1], arguments[2],
                                         arguments[3], arguments[4], arguments[5]));
    return true;
}

EXPORT long tracked_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result, arguments[6] = {a, b, c, d, e, f};
    if ((number == SYS_write || number == SYS_seccomp || number == SYS_clone ||
         number == SYS_clone3 || number == SYS_ioctl || number == SYS_prctl ||
         number == SYS_mlockall || !real.syscall) &&
        answered(number, arguments, __builtin_return_address(0), &result))
        return result;
    return real.syscall(number, a, b, c, d, e, f);
}
