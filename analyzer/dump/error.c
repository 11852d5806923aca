/* Errors as values: see error.h. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"

bool error_set(struct error *error, enum exit_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    error->status = status;
    return false;
}

bool error_no_memory(struct error *error, const char *what)
{
    return what ? error_set(error, STATUS_BAD_DUMP, "%s: out of memory", what)
                : error_set(error, STATUS_BAD_DUMP, "out of memory");
}

bool error_unwritten(struct error *error, FILE *out)
{
    if (fflush(out) != 0)
        return error_set(error, STATUS_USAGE, "the report cannot be written: %s", strerror(errno));
    /* What went wrong earlier has left no reason. */
    return !ferror(out) || error_set(error, STATUS_USAGE, "the report cannot be written");
}

int error_usage(const char *verb)
{
    fprintf(stderr, "%s --help lists the options\n", verb);
    return STATUS_USAGE;
}

int error_print(const struct error *error)
{
    char text[2 * sizeof(error->text)];
    printable(text, sizeof(text), error->text);
    fprintf(stderr, "hashtrack: %s\n", text);
    return error->status;
}
