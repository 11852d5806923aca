/* A program's own suppressions: see program_suppressions.h. */
#include "program_suppressions.h"

#include <stdio.h>
#include <string.h>

#define FUNCTION "__lsan_default_suppressions"

static const char *program_of(const struct dump *dump)
{
    const char *program = dump_string(dump, dump->info.program);
    return program[0] != '\0' ? program : "the program";
}

const char *program_suppressions_text(const struct dump *dump)
{
    if (dump->suppressions_count == 0)
        return NULL;
    const char *text = dump_string(dump, dump->suppressions[0].text);
    return text[0] != '\0' ? text : NULL;
}

/* In the executable alone: a library has to export its functions anyway. */
static bool is_hidden(struct symbolizer *symbolizer, const struct dump *dump)
{
    const char *program = dump_string(dump, dump->info.program);
    for (uint32_t i = 0; i < dump->module_count; i++) {
        if (strcmp(dump_string(dump, dump->modules[i].path), program) == 0)
            return symbolizer_has_function(symbolizer, dump, i, FUNCTION);
    }
    return false;
}

char *program_suppressions_note(struct symbolizer *symbolizer, const struct dump *dump)
{
    char *note = NULL;
    int length = 0;
    if (dump->suppressions_count > 0) {
        if (dump->suppressions[0].flags & DUMP_SUPPRESSIONS_CUT)
            length = asprintf(&note,
                              "%s: the text of " FUNCTION
                              "() is longer than 64 KiB: the lines behind that are not used",
                              program_of(dump));
    } else if (!(dump->info.flags & DUMP_INFO_OWN_ALLOCATOR) && is_hidden(symbolizer, dump)) {
        length = asprintf(&note,
                          "%s has suppressions in " FUNCTION
                          "() but does not export it, so they are not used: link it with "
                          "-Wl,--export-dynamic-symbol=" FUNCTION,
                          program_of(dump));
    }
    return length < 0 ? NULL : note;
}
