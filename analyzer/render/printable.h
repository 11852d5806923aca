/*
 * Text of others made safe: strings from a dump, from DWARF or from a directory may hold anything.
 */
#ifndef HASHTRACK_PRINTABLE_H
#define HASHTRACK_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Copies `text` for a terminal: control characters, the characters that turn the reading direction
 * and bytes that are not UTF-8 become \xNN. Cut to fit `out_bytes`, never inside a character. */
void printable(char *out, size_t out_bytes, const char *text);

/* The same into a stream, whole. */
void printable_put(FILE *out, const char *text);

/* Copies `text` for JSON: every byte that is not UTF-8 becomes \xNN, all else stays. malloc'ed;
 * NULL when there is no memory. */
char *valid_utf8(const char *text);

/* Bytes of the UTF-8 sequence at `text`, 0 when it is not one (RFC 3629, section 4). */
size_t utf8_sequence(const unsigned char *text);

/* Bytes of the character at `text`, 0 when printable() would replace what stands there. */
size_t plain_character(const char *text);

/* Whether all of it is UTF-8. */
bool is_utf8(const char *text);

/* Columns that `text` takes on a terminal, one a character. */
size_t text_columns(const char *text);

/* Cuts `text` in place to at most `columns`, the last of them an ellipsis (… or ...). */
void cut_to_columns(char *text, size_t columns, const char *ellipsis);

#endif
