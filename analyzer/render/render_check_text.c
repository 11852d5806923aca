/*
 * The gate for people. Who reads this was woken by a red job: the first line of a finding says what
 * is wrong and where even when it is all that somebody pasted, and what it takes to repair,
 * reproduce or accept it stands under it, as commands that can be copied.
 */
#include <stdlib.h>
#include <string.h>

#include "check_options.h"
#include "check_output.h"
#include "check_words.h"
#include "format.h"
#include "freed_at_end.h"
#include "gate.h"
#include "place.h"
#include "printable.h"
#include "rows.h"
#include "shell_words.h"
#include "suppressions.h"
#include "text_buffer.h"

/* So many findings are shown with details, and so many of those that do not count with a line. */
#define MOST_DETAILED 20u
#define MOST_LISTED   10u
#define MOST_WARNINGS 10u
#define MOST_FRAMES   12u

#define FUNCTION_COLUMNS 44u

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* --- head --- */

/* "2 introduced, 1 worsened" : states that occur, and what went away. */
static void put_states(FILE *out, const struct gate *gate)
{
    const char *between = "";
    for (enum gate_state state = 0; state < GATE_STATE_COUNT; state++) {
        if (gate->state_count[state] == 0)
            continue;
        fprintf(out, "%s%zu %s", between, gate->state_count[state], gate_state_word(state));
        between = ", ";
    }
    if (!*between) {
        fputs("no hollow table", out);
        between = ", ";
    }
    if (gate->fixed_count)
        fprintf(out, "%s%zu fixed", between, gate->fixed_count);
    if (gate->not_seen_count)
        fprintf(out, "%s%zu not seen", between, gate->not_seen_count);
}

/* "1 process without a dump, 2 dumps that cannot be relied on" */
static void put_missing(FILE *out, const struct gate *gate)
{
    size_t missing = gate_missing(gate);
    if (missing)
        fprintf(out, "%zu process%s without a dump", missing, missing == 1 ? "" : "es");
    if (gate->broken_dumps)
        fprintf(out, "%s%zu dump%s that cannot be relied on", missing ? ", " : "",
                gate->broken_dumps, plural(gate->broken_dumps));
}

static void render_head(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    FILE *out = rendering->out;
    bool red = gate->failed || gate->error_count;
    bool some_missing = gate_missing(gate) || gate->broken_dumps;
    fprintf(out, "%shashtrack check: %s%s: ",
            terminal_style(&rendering->terminal, red ? STYLE_FINDING : STYLE_OK),
            gate->failed        ? "FAILED"
            : gate->error_count ? "NOT CHECKED"
                                : "ok",
            terminal_style(&rendering->terminal, STYLE_PLAIN));
    if (!gate->failed && some_missing) {
        put_missing(out, gate);
        fputs("; in the rest ", out);
    }
    put_states(out, gate);
    if (gate->failed && some_missing) {
        fputs("; not checked: ", out);
        put_missing(out, gate);
    }
    fprintf(out, "; looked at %zu table%s of %zu dump%s", gate->tables, plural(gate->tables),
            gate->dumps, plural(gate->dumps));
    if (gate->baseline_path) {
        fputs(", baseline ", out);
        printable_put(out, gate->baseline_path);
    }
    fputc('\n', out);
}

static void render_all_clear(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    char saved[FORMAT_BYTES], largest[PLACE_BYTES] = "";
    if (gate->tables == 0)
        paragraph(rendering->out, &rendering->terminal,
                  "No hash table was seen at all; a report of the dumps says what was tracked.");
    if (gate->largest_table) {
        printable(largest, sizeof(largest), gate->largest_table);
        paragraph(rendering->out, &rendering->terminal,
                  "The largest table that is no finding is the %s.", largest);
    }
    if (gate->largest_quiet)
        paragraph(rendering->out, &rendering->terminal,
                  "The emptiest ones are too small to count: none would save more than %s.",
                  format_bytes(saved, gate->largest_quiet));
}

/* --- a finding --- */

