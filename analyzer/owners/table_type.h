/*
 * The type that a C++ table has in its program: "std::unordered_set<std::string>", out of the names
 * of the container's functions in which its array was allocated.
 */
#ifndef HASHTRACK_TABLE_TYPE_H
#define HASHTRACK_TABLE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "findings.h"
#include "symbols.h"

#define TABLE_TYPE_BYTES 512u

/* Of a stack, innermost frame first. False when no name of it tells, or tells it for certain; or
 * when the type is longer than what a line of a report can show. */
bool type_of_frames(const struct symbol_frame *frames, size_t count, const char *implementation,
                    char out[TABLE_TYPE_BYTES]);

bool type_of_table(struct symbolizer *symbolizer, const struct findings *findings,
                   const struct judged_table *judged, char out[TABLE_TYPE_BYTES]);

/* What `count` tables, one behind the other, have in common: false where one's type is another, as
 * those of a template are that grew in the same line. */
bool type_of_tables(struct symbolizer *symbolizer, const struct findings *findings,
                    const struct judged_table *first, size_t count, char out[TABLE_TYPE_BYTES]);

#endif
