/* Text of any length, built with stdio: see text_buffer.h. */
#include "text_buffer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

void text_begin(struct text_buffer *text)
{
    *text = (struct text_buffer){0};
    text->out = open_memstream(&text->bytes, &text->count);
}

void text_add(struct text_buffer *text, const char *format, ...)
{
    if (!text->out)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(text->out, format, arguments);
    va_end(arguments);
}

char *text_end(struct text_buffer *text)
{
    bool good = text->out && !ferror(text->out);
    if (text->out && fclose(text->out) != 0)
        good = false;
    if (!good) {
        free(text->bytes);
        text->bytes = NULL;
    }
    return text->bytes;
}
