/* A finding of the gate in plain text: see check_words.h. */
#include "check_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check_options.h"
#include "format.h"
#include "freed_at_end.h"
#include "place.h"
#include "printable.h"
#include "shell_words.h"
#include "text_buffer.h"

/* Enough to find the caller by; what stands further out is main() and what calls it. */
#define FRAMES_SHOWN 24u

bool check_sum_failed(const struct gate *gate)
{
    if (!gate->failed)
        return false;
    for (size_t i = 0; i < gate->finding_count; i++)
        if (gate->findings[i].over_limit && gate_counts(&gate->findings[i]))
            return false;
    return true;
}

enum check_level check_level(const struct gate *gate, const struct gate_finding *finding,
                             bool sum_failed)
{
    if (gate_counts(finding))
        return gate->failed && (finding->over_limit || sum_failed) ? CHECK_ERROR : CHECK_WARNING;
    return finding->state == GATE_PREEXISTING ? CHECK_NOTE : CHECK_QUIET;
}

static void put_module_place(FILE *out, const char *module, uint64_t offset)
{
    if (module) {
        printable_put(out, path_base(module));
        fprintf(out, "+0x%" PRIx64, offset);
    } else {
        fprintf(out, "0x%" PRIx64, offset);
    }
}

static void put_function(FILE *out, const char *function)
{
    char name[PLACE_BYTES];
    short_function(name, sizeof(name), function);
    printable_put(out, name);
}

void words_frame(FILE *out, const struct gate_frame *frame)
{
    if (frame->function)
        put_function(out, frame->function);
    else
        put_module_place(out, frame->module, frame->offset);
}

static const struct gate_frame *first_own_frame(const struct gate_finding *finding)
{
    for (size_t i = 0; i < finding->frame_count; i++)
        if (!finding->frames[i].internal)
            return &finding->frames[i];
    return finding->frame_count ? &finding->frames[0] : NULL;
}

void words_site(FILE *out, const struct gate_finding *finding)
{
    const struct gate_frame *frame = first_own_frame(finding);
    if (finding->function)
        put_function(out, finding->function);
    else if (frame)
        words_frame(out, frame);
    else
        fputs("an unknown place", out);
}

static void put_implementation(FILE *out, const struct gate_finding *finding)
{
    bool known = finding->implementation && strcmp(finding->implementation, "unknown") != 0;
    printable_put(out, known ? finding->implementation : "unrecognised hash table");
}

static void put_title(FILE *out, const struct gate_finding *finding, size_t other_owners)
{
    fprintf(out, "%s ", gate_rule(finding));
    put_implementation(out, finding);
    if (finding->owner_name) {
        fputc(' ', out);
        printable_put(out, finding->owner_name);
        if (other_owners)
            fprintf(out, " and %zu more", other_owners);
    }
    fputs(" from ", out);
    words_site(out, finding);
}

/* How many other owners there are is not in it: it is a name that stays the same. */
void words_title(FILE *out, const struct gate_finding *finding)
{
    put_title(out, finding, 0);
}

/* "100", or "about 100 (80 to 120)". */
static void put_live(FILE *out, const struct gate_finding *finding)
{
    char live[FORMAT_BYTES], least[FORMAT_BYTES], most[FORMAT_BYTES];
    format_count(live, finding->live);
    if (!finding->estimated)
        fputs(live, out);
    else if (finding->live_at_least == finding->live_at_most)
        fprintf(out, "about %s", live);
    else
        fprintf(out, "about %s (%s to %s)", live, format_count(least, finding->live_at_least),
                format_count(most, finding->live_at_most));
}

