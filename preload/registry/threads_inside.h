/*
 * Which threads may be in the tracker now. A sandbox that holds for all threads at once (seccomp
 * with TSYNC) would kill the program for a system call that one of them is about to make: tracking
 * was stopped, but a look at a growth that had begun goes on (trap 44).
 *
 * Threads are known by where their thread_state lies. No lock; a thread writes one word, once.
 */
#ifndef HASHTRACK_THREADS_INSIDE_H
#define HASHTRACK_THREADS_INSIDE_H

/* Waits until all other threads have left the tracker, which was stopped, but no longer than two
 * seconds: one may have left by longjmp, or be looking at gigabytes. */
void threads_inside_wait(void);

/* In the child of a fork, which has none of the others. */
void threads_inside_forget(void);

#endif
