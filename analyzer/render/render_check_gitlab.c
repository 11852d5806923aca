/*
 * The gate as a Code Quality report of GitLab, which compares the reports of two branches by the
 * fingerprints. Every entry must name a file; a finding without a line in the sources names the
 * binary that it lies in, and says so.
 */
#include <stdlib.h>

#include "check_options.h"
#include "check_place.h"
#include "check_words.h"
#include "json_text.h"
#include "printable.h"
#include "text_buffer.h"

static const char *severity_of(enum check_level level)
{
    switch (level) {
    case CHECK_ERROR:
        return "major";
    case CHECK_WARNING:
        return "minor";
    default:
        return "info";
    }
}

static char *description_of(const struct gate_finding *finding, bool placed)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    if (buffer.out) {
        words_headline(buffer.out, finding);
        if (finding->action && finding->how) {
            text_add(&buffer, "; %s: ", finding->action);
            printable_put(buffer.out, finding->how);
        }
    }
    if (!placed)
        text_add(&buffer, " (no line of these sources is known for it)");
    return text_end(&buffer);
}

static bool put_entry(FILE *out, struct source_root *root, const struct gate_finding *finding,
                      enum check_level level)
{
    struct check_place place;
    /* JSON has no way to write a name that is not UTF-8, and another name is another file. */
    bool placed = check_place(root, finding, &place) && is_utf8(place.path);
    const char *binary = finding->module ? finding->module : finding->program;
    const char *relative = source_path(root, binary);
    bool ok = true;

    json_t *lines = json_object();
    json_put(lines, "begin", json_integer(placed ? place.line : 1), &ok);
    json_t *location = json_object();
    json_put_text(location, "path",
                  placed     ? place.path
                  : relative ? relative
                  : binary   ? binary
                             : "unknown",
                  &ok);
    json_put(location, "lines", lines, &ok);

    char *description = description_of(finding, placed);
    json_t *entry = json_object();
    if (description)
        json_put_text(entry, "description", description, &ok);
    json_put(entry, "check_name", json_sprintf("hashtrack-%s", gate_rule(finding)), &ok);
    json_put_text(entry, "fingerprint", finding->fingerprint, &ok);
    json_put_text(entry, "severity", severity_of(level), &ok);
    json_put(entry, "location", location, &ok);
    ok = ok && description;
    json_write_piece(entry, out, &ok);
    free(description);
    return ok;
}

bool render_check_gitlab(const struct check_rendering *rendering, struct error *error)
{
    const struct gate *gate = rendering->gate;
    struct source_root *root = source_root_new(rendering->options->source_root.path, error);
    if (!root)
        return false;
    bool sum_failed = check_sum_failed(gate), good = true;
    const char *before = "[\n";
    for (size_t i = 0; i < gate->finding_count && good; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        enum check_level level = check_level(gate, finding, sum_failed);
        if (level == CHECK_QUIET)
            continue;
        fputs(before, rendering->out);
        before = ",\n";
        good = put_entry(rendering->out, root, finding, level);
    }
    fputs(*before == '[' ? "[]\n" : "\n]\n", rendering->out);
    source_root_free(root);
    return good || error_no_memory(error, NULL);
}
