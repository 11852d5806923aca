/*
 * Programs built with AddressSanitizer, LeakSanitizer, MemorySanitizer or ThreadSanitizer: the
 * library stands aside in them.
 *
 * Their allocator is their own, and they watch every access to memory, ours as well: a second
 * thread that uses a piece of work memory after the first one is a data race to ThreadSanitizer,
 * and what the unwinders keep is a leak to LeakSanitizer. So nothing is tracked, and every call
 * goes on to what comes next, by a jump, for a report of theirs must not have frames of ours in it.
 */
#ifndef HASHTRACK_SANITIZER_H
#define HASHTRACK_SANITIZER_H

#include <stdbool.h>

bool sanitizer_is_present(void);

/* AddressSanitizer ends a program that was linked with libasan.so when that is not the first
 * library in the list, which a preloaded one always is before it (asan_linux.cpp,
 * AsanCheckDynamicRTPrereqs). It wants to be sure that allocations reach it. From us they do, so
 * until our constructor runs, after its own, the list is shown without us. */
bool sanitizer_checks_order(void);

/* Our constructor runs. */
void sanitizer_checked_order(void);

#endif
