/* Which processes of a run go on after the program itself has ended. */
#ifndef HASHTRACK_STILL_RUNNING_H
#define HASHTRACK_STILL_RUNNING_H

#include <stddef.h>
#include <stdint.h>

/* Says on standard error which processes still have HASHTRACK_RUN_ID=`id` in the environment that
 * they were started with: a daemon, a server that a test left behind. Their dumps come later, so
 * what is said of the run does not include them. Returns how many they are; those of which this
 * user may not read the environment are not seen. */
size_t tell_still_running(uint64_t id);

#endif
