/*
 * Programs that are watched by another tool for memory: the library stands aside in them.
 *
 * AddressSanitizer, LeakSanitizer, MemorySanitizer and ThreadSanitizer are built into a program,
 * valgrind's memcheck, helgrind, drd, massif and dhat run it. They have an allocator of their own,
 * and watch every access to memory, ours as well: a second thread that uses a piece of work memory
 * after the first one is a data race to ThreadSanitizer, what the unwinders keep is a leak to
 * LeakSanitizer, a signal set that the kernel is asked with is not initialised to memcheck. So
 * nothing is tracked, and every call goes on to what comes next, by a jump, for their reports must
 * not have frames of ours in them.
 *
 * callgrind, cachegrind and the others of valgrind leave malloc alone, and nothing is done there.
 */
#ifndef HASHTRACK_SANITIZER_H
#define HASHTRACK_SANITIZER_H

#include <stdbool.h>

/* Whether one of the sanitizers is in the program, at any time. */
bool sanitizer_is_linked(void);

/* From our constructor: looks for them. */
void sanitizer_start(char *const *environment);

/* From then on. */
bool sanitizer_is_present(void);

/* AddressSanitizer ends a program that was linked with libasan.so when that is not the first
 * library in the list, which a preloaded one always is before it (asan_linux.cpp,
 * AsanCheckDynamicRTPrereqs). It wants to be sure that allocations reach it. From us they do, so
 * until our constructor runs, after its own, the list is shown without us. */
bool sanitizer_checks_order(void);

#endif
