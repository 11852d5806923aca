/* What the place we write to can show: width, colours, characters. */
#ifndef HASHTRACK_TERMINAL_H
#define HASHTRACK_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

enum color_choice { COLOR_AUTO = 0, COLOR_ALWAYS, COLOR_NEVER };

struct terminal {
    unsigned width; /* columns; 100 where nobody can say */
    bool color;
    bool utf8; /* bars and ellipses beyond ASCII */
};

/* Looks at `out`, COLUMNS, NO_COLOR and the locale (main has called setlocale). */
struct terminal terminal_of(FILE *out, enum color_choice choice);

/* "auto", "always" or "never". */
bool color_choice_parse(const char *text, enum color_choice *out);

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_FINDING, STYLE_SAVING, STYLE_OK };

/* The escape sequence that begins a style, STYLE_PLAIN to end it; empty without colours. */
const char *terminal_style(const struct terminal *terminal, enum style style);

/* The ellipsis this terminal can show. */
const char *terminal_ellipsis(const struct terminal *terminal);

#endif
