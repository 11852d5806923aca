/* From dump files to a gate that is open or shut: see check.h. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baseline.h"
#include "check_workers.h"
#include "date.h"
#include "dump_paths.h"
#include "gate_make.h"
#include "printable.h"

/* All that a check has read. */
struct check {
    const struct check_options *options;
    struct dump_paths paths;
    struct gate_dump *dumps; /* one a path */
    struct suppressions *suppressions;
    struct baseline baseline; /* path NULL: none */
};

bool check_writes_baseline(const struct check_options *options)
{
    return options->update_baseline || options->prune_baseline || options->accept;
}

/* --- reading --- */

static bool read_suppressions(struct check *check, struct error *error)
{
    check->suppressions = suppressions_new();
    if (!check->suppressions)
        return error_no_memory(error, NULL);
    for (size_t i = 0; i < check->options->suppressions.count; i++)
        if (!suppressions_add_file(check->suppressions, check->options->suppressions.list[i].path,
                                   error))
            return false;
    return true;
}

static bool read_baseline(struct check *check, struct error *error)
{
    const struct path_setting *setting = &check->options->baseline;
    if (!setting->path)
        return true;
    if (!baseline_load(setting->path, &check->baseline, error))
        return false;
    if (check->baseline.exists || check->options->update_baseline || check->options->accept)
        return true;
    return error_set(error, STATUS_USAGE,
                     "%s%s%s: there is no such file; --update-baseline makes it",
                     setting->from ? setting->from : "", setting->from ? ": " : "", setting->path);
}

static bool read_dumps(struct check *check, const char **names, size_t count, struct error *error)
{
    if (!dump_paths_find(names, count, &check->paths, error))
        return false;
    check->dumps = calloc(check->paths.count + 1, sizeof(*check->dumps));
    if (!check->dumps)
        return error_no_memory(error, NULL);
    return check_workers_read(check->paths.paths, check->paths.count, check->options, check->dumps,
                              error);
}

static bool decide(const struct check *check, struct gate *gate, struct error *error)
{
    struct gate_input input = {
        .dumps = check->dumps,
        .count = check->paths.count,
        .suppressions = check->suppressions,
        .baseline = check->baseline.path ? &check->baseline : NULL,
        .options = check->options,
    };
    date_of_today(input.today);
    return gate_make(&input, gate, error);
}

/* --- the baseline --- */

/* A date that has passed would be an acceptance that never was. */
static bool check_expiry(const struct check_options *options, struct error *error)
{
    char today[DATE_BYTES];
    date_of_today(today);
    return !options->expires || strcmp(options->expires, today) >= 0 ||
           error_set(error, STATUS_USAGE, "--expires: %s is over already", options->expires);
}

static bool change_baseline(struct check *check, const struct gate *gate, struct error *error)
{
    const struct check_options *options = check->options;
    struct baseline *baseline = &check->baseline;
    const struct acceptance acceptance = {options->accept, options->reason, options->expires};
    if (options->accept &&
        (!check_expiry(options, error) || !baseline_accept(baseline, gate, &acceptance, error)))
        return false;
    if (options->update_baseline && !baseline_update(baseline, gate, error))
        return false;
    if (options->prune_baseline && gate)
        baseline_prune(baseline, gate);
    return baseline_store(baseline, error);
}

static void say_written(const struct check *check)
{
    char path[PATH_MAX];
    printable(path, sizeof(path), check->baseline.path);
    fprintf(stderr, "hashtrack: wrote %s: %zu entr%s", path, check->baseline.count,
            check->baseline.count == 1 ? "y" : "ies");
    /* Not only what is fixed: also what this run of the same programs did not come by. */
    if (check->baseline.dropped)
        fprintf(stderr, ", %zu dropped", check->baseline.dropped);
    fputc('\n', stderr);
}

/* Writes the baseline and judges again by it. A dump that is missing from the picture could hold
 * what would be dropped here. */
static bool write_baseline(struct check *check, struct gate *gate, struct error *error)
{
    if (gate->error_count > 0)
        return error_set(error, STATUS_BAD_DUMP, "%s was not written", check->baseline.path);
    if (!change_baseline(check, gate, error))
        return false;
    say_written(check);
    gate_free(gate);
    return decide(check, gate, error);
}

