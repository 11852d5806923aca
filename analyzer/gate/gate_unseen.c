/*
 * Processes that no dump is of: each forbids to be green, unless somebody has said that a process
 * of this program may be missing. One sentence for all of a program. See gate_make.h.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "dump_format.h"
#include "gate_make.h"
#include "path_base.h"
#include "shell_words.h"
#include "text_buffer.h"

#define MOST_NUMBERS 5u

static const char *name_of(const struct gate_unseen *unseen)
{
    return unseen->program && *unseen->program ? path_base(unseen->program) : "a process";
}

/* A pattern with a slash is one of a path. */
static bool is_allowed(const struct check_options *options, const char *program)
{
    for (size_t i = 0; program && i < options->allow_missing.count; i++) {
        const char *pattern = options->allow_missing.list[i];
        if (fnmatch(pattern, strchr(pattern, '/') ? program : path_base(program), 0) == 0)
            return true;
    }
    return false;
}

static int by_what_is_said(const void *left, const void *right)
{
    const struct gate_unseen *a = left, *b = right;
    int order = strcmp(name_of(a), name_of(b));
    if (order == 0)
        order = (int)a->was_tracked - (int)b->was_tracked;
    if (order == 0)
        order = (int)a->is_allowed - (int)b->is_allowed;
    if (order == 0)
        order = strcmp(a->why, b->why);
    return order ? order : a->pid < b->pid ? -1 : a->pid > b->pid;
}

static bool is_said_with(const struct gate_unseen *a, const struct gate_unseen *b)
{
    return strcmp(name_of(a), name_of(b)) == 0 && a->was_tracked == b->was_tracked &&
           a->is_allowed == b->is_allowed && strcmp(a->why, b->why) == 0;
}

/* "sort (pid 12) left no dump: it was killed, ..."; malloc'ed. */
static char *sentence(const struct gate_unseen *unseen, size_t count)
{
    struct text_buffer text;
    text_begin(&text);
    if (!text.out)
        return NULL;
    fprintf(text.out, "%s (pid%s ", name_of(unseen), count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < MOST_NUMBERS; i++)
        fprintf(text.out, "%s%u", i ? ", " : "", unseen[i].pid);
    if (count > MOST_NUMBERS)
        fprintf(text.out, " and %zu more", count - MOST_NUMBERS);
    fprintf(text.out, ") %s: %s",
            unseen->was_tracked ? "left no dump"
            : count == 1        ? "was not tracked"
                                : "were not tracked",
            unseen->why);
    return text_end(&text);
}

static bool say(struct gate *gate, const struct gate_unseen *unseen, size_t count,
                const struct check_options *options)
{
    char *what = sentence(unseen, count);
    char *const words[] = {(char *)name_of(unseen)};
    char *allow = shell_words("--allow-missing", words, 1);
    bool good = what && allow;
    if (good && unseen->is_allowed) {
        good = gate_say(&gate->warnings, &gate->warning_count, "%s; accepted by --allow-missing",
                        what);
    } else if (good) {
        gate_take_status(gate, unseen->was_tracked ? STATUS_BAD_DUMP : STATUS_UNTRACKABLE, options);
        good = gate_say(&gate->errors, &gate->error_count,
                        "%s; %s tables were not looked at. If that is meant to be: %s", what,
                        count == 1 ? "its" : "their", allow);
    }
    free(what);
    free(allow);
    return good;
}

size_t gate_missing(const struct gate *gate)
{
    size_t count = 0;
    for (size_t i = 0; i < gate->unseen_count; i++)
        count += !gate->unseen[i].is_allowed;
    return count;
}

bool gate_look_at_unseen(const struct gate_input *input, struct gate *gate)
{
    gate->unseen = calloc(input->count + 1, sizeof(*gate->unseen));
    if (!gate->unseen)
        return false;
    for (size_t i = 0; i < input->count; i++) {
        const struct gate_dump *dump = &input->dumps[i];
        if (!dump->unseen)
            continue;
        gate->unseen[gate->unseen_count++] = (struct gate_unseen){
            .program = dump->program,
            .why = dump->why ? dump->why : "",
            .pid = dump->pid,
            .was_tracked = dump->unseen == DUMP_REASON_NO_DUMP,
            .is_allowed = is_allowed(input->options, dump->program),
        };
    }
    if (gate->unseen_count)
        qsort(gate->unseen, gate->unseen_count, sizeof(*gate->unseen), by_what_is_said);
    for (size_t i = 0; i < gate->unseen_count;) {
        size_t count = 1;
        while (i + count < gate->unseen_count &&
               is_said_with(&gate->unseen[i], &gate->unseen[i + count]))
            count++;
        if (!say(gate, &gate->unseen[i], count, input->options))
            return false;
        i += count;
    }
    return true;
}
