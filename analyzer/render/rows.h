/* Lines of a text report: a label, then text that wraps under itself. */
#ifndef HASHTRACK_ROWS_H
#define HASHTRACK_ROWS_H

#include <stdio.h>

#include "terminal.h"

#define ROW_INDENT      4u
#define ROW_LABEL_WIDTH 10u
#define ROW_BYTES       2048u /* longest text of a row */

/* "    label     text ...", wrapped at the terminal's width. The text must be printable already. */
__attribute__((format(printf, 4, 5))) void row(FILE *out, const struct terminal *terminal,
                                               const char *label, const char *format, ...);

/* The same for a sentence of its own, wrapped at the left margin. */
__attribute__((format(printf, 3, 4))) void paragraph(FILE *out, const struct terminal *terminal,
                                                     const char *format, ...);

#endif
