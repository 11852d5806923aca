/*
 * Four functions of the loader, in front of the real ones.
 *
 * dl_iterate_phdr, so that unwinding never waits for the loader's lock: libunwind walks the loaded
 * objects under a lock of its own, and dl_iterate_phdr takes the loader's. A callback of the
 * program's own dl_iterate_phdr holds the loader's lock: when it allocates and unwinds, the two
 * threads wait for each other (trap 29; tests/hosts, under-the-loaders-lock). So while such a
 * callback runs, stack_read uses libgcc, which looks objects up without any lock.
 *
 * Nor does libunwind see modules without a table of unwinding information (.eh_frame_hdr): it would
 * read through their .eh_frame from the beginning until a terminator, which tcc does not write, and
 * beyond (tests/hosts, untold_frames.c). Where there is no code, it is told that the stack ends
 * (absent_code.h).
 *
 * dlopen, for what RTLD_DEEPBIND binds past us (deep_binding.h).
 *
 * dlmopen, for another namespace has a libc of its own, whose threads ours does not count.
 *
 * dlclose, so that call stacks keep the names of the code that goes (unloaded.h).
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "absent_code.h"
#include "deep_binding.h"
#include "real.h"
#include "sanitizer.h"
#include "scratch.h"
#include "stack.h"
#include "thread.h"
#include "tracker.h"
#include "unloadable.h"

#define EXPORT __attribute__((visibility("default")))

struct listing {
    int (*callback)(struct dl_phdr_info *, size_t, void *);
    void *data;
};

/* Wine's code between a Windows program's stack and its own. To unwind it is to read where a
 * register of the caller points, and libunwind, which reads there unchecked, may have lost it. */
static bool changes_stacks(const char *module)
{
    static const char end[] = "-unix/ntdll.so";
    size_t length = strlen(module);
    return length >= sizeof(end) - 1 && strcmp(module + length - (sizeof(end) - 1), end) == 0;
}

static int list_if_unwindable(struct dl_phdr_info *info, size_t bytes, void *data)
{
    const struct listing *listing = data;
    if (changes_stacks(info->dlpi_name))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            return listing->callback(info, bytes, listing->data);
    return 0;
}

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static int list_but_us(struct dl_phdr_info *info, size_t bytes, void *data)
{
    const struct listing *listing = data;
    /* Our first segment begins with the file's header, and is linked to address 0. */
    return info->dlpi_addr == (uintptr_t)__ehdr_start
               ? 0
               : listing->callback(info, bytes, listing->data);
}

EXPORT int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    if (!real_ready() || !real.dl_iterate_phdr)
        return 0;
    if (thread_state.unwinding) {
        struct listing listing = {.callback = callback, .data = data};
        int found = real.dl_iterate_phdr(list_if_unwindable, &listing);
        if (found == 0 && stack_is_unwinder(__builtin_return_address(0)))
            return absent_code_list(callback, data);
        return found;
    }
    if (sanitizer_checks_order()) {
        struct listing listing = {.callback = callback, .data = data};
        return real.dl_iterate_phdr(list_but_us, &listing);
    }
    if (thread_state.inside)
        return real.dl_iterate_phdr(callback, data);
    /* A callback that throws through us leaves it set, and libgcc unwinds for this thread from then
     * on: a cleanup would need libgcc's personality routine, and that libgcc_s is linked. */
    thread_state.in_loader++;
    int result = real.dl_iterate_phdr(callback, data);
    thread_state.in_loader--;
    return result;
}

/* dlopen looks at its return address, for the namespace and for the places where libraries are
 * looked for by name. */
static bool depends_on_caller(const char *file)
{
    return !file || !strchr(file, '/') || strchr(file, '$');
}

static __attribute__((noinline)) void *open_deeply_bound(const char *file, int flags)
{
    unsigned modules = deep_binding_modules();
    void *handle = real.dlopen(file, flags);
    if (handle && !deep_binding_redirect(handle, modules))
        counter_add(&hashtrack_registry.counters, COUNTER_DEEP_BOUND);
    return handle;
}

/* The last line compiles to a jump, so that the real one sees its caller. */
EXPORT void *dlopen(const char *file, int flags)
{
    if (!real_ready() || !real.dlopen)
        return NULL;
    if (!tracker_running() && !thread_state.inside)
        unloadable_opened_early();
    if ((flags & RTLD_DEEPBIND) && !(flags & RTLD_NOLOAD) && tracker_running()) {
        if (!depends_on_caller(file))
            return open_deeply_bound(file, flags);
        if (file)
            counter_add(&hashtrack_registry.counters, COUNTER_DEEP_BOUND);
    }
    return real.dlopen(file, flags);
}

/* The last line compiles to a jump here, too. */
EXPORT void *dlmopen(Lmid_t namespace, const char *file, int flags)
{
    if (!real_ready() || !real.dlmopen)
        return NULL;
    if (namespace != LM_ID_BASE)
        scratch_share_memory();
    return real.dlmopen(namespace, file, flags);
}

/* The plugin's own destructors run in between, and what they do is tracked. */
EXPORT int dlclose(void *handle)
{
    struct loaded_modules before;
    bool is_known = false;
    uint64_t gone = 0;
    if (!real_ready() || !real.dlclose)
        return -1;
    if (tracker_running() && thread_enter()) {
        int saved_errno = errno;
        is_known = unloadable_in_stacks(&hashtrack_registry) && loaded_modules_read(&before);
        gone = is_known ? unloadable_gone() : 0;
        errno = saved_errno;
        thread_leave();
    }
    int result = real.dlclose(handle);
    if (is_known) {
        int saved_errno = errno;
        if (thread_enter()) {
            if (unloadable_gone() != gone)
                unloadable_note_gone(&hashtrack_registry, &before);
            thread_leave();
        }
        loaded_modules_free(&before);
        errno = saved_errno;
    }
    return result;
}
