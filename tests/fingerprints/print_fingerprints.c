/*
 * Reads a dump and prints a line for each table whose arrays hold at least BYTES:
 *     FINGERPRINT FUNCTION < FUNCTION ...
 * of the table's growth stack, or of its birth stack where it never grew. With ALL_FRAMES in the
 * environment the stack follows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_reader.h"
#include "fingerprint.h"

static void print_table(struct symbolizer *symbolizer, const struct dump *dump,
                        const struct dump_table *table)
{
    uint32_t site = table->growth_site != DUMP_NONE ? table->growth_site : table->birth_site;
    const struct symbol_frame *frames;
    size_t frame_count = symbolizer_site(symbolizer, dump, site, &frames);
    char *functions[FINGERPRINT_FUNCTIONS_MAX], fingerprint[FINGERPRINT_BYTES];
    size_t count = fingerprint_functions(frames, frame_count, functions);
    const char *implementation = dump_string(dump, table->implementation);
    fingerprint_make("hollow", implementation, functions, count, "", fingerprint);
    printf("%s ", fingerprint);
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i > 0 ? " < " : "", functions[i]);
        free(functions[i]);
    }
    putchar('\n');
    if (getenv("ALL_FRAMES") == NULL)
        return;
    for (size_t i = 0; i < frame_count; i++)
        printf("    %c%c %s %s:%d %s+%#" PRIx64 "\n", frames[i].internal ? 'i' : '-',
               frames[i].inlined     ? 'n'
               : frames[i].tail_call ? 't'
                                     : '-',
               frames[i].function, frames[i].file, frames[i].line, frames[i].module,
               frames[i].offset);
}

int main(int argc, char **argv)
{
    struct dump dump;
    struct error error;
    if (argc != 3) {
        fprintf(stderr, "usage: print_fingerprints DUMP BYTES\n");
        return STATUS_USAGE;
    }
    if (!dump_load(argv[1], &dump, &error))
        return error_print(&error);
    const struct symbolizer_options options = {.off = false};
    struct symbolizer *symbolizer = symbolizer_new(&options);
    if (symbolizer == NULL)
        return STATUS_BAD_DUMP;
    for (size_t i = 0; i < dump.table_count; i++) {
        if (dump.tables[i].bytes >= strtoull(argv[2], NULL, 10))
            print_table(symbolizer, &dump, &dump.tables[i]);
    }
    symbolizer_free(symbolizer);
    dump_unload(&dump);
    return STATUS_OK;
}
