/*
 * dl_iterate_phdr, in front of the real one, so that unwinding never waits for the loader's lock.
 *
 * libunwind walks the loaded objects under a lock of its own, and dl_iterate_phdr takes the
 * loader's. A callback of the program's own dl_iterate_phdr holds the loader's lock: when it
 * allocates and unwinds, the two threads wait for each other (trap 29; tests/hosts,
 * under-the-loaders-lock). So while such a callback runs, stack_read uses libgcc, which looks
 * objects up without any lock.
 */
#include <link.h>

#include "real.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    if (!real_ready() || !real.dl_iterate_phdr)
        return 0;
    if (thread_state.inside)
        return real.dl_iterate_phdr(callback, data);
    thread_state.in_loader++;
    int result = real.dl_iterate_phdr(callback, data);
    thread_state.in_loader--;
    return result;
}
