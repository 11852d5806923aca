/*
 * Plugins loaded with RTLD_DEEPBIND, which look for malloc in their own libraries first and so find
 * libc's, past the tracker (trap 17).
 *
 * The flag means something to the program, so it stays. What the plugin and the libraries that came
 * with it have bound to libc's malloc family is bound to ours afterwards, which ends in libc's all
 * the same.
 */
#ifndef HASHTRACK_DEEP_BINDING_H
#define HASHTRACK_DEEP_BINDING_H

#include <stdbool.h>

/* How many modules are loaded. */
unsigned deep_binding_modules(void);

/* Binds the modules that were loaded since there were `modules`. `handle` is what dlopen returned
 * for them. False when they have another allocator than the program, or their pointers cannot be
 * changed. */
bool deep_binding_redirect(void *handle, unsigned modules);

#endif
