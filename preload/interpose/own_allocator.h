/*
 * Programs whose blocks are not malloc's, or not libc's: what they hold is not seen, and a report
 * that does not say so would look like good news.
 */
#ifndef HASHTRACK_OWN_ALLOCATOR_H
#define HASHTRACK_OWN_ALLOCATOR_H

#include <stdbool.h>

/* Whether the executable itself defines malloc. Nothing that allocates may be called then: its
 * malloc may work from main() on only. */
bool own_allocator_in_program(void);

/* Of one whose run-time system keeps its small and middling blocks from malloc, and how it is told
 * not to: a sentence about this program for its dumps, or NULL. `environment` is the program's. */
const char *own_allocator_warning(char *const *environment);

#endif
