/* Lines of a text report: see rows.h. */
#include "rows.h"

#include <stdarg.h>
#include <string.h>

#include "printable.h"

/* Writes the words of `text`, a new line with `indent` spaces before each that would pass `width`.
 */
static void write_wrapped(FILE *out, const char *text, unsigned indent, unsigned width)
{
    size_t column = indent;
    bool first = true;
    while (*text) {
        size_t spaces = strspn(text, " ");
        size_t length = strcspn(text + spaces, " ");
        if (length == 0)
            break;
        char word[ROW_BYTES];
        snprintf(word, sizeof(word), "%.*s", (int)length, text + spaces);
        size_t columns = text_columns(word);
        if (!first && column + spaces + columns > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            spaces = 0;
        }
        fprintf(out, "%*s%s", (int)spaces, "", word);
        column += spaces + columns;
        text += strspn(text, " ") + length;
        first = false;
    }
    fputc('\n', out);
}

void row(FILE *out, const struct terminal *terminal, const char *label, const char *format, ...)
{
    char text[ROW_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(out, "%*s%s%-*s%s", (int)ROW_INDENT, "", terminal_style(terminal, STYLE_DIM),
            (int)ROW_LABEL_WIDTH, label, terminal_style(terminal, STYLE_PLAIN));
    write_wrapped(out, text, ROW_INDENT + ROW_LABEL_WIDTH, terminal->width);
}

void paragraph(FILE *out, const struct terminal *terminal, const char *format, ...)
{
    char text[ROW_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    write_wrapped(out, text, 0, terminal->width);
}
