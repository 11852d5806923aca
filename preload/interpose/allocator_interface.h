/*
 * An allocator may have functions of its own beside malloc, and a program that uses those allocates
 * behind the tracker's back: named, by jemalloc's mallocx. To interpose them would tell programs
 * that look for them that jemalloc is there.
 */
#ifndef HASHTRACK_ALLOCATOR_INTERFACE_H
#define HASHTRACK_ALLOCATOR_INTERFACE_H

#include <stdbool.h>

/* Of what is loaded now. real_identify() must have been called. */
bool allocator_is_called_directly(void);

#endif
