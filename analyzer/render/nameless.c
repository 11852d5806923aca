/* What findings stand at that has no name: see nameless.h. */
#include "nameless.h"

#include <stdio.h>
#include <string.h>

#include "path_base.h"
#include "place.h"
#include "printable.h"
#include "rows.h"

#define MOST_NAMED 4u

struct nameless {
    const char *modules[MOST_NAMED];
    size_t count;
    bool more;
};

static bool has_note(const struct symbolizer *symbolizer, const char *module)
{
    const char *const *notes;
    size_t count = symbolizer_notes(symbolizer, &notes);
    for (size_t i = 0; i < count; i++)
        if (strstr(notes[i], module))
            return true;
    return false;
}

static void add(struct nameless *nameless, const char *module)
{
    for (size_t i = 0; i < nameless->count; i++)
        if (strcmp(nameless->modules[i], module) == 0)
            return;
    if (nameless->count == MOST_NAMED)
        nameless->more = true;
    else
        nameless->modules[nameless->count++] = module;
}

void render_nameless_modules(const struct rendering *rendering)
{
    const struct findings *findings = rendering->findings;
    struct nameless nameless = {.count = 0};
    size_t shown = findings->class_count[CLASS_FINDING] + findings->class_count[CLASS_SUSPECT] +
                   findings->class_count[CLASS_FREED];
    if (rendering->options->no_symbols)
        return;
    for (size_t first = 0; first < shown; first = finding_end(findings, first)) {
        const struct symbol_frame *frame = own_frame_of_site(
            rendering->symbolizer, findings->dump, telling_site(findings->tables[first].table));
        /* Neither code that was made at run time nor the kernel's own has a file. */
        if (frame && !frame->function && !frame->is_script && frame->module &&
            frame->module[0] == '/' && !has_note(rendering->symbolizer, frame->module))
            add(&nameless, frame->module);
    }
    if (nameless.count == 0)
        return;
    char list[1024] = "", name[256];
    for (size_t i = 0; i < nameless.count; i++) {
        size_t used = strlen(list);
        printable(name, sizeof(name), path_base(nameless.modules[i]));
        snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", name);
    }
    paragraph(rendering->out, &rendering->terminal,
              "note: stripped of their symbols: %s%s; with the debugging symbols installed, or "
              "fetched by --debuginfod, functions, lines and owners have names",
              list, nameless.more ? " and others" : "");
}
