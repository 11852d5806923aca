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

static bool render(const struct findings *findings, struct symbolizer *symbolizer,
                   const struct report_options *options, bool several, FILE *out,
                   struct error *error)
{
    size_t numbers = finding_numbers(findings);
    if (options->explain > numbers)
        return error_set(error, STATUS_USAGE, "%s: there is no table number %u, only %zu",
                         findings->dump->path, options->explain, numbers);
    const struct rendering rendering = {
        .out = out,
        .findings = findings,
        .symbolizer = symbolizer,
        .options = options,
        .terminal = terminal_of(out, (enum color_choice)options->color),
    };
    if (options->json)
        return render_json(&rendering, several, error);
    render_text(&rendering);
    return true;
}

static bool report_dump(const char *path, const struct report_options *options, bool several,
                        FILE *out, struct error *error)
{
    const struct symbolizer_options wanted = {
        .off = options->no_symbols,
        .debuginfod = options->debuginfod,
        .progress = true,
    };
    const struct finding_limits limits = {.min_saving = options->min_saving};
    struct dump dump;
    struct findings findings;
    if (!dump_load(path, &dump, error))
        return false;
    struct symbolizer *symbolizer = symbolizer_new(&wanted);
    bool reported = symbolizer ? findings_make(&dump, &limits, symbolizer, &findings, error)
                               : error_no_memory(error, path);
    if (reported) {
        reported = render(&findings, symbolizer, options, several, out, error);
        findings_free(&findings);
    }
    symbolizer_free(symbolizer);
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
        /* One that wrote nothing any more has said so; the next ones would say it again. */
        if (i > 0 && !options->json && (fputc('\n', out) == EOF || fflush(out) != 0))
            break;
        struct report_work work = {dumps.paths[i], options, dumps.count > 1, out};
        int ended = options->no_symbols ? report_work(&work)
                                        : run_apart(report_work, &work, out, dumps.paths[i]);
        status = worse(status, ended);
    }
    dump_paths_free(&dumps);
    if (!error_unwritten(&error, out) && status != STATUS_USAGE)
        status = worse(status, error_print(&error));
    return status;
}