void words_headline(FILE *out, const struct gate_finding *finding)
{
    char bytes[FORMAT_BYTES], capacity[FORMAT_BYTES], saving[FORMAT_BYTES];
    bool several = finding->tables > 1;
    put_title(out, finding, finding->other_owner_count);
    if (finding->file) {
        fputs(" (", out);
        printable_put(out, path_base(finding->file));
        fprintf(out, ":%d)", finding->line);
    }
    if (several)
        fprintf(out, ", %zu tables of it,", finding->tables);
    fprintf(out, " keep%s %s", several ? "" : "s", format_bytes(bytes, finding->bytes));
    fputs(several ? ", the worst for " : " for ", out);
    put_live(out, finding);
    fprintf(out, " live at capacity %s; a fix saves %s", format_count(capacity, finding->capacity),
            format_bytes(saving, finding->saving));
    if (finding->saving_at_most > finding->saving)
        fprintf(out, " to %s", format_bytes(saving, finding->saving_at_most));
}

static void put_state(FILE *out, const struct gate *gate, const struct gate_finding *finding)
{
    char allowed[FORMAT_BYTES];
    format_bytes(allowed, finding->baseline);
    switch (finding->state) {
    case GATE_INTRODUCED:
        fputs(gate->baseline_path ? "new: not in the baseline " : "new: there is no baseline", out);
        if (gate->baseline_path)
            printable_put(out, gate->baseline_path);
        if (finding->expires) {
            fputs("; it was accepted until ", out);
            printable_put(out, finding->expires);
        }
        break;
    case GATE_WORSENED:
        fprintf(out, "worsened: the baseline has it with %s", allowed);
        break;
    case GATE_PREEXISTING:
        fprintf(out, "in the baseline, with %s", allowed);
        break;
    case GATE_ACCEPTED:
    case GATE_SUPPRESSED:
        fprintf(out, "%s: ", gate_state_word(finding->state));
        printable_put(out, finding->reason ? finding->reason : "no reason is given");
        if (finding->expires) {
            fputs(", until ", out);
            printable_put(out, finding->expires);
        }
        break;
    default:
        break;
    }
    fputc('\n', out);
}

static void put_stack(FILE *out, const struct gate_finding *finding)
{
    size_t shown = 0, left_out = 0;
    bool all_internal = true;
    for (size_t i = 0; i < finding->frame_count; i++)
        all_internal &= finding->frames[i].internal;
    for (size_t i = 0; i < finding->frame_count; i++) {
        const struct gate_frame *frame = &finding->frames[i];
        if ((frame->internal && !all_internal) || shown == FRAMES_SHOWN) {
            left_out++;
            continue;
        }
        fputs(shown++ == 0 ? "call stack:\n  " : "  ", out);
        words_frame(out, frame);
        if (frame->file) {
            fputs("  ", out);
            printable_put(out, frame->file);
            fprintf(out, ":%d", frame->line);
        }
        fputc('\n', out);
    }
    if (left_out)
        fprintf(out, "  (%zu other frame%s left out)\n", left_out, left_out == 1 ? "" : "s");
}

static void put_commands(FILE *out, const struct check_rendering *rendering,
                         const struct gate_finding *finding)
{
    const char *baseline = rendering->gate->baseline_path;
    if (rendering->options->reproduce) {
        fputs("reproduce: ", out);
        printable_put(out, rendering->options->reproduce);
        fputc('\n', out);
    }
    if (!finding->dump || !gate_counts(finding))
        return;
    char *const words[] = {finding->dump, "--baseline", (char *)baseline};
    char *arguments = shell_words(NULL, words, baseline ? 3 : 1);
    fprintf(out, "accept: hashtrack check --accept %s --reason \"...\" ", finding->fingerprint);
    printable_put(out, arguments ? arguments : "DUMP");
    fputc('\n', out);
    free(arguments);
}

#define OWNERS_SHOWN 4u

void words_owners(FILE *out, const struct gate_finding *finding)
{
    printable_put(out, finding->owner);
    for (size_t i = 0; i < finding->other_owner_count && i + 1 < OWNERS_SHOWN; i++) {
        fputs(", ", out);
        printable_put(out, finding->other_owners[i]);
    }
    if (finding->other_owner_count >= OWNERS_SHOWN)
        fprintf(out, " and %zu more", finding->other_owner_count + 1 - OWNERS_SHOWN);
}

