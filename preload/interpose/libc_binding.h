/*
 * What the tracker, and libunwind for it, ask libc for, taken from libc.
 *
 * A program, or a library that it preloads, may have functions of its own under libc's names: mmap,
 * read, pthread_mutex_lock, strdup, memcpy. By the loader's rules they would be called for us as
 * well: before their own constructors ran, when they call what they have not looked up yet; out of
 * the program's malloc; and with what only the program's own callers know. The program alone never
 * calls them there.
 */
#ifndef HASHTRACK_LIBC_BINDING_H
#define HASHTRACK_LIBC_BINDING_H

#include <stdbool.h>

/* Binds what the module that holds this address gets from anybody but libc, ld.so, itself and us to
 * our function of that name, or to libc's. */
void libc_binding_restore(const void *inside);

/* Whether the program itself uses libunwind, which is then as the program bound it. */
bool libc_binding_shares_libunwind(void);

#endif
