/* Writes a gate made by hand as `check` would: render_gate SAMPLE ROOT FORMAT[=PATH]... */
#include <stdio.h>

#include "check_options.h"
#include "check_output.h"
#include "sample_gate.h"

int main(int argc, char **argv)
{
    struct gate gate;
    struct error error;
    if (argc < 4) {
        fputs("usage: render_gate SAMPLE ROOT FORMAT[=PATH]...\n", stderr);
        return STATUS_USAGE;
    }
    struct check_options options = {.source_root.path = argv[2], .color = COLOR_NEVER};
    if (!sample_gate(argv[1], argv[2], &gate)) {
        fprintf(stderr, "render_gate: there is no sample '%s'\n", argv[1]);
        return STATUS_USAGE;
    }
    for (int i = 3; i < argc; i++)
        if (!check_output_add(&options.outputs, argv[i], &error))
            return error_print(&error);
    if (!check_outputs_write(&options.outputs, &gate, &options, &error))
        return error_print(&error);
    return STATUS_OK;
}
