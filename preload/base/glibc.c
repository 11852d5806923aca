/*
 * The functions of glibc's that code not ours calls, which is linked into the library: libgcc's
 * unwinder and libc's pthread_atfork. Their calls come here (meson.build, --wrap), since theirs are
 * not weak (glibc.h).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

typedef void (*fork_function)(void);

int __real__dl_find_object(void *address, struct dl_find_object *found) __attribute__((weak));
int __real___register_atfork(fork_function before, fork_function parent, fork_function child,
                             void *module) __attribute__((weak));
int __wrap__dl_find_object(void *address, struct dl_find_object *found);
int __wrap___register_atfork(fork_function before, fork_function parent, fork_function child,
                             void *module);

int __wrap__dl_find_object(void *address, struct dl_find_object *found)
{
    return __real__dl_find_object ? __real__dl_find_object(address, found) : -1;
}

int __wrap___register_atfork(fork_function before, fork_function parent, fork_function child,
                             void *module)
{
    return __real___register_atfork ? __real___register_atfork(before, parent, child, module)
                                    : ENOSYS;
}
