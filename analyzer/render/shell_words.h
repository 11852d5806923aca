/* Words as a shell takes them: for commands that somebody copies from a report. */
#ifndef HASHTRACK_SHELL_WORDS_H
#define HASHTRACK_SHELL_WORDS_H

#include <stddef.h>

/* The words with spaces between them, each quoted where a POSIX shell would take it apart;
 * malloc'ed, NULL without memory. `first` stands before them as it is; it may be NULL. */
char *shell_words(const char *first, char *const *words, size_t count);

#endif
