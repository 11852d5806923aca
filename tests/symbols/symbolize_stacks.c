/*
 * Reads the stacks of stack_recorder.c and prints them symbolised, a line a frame:
 *     MARKS FUNCTION|FILE|LINE|MODULE
 * MARKS is "i" for internal, "n" for inlined, "t" for put back after a tail call, "-" for none.
 * Notes follow as "NOTE text".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_reader.h"
#include "symbols.h"

#define MAX_MODULES 64
#define MAX_FRAMES  1024
#define MAX_SITES   16

static struct dump_module modules[MAX_MODULES];
static struct dump_frame frames[MAX_FRAMES];
static struct dump_site sites[MAX_SITES];
static char strings[1 << 16];
static struct dump dump = {
    .path = "stacks",
    .modules = modules,
    .frames = frames,
    .sites = sites,
    .strings = strings,
};

static uint32_t add_string(const char *text)
{
    uint32_t offset = (uint32_t)dump.string_bytes;
    size_t bytes = strlen(text) + 1;
    if (dump.string_bytes + bytes > sizeof(strings))
        exit(2);
    memcpy(strings + offset, text, bytes);
    dump.string_bytes += bytes;
    return offset;
}

static uint32_t add_module(const char *path, const char *build_id)
{
    for (uint32_t i = 0; i < dump.module_count; i++) {
        if (strcmp(dump_string(&dump, modules[i].path), path) == 0)
            return i;
    }
    if (dump.module_count == MAX_MODULES)
        exit(2);
    modules[dump.module_count].path = add_string(path);
    modules[dump.module_count].build_id = add_string(strcmp(build_id, "-") == 0 ? "" : build_id);
    return (uint32_t)dump.module_count++;
}

static void read_stacks(FILE *in)
{
    char line[8192], path[4096], build_id[256];
    add_string("");
    while (fgets(line, sizeof(line), in) != NULL) {
        uint64_t offset;
        if (strncmp(line, "STACK", 5) == 0) {
            if (dump.site_count == MAX_SITES)
                exit(2);
            sites[dump.site_count++].first_frame = (uint32_t)dump.frame_count;
        } else if (sscanf(line, "%4095s %255s %" SCNx64, path, build_id, &offset) == 3) {
            if (dump.frame_count == MAX_FRAMES || dump.site_count == 0)
                exit(2);
            frames[dump.frame_count].module = add_module(path, build_id);
            frames[dump.frame_count++].offset = offset;
            sites[dump.site_count - 1].frame_count++;
        }
    }
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (in == NULL) {
        fprintf(stderr, "usage: symbolize_stacks FILE\n");
        return 2;
    }
    read_stacks(in);
    fclose(in);
    dump.info.start_realtime_ns = UINT64_C(1) << 62; /* no module is too new */

    struct symbolizer_options options = {.off = false};
    struct symbolizer *symbolizer = symbolizer_new(&options);
    for (uint32_t site = 0; site < dump.site_count; site++) {
        const struct symbol_frame *stack;
        size_t count = symbolizer_site(symbolizer, &dump, site, &stack);
        puts("STACK");
        for (size_t i = 0; i < count; i++) {
            const struct symbol_frame *frame = &stack[i];
            bool plain = !frame->internal && !frame->inlined && !frame->tail_call;
            printf("%s%s%s%s %s|%s|%d|%s\n", frame->internal ? "i" : "", frame->inlined ? "n" : "",
                   frame->tail_call ? "t" : "", plain ? "-" : "",
                   frame->function != NULL ? frame->function : "?",
                   frame->file != NULL ? frame->file : "?", frame->line, frame->module);
        }
    }
    const char *const *notes;
    size_t note_count = symbolizer_notes(symbolizer, &notes);
    for (size_t i = 0; i < note_count; i++)
        printf("NOTE %s\n", notes[i]);
    symbolizer_free(symbolizer);
    return 0;
}
