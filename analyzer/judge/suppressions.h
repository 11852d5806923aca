/*
 * Suppressions in LeakSanitizer's syntax, so that one file serves both: lines "hollow:PATTERN" and
 * "leak:PATTERN", comments from #. A pattern is looked for in each function, file and module of a
 * table's stacks and in its owner; * stands for any characters, ^ for the beginning, $ for the end.
 */
#ifndef HASHTRACK_SUPPRESSIONS_H
#define HASHTRACK_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "gate.h"

/* What the patterns are held against. Any of it may be missing. */
struct suppression_subject {
    const struct gate_frame *frames; /* growth stack */
    size_t frame_count;
    const struct gate_frame *birth; /* birth stack */
    size_t birth_count;
    const char *owner;
};

/* NULL when memory ran out. */
struct suppressions *suppressions_new(void);

/* Adds the lines of a file. An error names file and line (STATUS_USAGE); nothing is added then. */
bool suppressions_add_file(struct suppressions *suppressions, const char *path,
                           struct error *error);

/* The same for a text; `from` is what messages and reports call it. */
bool suppressions_add_text(struct suppressions *suppressions, const char *from, const char *text,
                           struct error *error);

/* The index of the first line that matches, -1 when none does. Counts nothing. */
ssize_t suppressions_match(const struct suppressions *suppressions,
                           const struct suppression_subject *subject);

size_t suppressions_count(const struct suppressions *suppressions);

/* "hollow:Cache::*" and "file:line" of a line. */
const char *suppression_rule(const struct suppressions *suppressions, size_t index);
const char *suppression_from(const struct suppressions *suppressions, size_t index);

void suppressions_free(struct suppressions *suppressions);

/* A line (malloc'ed, no line break at its end) that suppresses this finding; NULL when memory ran
 * out or nothing of it has a name. Where it would suppress the whole program as well, a comment
 * line before it says so. */
char *suppression_line_for(const struct gate_finding *finding);

/* Whether `pattern` matches `text`, as LeakSanitizer's TemplateMatch() decides it. */
bool suppression_pattern_matches(const char *pattern, const char *text);

#endif
