/*
 * What the program itself wants suppressed: its own __lsan_default_suppressions(), as LeakSanitizer
 * asks it. The text goes into every dump; the analyzer reads it.
 */
#ifndef HASHTRACK_DEFAULT_SUPPRESSIONS_H
#define HASHTRACK_DEFAULT_SUPPRESSIONS_H

#include "registry.h"

/* With its \0. A longer text is cut behind its last whole line. */
#define DEFAULT_SUPPRESSIONS_BYTES (64u << 10)

/* Asks the program, if it has the function. Called once, before main: then all that the function
 * may need has been constructed. Preserves errno. */
void default_suppressions_ask(struct registry *registry);

#endif
