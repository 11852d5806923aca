/*
 * What the tracker, and libunwind for it, ask libc for, taken from libc.
 *
 * A program, or a library that it preloads, may have functions of its own under libc's names: mmap,
 * read, pthread_mutex_lock, strdup, memcpy. By the loader's rules they would be called for us as
 * well: before their own constructors ran, when they call what they have not looked up yet; out of
 * the program's malloc; and with what only the program's own callers know. The program alone never
 * calls them there.
 *
 * What is bound to anybody else is bound to our function of that name, or to libc's.
 */
#ifndef HASHTRACK_LIBC_BINDING_H
#define HASHTRACK_LIBC_BINDING_H

/* Of the tracker itself. */
void libc_binding_restore(void);

/* The module that was loaded last; NULL when it cannot be told. */
const void *libc_binding_last_module(void);

/* Of the module that holds this address, if it was loaded after that one: else it is the program's,
 * too, and as the program bound it. What came with it may serve it. */
void libc_binding_restore_loaded(const void *inside, const void *last_module);

#endif
