/*
 * The line that suppresses a finding, for --gen-suppressions: see suppressions.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "suppressions.h"

/* What means something in a pattern, and what would end the line or steer a terminal, becomes *s.
 */
static char *pattern_for(const char *name)
{
    char *pattern = malloc(strlen(name) + 3);
    if (pattern == NULL)
        return NULL;
    char *end = pattern;
    *end++ = '^';
    for (size_t bytes; *name != '\0'; name += bytes) {
        bytes = plain_character(name);
        if (bytes > 0 && *name != '$') {
            end = mempcpy(end, name, bytes);
        } else {
            *end++ = '*';
            bytes = 1;
        }
    }
    *end++ = '$';
    *end = '\0';
    return pattern;
}

static char *line_for(const char *comment, const char *name)
{
    char *pattern = pattern_for(name);
    char *line = NULL;
    if (pattern == NULL || asprintf(&line, "%shollow:%s", comment, pattern) < 0)
        line = NULL;
    free(pattern);
    return line;
}

char *suppression_line_for(const struct gate_finding *finding)
{
    const char *function = finding->function_count > 0 ? finding->functions[0] : NULL;
    bool is_module = function != NULL && strncmp(function, "<module> of ", 12) == 0;
    if (function != NULL && !is_module && strcmp(function, "main") != 0)
        return line_for("", function);
    if (finding->owner != NULL)
        return line_for("", finding->owner);
    if (is_module)
        return line_for("# <module> is in every stack: this suppresses all tables of the program\n",
                        "<module>");
    if (function != NULL)
        return line_for("# main is in every stack: this suppresses all tables of the program\n",
                        function);
    if (finding->module != NULL)
        return line_for("# without symbols: this suppresses all tables of the module\n",
                        finding->module);
    return NULL;
}
