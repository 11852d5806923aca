/*
 * Languages whose run-time system keeps its objects in a heap of its own, mapped in large pieces
 * and moved about by its garbage collector: their tables are not seen, and a report that does not
 * say so would look like good news. (V8, which a program is linked with: own_allocator.h.)
 */
#ifndef HASHTRACK_OWN_HEAPS_H
#define HASHTRACK_OWN_HEAPS_H

/* A sentence about the heap that a module of this path brings, the same pointer for the same heap;
 * NULL when it brings none that is known. */
const char *own_heap_of_module(const char *path);

#endif