static void render_frames(const struct check_rendering *rendering,
                          const struct gate_finding *finding)
{
    const char *label = finding->grown ? "grown in" : "made in";
    size_t shown = 0, folded = 0;
    for (size_t i = 0; i < finding->frame_count; i++) {
        const struct gate_frame *frame = &finding->frames[i];
        struct text_buffer text;
        text_begin(&text);
        if (frame->internal || shown == MOST_FRAMES || !text.out) {
            folded++;
            free(text_end(&text));
            continue;
        }
        words_frame(text.out, frame);
        char *name = text_end(&text);
        if (!name)
            continue;
        char file[PLACE_BYTES] = "";
        size_t columns = text_columns(name);
        if (frame->file)
            printable(file, sizeof(file), frame->file);
        /* Not wrapped: file:line is what an editor or a CI page makes a link of. */
        fprintf(rendering->out, "%*s%-*s%s%*s", (int)ROW_INDENT, "", (int)ROW_LABEL_WIDTH, label,
                name, *file && columns < FUNCTION_COLUMNS ? (int)(FUNCTION_COLUMNS - columns) : 0,
                "");
        if (*file)
            fprintf(rendering->out, " %s:%d", file, frame->line);
        fputc('\n', rendering->out);
        free(name);
        label = "";
        shown++;
    }
    if (shown == 0)
        row(rendering->out, &rendering->terminal, label,
            finding->frame_count ? "(no frame of the program itself)" : "an unknown place");
    else if (folded)
        row(rendering->out, &rendering->terminal, "",
            "(%zu frame%s of containers, allocator and start-up folded)", folded, plural(folded));
    if (finding->module && !finding->file && !rendering->options->no_symbols) {
        char module[PLACE_BYTES];
        printable(module, sizeof(module), path_base(finding->module));
        row(rendering->out, &rendering->terminal, "", "(no line of %s is known: build it with -g)",
            module);
    }
}

static void render_baseline(const struct check_rendering *rendering,
                            const struct gate_finding *finding)
{
    char allowed[FORMAT_BYTES], now[FORMAT_BYTES], reason[PLACE_BYTES], path[PLACE_BYTES] = "";
    const struct gate *gate = rendering->gate;
    if (gate->baseline_path)
        printable(path, sizeof(path), gate->baseline_path);
    if (finding->state == GATE_WORSENED)
        row(rendering->out, &rendering->terminal, "baseline", "%s has it with %s, now it is %s",
            path, format_bytes(allowed, finding->baseline), format_bytes(now, finding->saving));
    else if (finding->reason) {
        printable(reason, sizeof(reason), finding->reason);
        row(rendering->out, &rendering->terminal, "baseline", "%s accepted it until %s: %s", path,
            finding->expires ? finding->expires : "now", reason);
    } else {
        row(rendering->out, &rendering->terminal, "baseline", "%s%s",
            *path ? "it is new: not in " : "it is new: there is no baseline", path);
    }
}

static void render_fix(const struct check_rendering *rendering, const struct gate_finding *finding)
{
    char how[ROW_BYTES / 2], cost[ROW_BYTES / 2];
    if (!finding->action) {
        row(rendering->out, &rendering->terminal, "fix", "none is known for this kind of table");
        return;
    }
    printable(cost, sizeof(cost), finding->cost ? finding->cost : "");
    printable(how, sizeof(how), finding->how ? finding->how : "");
    row(rendering->out, &rendering->terminal, "fix", "%s%s: %s", finding->action,
        finding->verdict == VERDICT_OVER_RESERVED ? "" : ", once its entries have gone", how);
    if (*cost)
        row(rendering->out, &rendering->terminal, "", "(%s)", cost);
}

/* Commands stand on one line however long it is: a line break in the middle would be copied. */
static void put_command(const struct check_rendering *rendering, const char *label,
                        const char *command)
{
    fprintf(rendering->out, "%*s%-*s", (int)ROW_INDENT, "", (int)ROW_LABEL_WIDTH, label);
    printable_put(rendering->out, command);
    fputc('\n', rendering->out);
}

static void render_commands(const struct check_rendering *rendering,
                            const struct gate_finding *finding)
{
    const struct gate *gate = rendering->gate;
    char *const open[] = {finding->dump};
    char *report = shell_words("hashtrack report", open, 1);
    char *const accepted[] = {"--accept", (char *)finding->fingerprint, "--baseline",
                              gate->baseline_path ? (char *)gate->baseline_path
                                                  : DEFAULT_BASELINE_NAME};
    char *accept = shell_words("hashtrack check", accepted, gate->baseline_path ? 4 : 2);
    char *dump = shell_words(NULL, open, 1), *whole = NULL;
    if (report)
        put_command(rendering, "details", report);
    if (accept && dump && asprintf(&whole, "%s --reason \"...\" %s", accept, dump) >= 0) {
        put_command(rendering, "accept", whole);
        free(whole);
    }
    free(report);
    free(accept);
    free(dump);
}

