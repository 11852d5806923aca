/* Any text as suppressions: read, matched, and refused with a line that names it. */
#include "text_driver.h"

#include <stdlib.h>
#include <string.h>

#include "suppressions.h"

static void match(const struct suppressions *suppressions, const char *text)
{
    struct gate_frame frames[] = {
        {.function = (char *)text, .file = "/src/cache.cc", .module = "/opt/server"},
        {.function = "(anonymous namespace)::Cache<int>::insert<long>"},
        {.function = NULL},
    };
    const struct suppression_subject subject = {frames, 3, frames, 3, "g_cache.sessions"};
    if (suppressions_match(suppressions, &subject) >= (ssize_t)suppressions_count(suppressions))
        abort();
}

/* The line for a function of any name is one that can be read, and matches it. */
static void generate(char *name)
{
    struct gate_frame frame = {.function = name};
    const struct gate_finding finding = {.functions = &name, .function_count = 1};
    const struct suppression_subject subject = {.frames = &frame, .frame_count = 1};
    struct error error;
    struct suppressions *suppressions = suppressions_new();
    char *line = suppression_line_for(&finding);
    if (line == NULL || suppressions == NULL ||
        !suppressions_add_text(suppressions, "generated", line, &error) ||
        suppressions_match(suppressions, &subject) != 0)
        abort();
    free(line);
    suppressions_free(suppressions);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct error error = {.status = STATUS_OK};
    char *text = malloc(count + 1);
    struct suppressions *suppressions = suppressions_new();
    if (text == NULL || suppressions == NULL)
        abort();
    memcpy(text, bytes, count);
    text[count] = '\0';
    if (suppressions_add_text(suppressions, "fuzz", text, &error))
        match(suppressions, text);
    else if (error.status != STATUS_USAGE || strncmp(error.text, "fuzz:", 5) != 0 ||
             suppressions_count(suppressions) != 0)
        abort();
    suppressions_free(suppressions);
    if (text[0] != '\0' && text[0] != ' ' && text[strlen(text) - 1] != ' ')
        generate(text);
    free(text);
    return 0;
}