/* --- which dumps stay --- */

/* A finding is shown with the dump in which it wastes most; an error names its own. */
static bool is_needed(const struct gate *gate, const struct gate_dump *dump)
{
    if (*dump->error.text || dump->unseen)
        return true;
    for (size_t i = 0; i < gate->finding_count; i++)
        if (gate_counts(&gate->findings[i]) && strcmp(gate->findings[i].dump, dump->path) == 0)
            return true;
    return false;
}

static void remove_others(const struct check *check, struct gate *gate)
{
    for (size_t i = 0; i < check->paths.count; i++) {
        char path[PATH_MAX];
        if (gate->status != STATUS_OK && is_needed(gate, &check->dumps[i]))
            continue;
        if (unlink(check->paths.paths[i]) == 0) {
            gate->removed_dumps++;
            continue;
        }
        printable(path, sizeof(path), check->paths.paths[i]);
        fprintf(stderr, "hashtrack: cannot remove %s: %m\n", path);
    }
}

/* --- the end --- */

static bool is_shown_text(const struct check_output *output)
{
    return !output->path && strcmp(output->kind->name, "text") == 0;
}

/* Text on a terminal or in a job's log names the errors itself. */
static bool text_is_shown(const struct check_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        if (is_shown_text(&outputs->list[i]))
            return true;
    return outputs->count == 0;
}

static bool write_outputs(const struct check *check, const struct gate *gate, struct error *error)
{
    const struct check_outputs *asked = &check->options->outputs;
    if (!check->options->quiet || gate->status != STATUS_OK)
        return check_outputs_write(asked, gate, check->options, error);
    struct check_outputs others = *asked;
    others.count = 0;
    for (size_t i = 0; i < asked->count; i++)
        if (!is_shown_text(&asked->list[i]))
            others.list[others.count++] = asked->list[i];
    return others.count == 0 || check_outputs_write(&others, gate, check->options, error);
}

static void print_errors(const struct gate *gate)
{
    struct error error = {.status = STATUS_BAD_DUMP};
    for (size_t i = 0; i < gate->error_count; i++) {
        snprintf(error.text, sizeof(error.text), "%s", gate->errors[i]);
        error_print(&error);
    }
}

static int finish(const struct check *check, struct gate *gate)
{
    struct error error;
    int status = gate->status;
    if (check->options->removes_dumps)
        remove_others(check, gate);
    if (!write_outputs(check, gate, &error))
        status = error_print(&error);
    if (!text_is_shown(&check->options->outputs))
        print_errors(gate);
    return status;
}

static bool read_all_but_dumps(struct check *check, struct error *error)
{
    return read_suppressions(check, error) && read_baseline(check, error);
}

static int run_check(struct check *check, const char **names, size_t count)
{
    struct error error;
    struct gate gate = {0};
    if (!read_all_but_dumps(check, &error))
        return error_print(&error);
    if (count == 0) { /* only to accept what the baseline has already */
        if (!change_baseline(check, NULL, &error))
            return error_print(&error);
        say_written(check);
        return STATUS_OK;
    }
    int status;
    if (!read_dumps(check, names, count, &error) || !decide(check, &gate, &error)) {
        status = error_print(&error);
    } else if (check_writes_baseline(check->options) && !write_baseline(check, &gate, &error)) {
        status = error_print(&error);
        print_errors(&gate);
    } else {
        status = finish(check, &gate);
    }
    gate_free(&gate);
    return status;
}

static void free_check(struct check *check)
{
    for (size_t i = 0; check->dumps && i < check->paths.count; i++)
        gate_dump_free(&check->dumps[i]);
    free(check->dumps);
    dump_paths_free(&check->paths);
    suppressions_free(check->suppressions);
    baseline_free(&check->baseline);
}

bool check_can_be_made(const struct check_options *options, struct error *error)
{
    struct check check = {.options = options};
    bool good = check_expiry(options, error) && read_all_but_dumps(&check, error);
    free_check(&check);
    return good;
}

int check_dumps(const char **names, size_t count, const struct check_options *options)
{
    struct check check = {.options = options};
    int status = run_check(&check, names, count);
    free_check(&check);
    return status;
}
