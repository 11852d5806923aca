/*
 * Errors as values: a function that can fail takes a struct error, fills it and returns false. Only
 * the verbs print one, through error_print().
 */
#ifndef HASHTRACK_ERROR_H
#define HASHTRACK_ERROR_H

#include <stdbool.h>
#include <stdio.h>

/* What hashtrack(1) exits with; scripts and CI jobs rely on the numbers. */
enum exit_status {
    STATUS_OK = 0,
    STATUS_USAGE = 2,
    STATUS_BAD_DUMP = 3,  /* none, a partial or a damaged one: never green */
    STATUS_FINDINGS = 23, /* over the limits of `check`; LeakSanitizer's number */
    STATUS_UNTRACKABLE = 77,
};

struct error {
    enum exit_status status;
    char text[1024]; /* one line, naming the file and, where there is one, the offset */
};

/* Fills *error; returns false, so that a failing function can end with `return error_set(...)`. */
__attribute__((format(printf, 3, 4))) bool error_set(struct error *error, enum exit_status status,
                                                     const char *format, ...);

/* The same for memory that ran out: STATUS_BAD_DUMP, for nothing is wrong with how hashtrack was
 * called, and what was not looked at is never green. `what` was being read or written, or NULL. */
bool error_no_memory(struct error *error, const char *what);

/* For an option that getopt has complained of: prints where the options of `verb`, "hashtrack
 * report", are listed; returns STATUS_USAGE. */
int error_usage(const char *verb);

/* Writes out what is buffered. STATUS_USAGE with the reason when that or anything before it could
 * not be written: where to was what the user asked for. */
bool error_unwritten(struct error *error, FILE *out);

/* Prints "hashtrack: TEXT" on stderr, control characters made visible; returns the exit status. */
int error_print(const struct error *error);

#endif
