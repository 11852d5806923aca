/* Text of any length, built with stdio. */
#ifndef HASHTRACK_TEXT_BUFFER_H
#define HASHTRACK_TEXT_BUFFER_H

#include <stddef.h>
#include <stdio.h>

struct text_buffer {
    FILE *out; /* NULL: no memory */
    char *bytes;
    size_t count;
};

/* All calls take a buffer without memory too; only text_end() says so. */
void text_begin(struct text_buffer *text);
__attribute__((format(printf, 2, 3))) void text_add(struct text_buffer *text, const char *format,
                                                    ...);

/* The text, for free(); NULL when there was no memory for it. */
char *text_end(struct text_buffer *text);

#endif
