/*
 * Fork: locks taken before, given back in the parent and made new in the child (trap 35).
 */
#ifndef HASHTRACK_FORKING_H
#define HASHTRACK_FORKING_H

#include <stdbool.h>

/* Once, in the constructor. */
void forking_start(void);

/* Whether this process has what its parent had when it forked, which goes on and whose dump tells
 * all then. */
bool forking_is_as_forked(void);

#endif
