/*
 * What the unwinders read on a stack of which it is not known where it ends.
 */
#ifndef HASHTRACK_CHECKED_READS_H
#define HASHTRACK_CHECKED_READS_H

#include <stdbool.h>

/* Once, in the first thread of the process, after libunwind unwound for the first time. From then
 * on whatever its cursor reads while thread_state.checks_reads is set was found readable just
 * before. Given the handle of the library. */
void checked_reads_start(void *libunwind);

/* While they are checked: whether nothing can return to that address, as it is the first one of a
 * function: the stack ends below it. Takes no lock. */
bool checked_reads_end_at(void *address);

#endif
