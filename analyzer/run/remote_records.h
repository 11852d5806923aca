/*
 * The records of another process, whoever wrote them: a program may write over memory that is not
 * its own, and one of another user may want to. What is used as an index, a length or a choice is
 * looked at before; what is behind that are numbers, which may be wrong as any may.
 */
#ifndef HASHTRACK_REMOTE_RECORDS_H
#define HASHTRACK_REMOTE_RECORDS_H

#include "registry.h"

/* Takes out of a copy, whose pools are copied, what points out of it. */
void remote_records_check(struct registry *copy);

#endif
