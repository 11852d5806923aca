/* From dump files to a report: see report.h. */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "apart.h"
#include "dump_paths.h"
#include "rendering.h"

/* The worse of two exit statuses: a damaged dump outweighs a program that could not be tracked. */
static int worse(int a, int b)
{
    static const int by_weight[] = {STATUS_OK, STATUS_UNTRACKABLE, STATUS_BAD_DUMP, STATUS_USAGE};
    int worst = STATUS_OK;
    for (size_t i = 0; i < sizeof(by_weight) / sizeof(by_weight[0]); i++)
        if (a == by_weight[i] || b == by_weight[i])
            worst = by_weight[i];
    return worst;
}

static bool render(const struct findings *findings, const struct report_options *options,
                   bool several, FILE *out, struct error *error)
{
    const struct symbolizer_options wanted = {
        .off = options->no_symbols,
        .debuginfod = options->debuginfod,
        .progress = true,
    };
    size_t numbers = finding_numbers(findings);
    if (options->explain > numbers)
        return error_set(error, STATUS_USAGE, "%s: there is no table number %u, only %zu",
                         findings->dump->path, options->explain, numbers);
    struct symbolizer *symbolizer = symbolizer_new(&wanted);
    if (!symbolizer)
        return error_no_memory(error, findings->dump->path);
    const struct rendering rendering = {
        .out = out,
        .findings = findings,
        .symbolizer = symbolizer,
        .options = options,
        .terminal = terminal_of(out, (enum color_choice)options->color),
    };
    bool rendered = true;
    if (options->json)
        rendered = render_json(&rendering, several, error);
    else
        render_text(&rendering);
    symbolizer_free(symbolizer);
    return rendered;
}

static bool report_dump(const char *path, const struct report_options *options, bool several,
                        FILE *out, struct error *error)
{
    struct dump dump;
    struct findings findings;
    if (!dump_load(path, &dump, error))
        return false;
    bool reported = findings_make(
        &dump, &(struct finding_limits){.min_saving = options->min_saving}, &findings, error);
    if (reported) {
        reported = render(&findings, options, several, out, error);
        findings_free(&findings);
    }
    dump_unload(&dump);
    return reported;
}

struct report_work {
    const char *path;
    const struct report_options *options;
    bool several;
    FILE *out;
};

static int report_work(void *context)
{
    const struct report_work *work = context;
    struct error error;
    return report_dump(work->path, work->options, work->several, work->out, &error)
               ? STATUS_OK
               : error_print(&error);
}

int report_dumps(const char **paths, size_t count, const struct report_options *options, FILE *out)
{
    struct error error;
    struct dump_paths dumps;
    int status = STATUS_OK;
    if (!dump_paths_find(paths, count, &dumps, &error))
        return error_print(&error);
    for (size_t i = 0; i < dumps.count; i++) {
        if (i > 0 && !options->json)
            fputc('\n', out);
        struct report_work work = {dumps.paths[i], options, dumps.count > 1, out};
        int ended = options->no_symbols ? report_work(&work)
                                        : run_apart(report_work, &work, out, dumps.paths[i]);
        status = worse(status, ended);
    }
    dump_paths_free(&dumps);
    if (fflush(out) != 0 || ferror(out)) {
        error_set(&error, STATUS_BAD_DUMP, "the report cannot be written: %s", strerror(errno));
        status = worse(status, error_print(&error));
    }
    return status;
}
