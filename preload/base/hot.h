/*
 * Functions that run for every tracked block, which the linker puts side by side: spread over the
 * library they would take as many pages and more lines of the caches that the program's own code is
 * in.
 */
#ifndef HASHTRACK_HOT_H
#define HASHTRACK_HOT_H

#define HOT __attribute__((hot))

#endif
