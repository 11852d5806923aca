/*
 * The types of suppressions that the sanitizers know and hashtrack does not: whoever hands over the
 * wrong file is told whose it is.
 */
#ifndef HASHTRACK_SANITIZER_TYPES_H
#define HASHTRACK_SANITIZER_TYPES_H

/* "ThreadSanitizer" for "race"; NULL for a type that none of them has. */
const char *sanitizer_of_type(const char *type);

#endif
