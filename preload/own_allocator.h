/*
 * Programs whose run-time system keeps its small and middling blocks from malloc, and how it is
 * told not to: what they hold is not seen, and a report that does not say so would look like good
 * news.
 */
#ifndef HASHTRACK_OWN_ALLOCATOR_H
#define HASHTRACK_OWN_ALLOCATOR_H

/* A sentence about this program for its dumps, or NULL. `environment` is the program's. */
const char *own_allocator_warning(char *const *environment);

#endif
