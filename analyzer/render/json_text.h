/*
 * Building JSON from text of others: jansson refuses strings that are not UTF-8. All helpers record
 * a failure (there is none but lack of memory) in *ok and go on, so that callers check once.
 */
#ifndef HASHTRACK_JSON_TEXT_H
#define HASHTRACK_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/* 12 digits: a millisecond in a year, and 0.97 instead of 0.96999999999999997. In ASCII, for JSON
 * goes to terminals too: jansson would write U+009B, with which their commands begin, as it is. */
#define JSON_TEXT_FLAGS (JSON_REAL_PRECISION(12) | JSON_ENSURE_ASCII)

/* object[key] = value; takes the reference. */
void json_put(json_t *object, const char *key, json_t *value, bool *ok);
void json_put_text(json_t *object, const char *key, const char *text, bool *ok);
/* A number; what does not fit in 63 bits becomes the largest that does. */
void json_put_count(json_t *object, const char *key, uint64_t count, bool *ok);
/* "0x7f12" */
void json_put_address(json_t *object, const char *key, uint64_t address, bool *ok);
/* Milliseconds as seconds. */
void json_put_seconds(json_t *object, const char *key, uint64_t milliseconds, bool *ok);

/* A frame of a call stack, with what is known of it: NULL and 0 are not. */
json_t *json_frame(const char *function, const char *file, int line, const char *module, bool *ok);

/* Writes and releases `document`, indented or on one line, with a newline at its end. */
bool json_write(json_t *document, bool ok, bool one_line, FILE *out, struct error *error);

/* Writes and releases a value on one line, without a newline: a piece of a document that would be
 * too large to be built whole. Writes nothing once *ok is false. */
void json_write_piece(json_t *value, FILE *out, bool *ok);

#endif
