/*
 * Locking all memory of the program, and none of the tracker's.
 */
#ifndef HASHTRACK_INTERPOSE_MLOCK_H
#define HASHTRACK_INTERPOSE_MLOCK_H

/* mlockall(flags) as a system call: 0, or -1 and errno. */
int mlock_all_directly(int flags);

#endif
