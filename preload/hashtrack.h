/*
 * The optional API for programs that want to place a snapshot themselves.
 *
 *     #include <hashtrack.h>
 *     ...
 *     HASHTRACK_SNAPSHOT("after the nightly sweep");
 *
 * Nothing is linked: without the preloaded library the call does nothing. C and C++ compile it.
 */
#ifndef HASHTRACK_H
#define HASHTRACK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Reads every table and writes a dump named after the label beside the one at exit. Returns 0, or
 * -1 when no dump could be written; errno is left as it was. Safe in any thread; not in a signal
 * handler. */
__attribute__((weak)) int hashtrack_snapshot(const char *label);

#ifdef __cplusplus
}
#endif

#define HASHTRACK_SNAPSHOT(label) (hashtrack_snapshot ? hashtrack_snapshot(label) : 0)

#endif
