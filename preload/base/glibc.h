/*
 * What only glibc has. musl's loader ends a program, with status 127, in which a preloaded library
 * asks for a function that is not there, so all of it is weak, and in a program with another libc
 * the tracker stands aside (trap 60). Include this wherever one of these names is used.
 */
#ifndef HASHTRACK_GLIBC_H
#define HASHTRACK_GLIBC_H

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/single_threaded.h>

extern void *__libc_stack_end; /* ld.so's: where the stack of the process began */
extern void *__tls_get_addr(void *);

#pragma weak __libc_single_threaded
#pragma weak __libc_stack_end
#pragma weak __tls_get_addr
#pragma weak dladdr1
#pragma weak dlvsym
#pragma weak gnu_get_libc_version

static inline bool glibc_is_present(void)
{
    return gnu_get_libc_version != NULL;
}

#endif
