/*
 * The key of threads under which libunwind keeps what it remembers of each of them.
 */
#ifndef HASHTRACK_INTERPOSE_KEYS_H
#define HASHTRACK_INTERPOSE_KEYS_H

#include <stdbool.h>

/* Before a thread other than the first calls libunwind. False when there is no key for it, or
 * another thread is finding one. */
bool unwinders_key_ready(void);

#endif