static void render_owners(const struct check_rendering *rendering,
                          const struct gate_finding *finding)
{
    struct text_buffer text;
    if (!finding->owner)
        return;
    text_begin(&text);
    if (text.out)
        words_owners(text.out, finding);
    char *owners = text_end(&text);
    if (owners)
        row(rendering->out, &rendering->terminal, finding->other_owner_count ? "owners" : "owner",
            "%s", owners);
    free(owners);
}

static void render_detailed(const struct check_rendering *rendering,
                            const struct gate_finding *finding)
{
    FILE *out = rendering->out;
    char peak[FORMAT_BYTES], program[PLACE_BYTES];
    fprintf(out, "%s%s%s ", terminal_style(&rendering->terminal, STYLE_FINDING),
            gate_state_word(finding->state), terminal_style(&rendering->terminal, STYLE_PLAIN));
    words_headline(out, finding);
    fprintf(out, "  [%s]\n", finding->fingerprint);
    render_owners(rendering, finding);
    render_frames(rendering, finding);
    if (finding->peak_live)
        row(out, &rendering->terminal, "peak", "it held at least %s entries",
            format_count(peak, finding->peak_live));
    if (finding->freed_at_end)
        row(out, &rendering->terminal, "freed", "%s", FREED_AT_END_WORDS);
    if (finding->near_limit)
        row(out, &rendering->terminal, "near",
            "its entries are an estimate, and the limit lies "
            "within what it leaves possible");
    render_baseline(rendering, finding);
    render_fix(rendering, finding);
    printable(program, sizeof(program), finding->program ? finding->program : "");
    row(out, &rendering->terminal, "program", "%s%s", program,
        finding->dumps > 1 ? ", and others: the one that wastes most" : "");
    render_commands(rendering, finding);
    fputc('\n', out);
}

/* --- lists --- */

static void render_counted(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    size_t counted = gate->state_count[GATE_INTRODUCED] + gate->state_count[GATE_WORSENED];
    uint64_t rest = 0;
    char bytes[FORMAT_BYTES];
    if (counted)
        fputc('\n', rendering->out);
    for (size_t i = 0; i < counted; i++) {
        if (i < MOST_DETAILED)
            render_detailed(rendering, &gate->findings[i]);
        else
            rest += gate_counted_bytes(&gate->findings[i]);
    }
    if (counted > MOST_DETAILED)
        paragraph(rendering->out, &rendering->terminal,
                  "and %zu more that waste %s together; --format json has all of them\n",
                  counted - MOST_DETAILED, format_bytes(bytes, rest));
}

/* A line each for what does not count. */
static void render_state(const struct check_rendering *rendering, enum gate_state state,
                         const char *heading)
{
    const struct gate *gate = rendering->gate;
    char bytes[FORMAT_BYTES];
    size_t shown = 0;
    if (gate->state_count[state] == 0)
        return;
    fprintf(rendering->out, "%s\n", heading);
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        if (finding->state != state || shown++ >= MOST_LISTED)
            continue;
        fprintf(rendering->out, "    %10s  ", format_bytes(bytes, finding->saving));
        words_title(rendering->out, finding);
        fprintf(rendering->out, "  [%s]", finding->fingerprint);
        if (finding->reason) {
            fputs("  ", rendering->out);
            printable_put(rendering->out, finding->reason);
        }
        if (finding->expires)
            fprintf(rendering->out, ", until %s", finding->expires);
        fputc('\n', rendering->out);
    }
    if (shown > MOST_LISTED)
        fprintf(rendering->out, "    and %zu more\n", shown - MOST_LISTED);
}

static void render_unmet(const struct check_rendering *rendering, const struct gate_fixed *entries,
                         size_t count, const char *heading)
{
    char bytes[FORMAT_BYTES];
    if (count == 0)
        return;
    fprintf(rendering->out, "%s\n", heading);
    for (size_t i = 0; i < count && i < MOST_LISTED; i++) {
        fprintf(rendering->out, "    %10s  ", format_bytes(bytes, entries[i].bytes));
        printable_put(rendering->out, entries[i].site);
        fprintf(rendering->out, "  [%s]  line %u\n", entries[i].fingerprint, entries[i].line);
    }
    if (count > MOST_LISTED)
        fprintf(rendering->out, "    and %zu more\n", count - MOST_LISTED);
}

