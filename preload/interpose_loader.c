/*
 * dlclose, in front of the real one, so that stacks in what it unloads can still be told; and
 * dl_iterate_phdr, so that unwinding never waits for the loader's lock.
 *
 * libunwind walks the loaded objects under a lock of its own, and dl_iterate_phdr takes the
 * loader's. A callback of the program's own dl_iterate_phdr holds the loader's lock: when it
 * allocates and unwinds, the two threads wait for each other (trap 29; tests/hosts,
 * under-the-loaders-lock). So while such a callback runs, stack_read uses libgcc, which looks
 * objects up without any lock.
 */
#include <errno.h>
#include <link.h>

#include "lifecycle.h"
#include "real.h"
#include "registry.h"
#include "thread.h"
#include "unloaded_modules.h"

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

/* Reading which modules there are, before and after, costs about as much as dlclose itself. */
EXPORT int dlclose(void *handle)
{
    struct loaded_modules before;
    if (!real_ready() || !real.dlclose)
        return -1;
    int saved = errno;
    bool is_looking = lifecycle_may_look() && thread_enter();
    if (is_looking) {
        loaded_modules_collect(&before);
        thread_leave();
        errno = saved;
    }
    int result = real.dlclose(handle);
    if (!is_looking)
        return result;
    saved = errno;
    if (thread_enter()) {
        if (lifecycle_may_look()) /* a destructor may have entered a sandbox */
            unloaded_modules_note(&hashtrack_registry, &before);
        loaded_modules_free(&before);
        thread_leave();
    }
    errno = saved;
    return result;
}
