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

static main_function real_main;

static int main_wrapper(int argc, char **argv, char **environment)
{
    default_suppressions_ask(&hashtrack_registry);
    int status = real_main(argc, argv, environment);
    lifecycle_ending(DUMP_REASON_MAIN_RETURNED);
    return status;
}

EXPORT int __libc_start_main(main_function program_main, int argc, char **argv, void (*init)(void),
                             void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    real_ready();
    if (sanitizer_is_present() || !glibc_is_present())
        return real.start_main(program_main, argc, argv, init, fini, rtld_fini, stack_end);
    real_main = program_main;
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