void words_details(FILE *out, const struct check_rendering *rendering,
                   const struct gate_finding *finding)
{
    char peak[FORMAT_BYTES];
    put_state(out, rendering->gate, finding);
    if (finding->near_limit)
        fputs("near the limit: its entries are estimated, and the limit lies within the "
              "estimate\n",
              out);
    if (finding->peak_live)
        fprintf(out, "it held at least %s entries\n", format_count(peak, finding->peak_live));
    if (finding->freed_at_end)
        fputs("freed " FREED_AT_END_WORDS "\n", out);
    if (finding->action) {
        fprintf(out, "fix: %s", finding->action);
        if (finding->how) {
            fputs(": ", out);
            printable_put(out, finding->how);
        }
        if (finding->cost) {
            fputs("\ncost: ", out);
            printable_put(out, finding->cost);
        }
        fputc('\n', out);
    }
    if (finding->owner && finding->other_owner_count) {
        fputs("owners: ", out);
        words_owners(out, finding);
        fputc('\n', out);
    }
    put_stack(out, finding);
    if (finding->dump) {
        fprintf(out, "dump: ");
        printable_put(out, finding->dump);
        if (finding->program) {
            fputs(" of ", out);
            printable_put(out, finding->program);
        }
        if (finding->dumps > 1)
            fprintf(out, "; %zu dumps show it, this one most of it", finding->dumps);
        fputc('\n', out);
    }
    put_commands(out, rendering, finding);
}

static void put_outcome(FILE *out, const struct gate *gate)
{
    char hollow[FORMAT_BYTES], quiet[FORMAT_BYTES];
    for (size_t i = 0; i < gate->error_count; i++) {
        printable_put(out, gate->errors[i]);
        fputc('\n', out);
    }
    for (size_t i = 0; i < gate->failure_count; i++) {
        printable_put(out, gate->failures[i]);
        fputc('\n', out);
    }
    if (!gate->failed && !gate->error_count)
        fputs("nothing is over the limits\n", out);
    fprintf(out, "looked at %zu dump%s with %zu table%s; %s hollow in all", gate->dumps,
            gate->dumps == 1 ? "" : "s", gate->tables, gate->tables == 1 ? "" : "s",
            format_bytes(hollow, gate->hollow_bytes));
    if (gate->largest_quiet)
        fprintf(out, "; the largest that is no finding could save %s",
                format_bytes(quiet, gate->largest_quiet));
    fputc('\n', out);
}

static void put_unmet(FILE *out, const struct gate_fixed *entry, const char *word)
{
    char bytes[FORMAT_BYTES];
    fprintf(out, "%s: %s of the baseline, %s", word, entry->fingerprint,
            format_bytes(bytes, entry->bytes));
    if (entry->site) {
        fputs(" at ", out);
        printable_put(out, entry->site);
    }
    fputc('\n', out);
}

static void put_baseline_and_suppressions(FILE *out, const struct gate *gate)
{
    char bytes[FORMAT_BYTES];
    for (size_t i = 0; i < gate->fixed_count; i++)
        put_unmet(out, &gate->fixed[i], "fixed");
    for (size_t i = 0; i < gate->not_seen_count; i++)
        put_unmet(out, &gate->not_seen[i], "not seen in this run");
    for (size_t i = 0; i < gate->suppression_count; i++) {
        const struct gate_suppression *used = &gate->suppressions[i];
        fputs("suppression used: ", out);
        printable_put(out, used->rule);
        fputs(" (", out);
        printable_put(out, used->from);
        fprintf(out, "), %zu finding%s, %s\n", used->findings, used->findings == 1 ? "" : "s",
                format_bytes(bytes, used->bytes));
    }
}

char *words_outcome(const struct gate *gate)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    if (buffer.out) {
        put_outcome(buffer.out, gate);
        put_baseline_and_suppressions(buffer.out, gate);
    }
    return text_end(&buffer);
}