static void render_fixed(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    render_unmet(rendering, gate->fixed, gate->fixed_count,
                 gate->fixed_count == 1
                     ? "Fixed: grew as before and is hollow no more; the same command with "
                       "--prune-baseline drops it:"
                     : "Fixed: grew as before and are hollow no more; the same command with "
                       "--prune-baseline drops them:");
    render_unmet(rendering, gate->not_seen, gate->not_seen_count,
                 "In the baseline and not seen in this run, so it stays there (was a part of the "
                 "tests left out? if the\ncode is gone, delete the line):");
}

/* As LeakSanitizer lists them. */
static void render_suppressions(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    if (gate->suppression_count == 0)
        return;
    fputs("Suppressions used:\n  findings      bytes  template\n", rendering->out);
    for (size_t i = 0; i < gate->suppression_count; i++) {
        const struct gate_suppression *used = &gate->suppressions[i];
        fprintf(rendering->out, "%10zu %10ju  ", used->findings, (uintmax_t)used->bytes);
        printable_put(rendering->out, used->rule);
        fputs("  (", rendering->out);
        printable_put(rendering->out, used->from);
        fputs(")\n", rendering->out);
    }
}

static void render_lines_to_paste(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    if (!rendering->options->gen_suppressions)
        return;
    fputs("Lines for a file that --suppressions names:\n", rendering->out);
    for (size_t i = 0; i < gate->finding_count; i++) {
        if (!gate_counts(&gate->findings[i]))
            continue;
        char *line = suppression_line_for(&gate->findings[i]);
        fprintf(rendering->out, "%s\n", line ? line : "# one finding has no name to match");
        free(line);
    }
}

static void render_troubles(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    char text[1024];
    for (size_t i = 0; i < gate->warning_count && i < MOST_WARNINGS; i++) {
        printable(text, sizeof(text), gate->warnings[i]);
        paragraph(rendering->out, &rendering->terminal, "note: %s", text);
    }
    if (gate->warning_count > MOST_WARNINGS)
        fprintf(rendering->out, "note: and %zu more notes; --format json has all of them\n",
                gate->warning_count - MOST_WARNINGS);
    /* Not wrapped: file:line of a setting is what an editor or a CI page makes a link of. */
    for (size_t i = 0; i < gate->failure_count; i++) {
        fputs("failed: ", rendering->out);
        printable_put(rendering->out, gate->failures[i]);
        fputc('\n', rendering->out);
    }
    for (size_t i = 0; i < gate->error_count; i++) {
        fputs("error: ", rendering->out);
        printable_put(rendering->out, gate->errors[i]);
        fputc('\n', rendering->out);
    }
}

static void render_summary(const struct check_rendering *rendering)
{
    const struct gate *gate = rendering->gate;
    size_t tables = 0;
    for (size_t i = 0; i < gate->finding_count; i++)
        if (gate_counts(&gate->findings[i]))
            tables += gate->findings[i].tables;
    if ((gate->failed || gate->error_count) && gate->removed_dumps)
        fprintf(rendering->out,
                "removed: %zu dump%s in which nothing is wrong; --keep-dumps keeps them\n",
                gate->removed_dumps, plural(gate->removed_dumps));
    if ((gate->failed || gate->error_count) && rendering->options->reproduce) {
        fputs("reproduce: ", rendering->out);
        printable_put(rendering->out, rendering->options->reproduce);
        fputc('\n', rendering->out);
    }
    if (gate_missing(gate))
        fprintf(rendering->out, "SUMMARY: hashtrack: %zu process(es) left no dump.\n",
                gate_missing(gate));
    if (gate->broken_dumps)
        fprintf(rendering->out, "SUMMARY: hashtrack: %zu dump(s) could not be checked.\n",
                gate->broken_dumps);
    if (gate->failed)
        fprintf(rendering->out,
                "SUMMARY: hashtrack: %ju byte(s) hollow in %zu table(s) over the limits.\n",
                (uintmax_t)gate->counted_bytes, tables);
}

bool render_check_text(const struct check_rendering *rendering, struct error *error)
{
    const struct gate *gate = rendering->gate;
    render_head(rendering);
    render_counted(rendering);
    if (!gate->failed && !gate->error_count)
        render_all_clear(rendering);
    render_state(rendering, GATE_PREEXISTING, "In the baseline, as before:");
    render_state(rendering, GATE_ACCEPTED, "Accepted:");
    render_fixed(rendering);
    render_suppressions(rendering);
    render_lines_to_paste(rendering);
    render_troubles(rendering);
    render_summary(rendering);
    return !ferror(rendering->out) ||
           error_set(error, STATUS_USAGE, "the report cannot be written");
}
