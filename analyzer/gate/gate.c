/*
 * What the gate decides: of every finding what the baseline says of it, and of all of them whether
 * they pass the limits. See gate.h and gate_make.h.
 */
#include "gate.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check_words.h"
#include "format.h"
#include "gate_make.h"
#include "place.h"

const char *gate_state_word(enum gate_state state)
{
    static const char *const words[GATE_STATE_COUNT] = {
        [GATE_INTRODUCED] = "introduced",   [GATE_WORSENED] = "worsened",
        [GATE_PREEXISTING] = "preexisting", [GATE_ACCEPTED] = "accepted",
        [GATE_SUPPRESSED] = "suppressed",
    };
    return words[state];
}

const char *gate_rule(const struct gate_finding *finding)
{
    return verdict_word(finding->verdict);
}

bool gate_counts(const struct gate_finding *finding)
{
    return finding->state == GATE_INTRODUCED || finding->state == GATE_WORSENED;
}

uint64_t gate_counted_bytes(const struct gate_finding *finding)
{
    if (!gate_counts(finding))
        return 0;
    return finding->state == GATE_WORSENED && finding->saving > finding->baseline
               ? finding->saving - finding->baseline
               : finding->saving;
}

bool gate_say(char ***list, size_t *count, const char *format, ...)
{
    char *text = NULL;
    va_list values;
    va_start(values, format);
    int length = vasprintf(&text, format, values);
    va_end(values);
    if (length < 0)
        return false;
    bool added = text_list_add(list, count, text);
    free(text);
    return added;
}

#define FAILURE(gate, ...) gate_say(&(gate)->failures, &(gate)->failure_count, __VA_ARGS__)
#define WARNING(gate, ...) gate_say(&(gate)->warnings, &(gate)->warning_count, __VA_ARGS__)

/* --- the dumps as a whole --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Many dumps of one program say the same. */
static void sort_and_unite(char **texts, size_t *count)
{
    size_t kept = 0;
    if (*count)
        qsort(texts, *count, sizeof(*texts), by_text);
    for (size_t i = 0; i < *count; i++) {
        if (kept && strcmp(texts[kept - 1], texts[i]) == 0)
            free(texts[i]);
        else
            texts[kept++] = texts[i];
    }
    *count = kept;
}

/* The status that weighs most: wrong usage, a dump that is damaged, what is over the limits, a
 * program that could not be tracked. */
void gate_take_status(struct gate *gate, int status, const struct check_options *options)
{
    const int by_weight[] = {STATUS_OK, STATUS_UNTRACKABLE, check_failure_status(options),
                             STATUS_BAD_DUMP, STATUS_USAGE};
    size_t ours = 0, theirs = 0;
    for (size_t i = 0; i < sizeof(by_weight) / sizeof(by_weight[0]); i++) {
        ours = by_weight[i] == gate->status ? i : ours;
        theirs = by_weight[i] == status ? i : theirs;
    }
    if (theirs > ours)
        gate->status = status;
}

static bool look_at_dumps(const struct gate_input *input, struct gate *gate)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct gate_dump *dump = &input->dumps[i];
        gate->dumps += dump->read;
        gate->tables += dump->tables;
        if (dump->largest_quiet > gate->largest_quiet)
            gate->largest_quiet = dump->largest_quiet;
        if (dump->largest_table && (!gate->largest_table || dump->largest_bytes > largest ||
                                    (dump->largest_bytes == largest &&
                                     strcmp(dump->largest_table, gate->largest_table) < 0))) {
            largest = dump->largest_bytes;
            gate->largest_table = dump->largest_table;
        }
        if (*dump->error.text) {
            gate->broken_dumps++;
            gate_take_status(gate, dump->error.status, input->options);
            if (!text_list_add(&gate->errors, &gate->error_count, dump->error.text))
                return false;
        }
        for (size_t k = 0; k < dump->warning_count; k++)
            if (!text_list_add(&gate->warnings, &gate->warning_count, dump->warnings[k]))
                return false;
    }
    if (!gate_look_at_unseen(input, gate))
        return false;
    sort_and_unite(gate->errors, &gate->error_count);
    sort_and_unite(gate->warnings, &gate->warning_count);
    return true;
}

/* --- the baseline --- */

static bool is_of_checked_program(const struct gate_input *input,
                                  const struct baseline_entry *entry)
{
    if (!entry->program)
        return true;
    for (size_t i = 0; i < input->count; i++)
        if (input->dumps[i].read && input->dumps[i].program &&
            strcmp(path_base(input->dumps[i].program), entry->program) == 0)
            return true;
    return false;
}

static double increase_allowed(const struct check_options *options)
{
    return (options->fail_on_increase.from ? options->fail_on_increase.value
                                           : DEFAULT_FAIL_ON_INCREASE) /
           100;
}

static bool judge_known(const struct gate_input *input, const struct baseline_entry *entry,
                        struct gate *gate, struct gate_finding *finding)
{
    finding->baseline = entry->bytes;
    bool grew =
        (double)finding->saving > (double)entry->bytes * (1 + increase_allowed(input->options));
    bool expired = baseline_entry_expired(entry, input->today);
    if (entry->accepted) {
        finding->reason = strdup(entry->reason);
        finding->expires = entry->expires ? strdup(entry->expires) : NULL;
        if (!finding->reason || (entry->expires && !finding->expires))
            return false;
    }
    finding->state = expired           ? GATE_INTRODUCED
                     : grew            ? GATE_WORSENED
                     : entry->accepted ? GATE_ACCEPTED
                                       : GATE_PREEXISTING;
    return !expired ||
           WARNING(gate, "the acceptance of %s ended on %s: %s (%s:%u)", entry->fingerprint,
                   entry->expires, entry->reason, input->baseline->path, entry->line);
}

static bool is_met(const struct gate *gate, const struct baseline_entry *entry)
{
    for (size_t i = 0; i < gate->finding_count; i++)
        if (strcmp(gate->findings[i].fingerprint, entry->fingerprint) == 0)
            return true;
    return false;
}

/* A table that grew at least so large is the same burst as before: half of what was saved, for not
 * every growth is seen, and a saving is of an array's bytes. */
static bool grew_as_before(const struct gate_input *input, const struct baseline_entry *entry)
{
    uint64_t least = entry->bytes / (entry->tables ? entry->tables : 1) / 2;
    for (size_t i = 0; i < input->count; i++) {
        const struct gate_dump *dump = &input->dumps[i];
        for (size_t k = 0; k < dump->grown_count; k++)
            if (dump->grown[k].bytes >= least &&
                strcmp(dump->grown[k].fingerprint, entry->fingerprint) == 0)
                return true;
    }
    return false;
}

/* A process of the program that nobody has looked at may be the one that is hollow. */
static bool has_unseen_process(const struct gate *gate, const struct baseline_entry *entry)
{
    for (size_t i = 0; i < gate->unseen_count; i++)
        if (!gate->unseen[i].program || !entry->program ||
            strcmp(path_base(gate->unseen[i].program), entry->program) == 0)
            return true;
    return false;
}

static bool add_unmet(struct gate_fixed *list, size_t *count, const struct baseline_entry *entry)
{
    struct gate_fixed *unmet = &list[*count];
    snprintf(unmet->fingerprint, sizeof(unmet->fingerprint), "%s", entry->fingerprint);
    unmet->bytes = entry->bytes;
    unmet->line = entry->line;
    unmet->site = strdup(entry->site);
    *count += unmet->site != NULL;
    return unmet->site != NULL;
}

/* Entries that nothing met. Those of programs that were not checked may well be met there; where a
 * dump could not be read nobody knows; and a test that was filtered out has not filled its table:
 * only where one grew as large as before is something known. */
static bool find_fixed(const struct gate_input *input, struct gate *gate)
{
    const struct baseline *baseline = input->baseline;
    gate->fixed = calloc(baseline->count + 1, sizeof(*gate->fixed));
    gate->not_seen = calloc(baseline->count + 1, sizeof(*gate->not_seen));
    bool good = gate->fixed && gate->not_seen;
    for (size_t i = 0; good && i < baseline->count && gate->error_count == 0; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        if (is_met(gate, entry) || !is_of_checked_program(input, entry))
            continue;
        good = grew_as_before(input, entry) && !has_unseen_process(gate, entry)
                   ? add_unmet(gate->fixed, &gate->fixed_count, entry)
                   : add_unmet(gate->not_seen, &gate->not_seen_count, entry);
    }
    return good;
}

/* Of the programs that were looked at, the first by name; NULL when there is none. */
static const char *first_program(const struct gate_input *input)
{
    const char *first = NULL;
    for (size_t i = 0; i < input->count; i++) {
        const struct gate_dump *dump = &input->dumps[i];
        if (dump->read && dump->program && (!first || strcmp(dump->program, first) < 0))
            first = dump->program;
    }
    return first;
}

/* None of its entries can be met by these dumps. */
static bool is_baseline_of_others(const struct gate_input *input, const struct gate *gate)
{
    const struct baseline *baseline = input->baseline;
    for (size_t i = 0; i < baseline->count; i++)
        if (is_met(gate, &baseline->entries[i]) ||
            is_of_checked_program(input, &baseline->entries[i]))
            return false;
    return baseline->count > 0 && first_program(input);
}

/* A gate that fails by a baseline of something else fails for the wrong reason, and an update would
 * mix the two up. A single program of a test suite may well have no entry in the suite's baseline,
 * and one without a finding needs none. */
static bool suspect_baseline(const struct gate_input *input, struct gate *gate)
{
    const struct baseline *baseline = input->baseline;
    const char *program = first_program(input);
    if (!baseline || !gate->failed || input->options->accept || !is_baseline_of_others(input, gate))
        return true;
    if (input->options->is_part_of_suite)
        return WARNING(gate, "%s:%u: no entry of this baseline is of %s", baseline->path,
                       baseline->entries[0].line, path_base(program));
    gate_take_status(gate, STATUS_USAGE, input->options);
    return gate_say(&gate->errors, &gate->error_count,
                    "%s:%u: this baseline is of another program: none of its entries, the first of "
                    "which is of %s, is of %s; name the right file with --baseline",
                    baseline->path, baseline->entries[0].line, baseline->entries[0].program,
                    path_base(program));
}

static bool hold_against_baseline(const struct gate_input *input, struct gate *gate)
{
    gate->baseline_path = input->baseline->path;
    bool good = true;
    for (size_t i = 0; i < gate->finding_count && good; i++) {
        struct gate_finding *finding = &gate->findings[i];
        const struct baseline_entry *entry =
            finding->state != GATE_SUPPRESSED ? baseline_find(input->baseline, finding->fingerprint)
                                              : NULL;
        good = !entry || judge_known(input, entry, gate, finding);
    }
    return good && find_fixed(input, gate);
}

/* --- the limits --- */

/* "Cache::insert (cache.cc:118)" */
static void name_place(const struct gate_finding *finding, char out[2 * PLACE_BYTES])
{
    FILE *text = fmemopen(out, 2 * PLACE_BYTES, "w");
    out[0] = '\0';
    if (!text)
        return;
    words_site(text, finding);
    if (finding->file)
        fprintf(text, " (%s:%d)", path_base(finding->file), finding->line);
    fclose(text);
    out[2 * PLACE_BYTES - 1] = '\0';
}

/* What it counts with if an estimate is wrong as far as it may be. */
static uint64_t counted_at_most(const struct gate_finding *finding)
{
    return gate_counted_bytes(finding) + finding->saving_at_most - finding->saving;
}

static bool hold_against_site_limit(const struct bytes_limit *limit, struct gate *gate,
                                    struct gate_finding *finding)
{
    char place[2 * PLACE_BYTES], bytes[FORMAT_BYTES], most[FORMAT_BYTES], allowed[FORMAT_BYTES];
    format_bytes(bytes, gate_counted_bytes(finding));
    format_bytes(allowed, limit->bytes);
    name_place(finding, place);
    if (gate_counted_bytes(finding) > limit->bytes) {
        finding->over_limit = true;
        return FAILURE(gate, "%s in %s are more than the %s of %s", bytes, place, allowed,
                       limit->from);
    }
    if (counted_at_most(finding) <= limit->bytes)
        return true;
    finding->near_limit = true;
    return WARNING(
        gate, "near the limit: %s to %s (an estimate) in %s, %s of %s; taken for the less", bytes,
        format_bytes(most, counted_at_most(finding)), place, allowed, limit->from);
}

static bool hold_against_sum_limit(const struct bytes_limit *limit, struct gate *gate)
{
    char bytes[FORMAT_BYTES], most[FORMAT_BYTES], allowed[FORMAT_BYTES];
    uint64_t at_most = 0;
    size_t count = 0;
    for (size_t i = 0; i < gate->finding_count; i++) {
        struct gate_finding *finding = &gate->findings[i];
        if (!gate_counts(finding))
            continue;
        count++;
        at_most += counted_at_most(finding);
        finding->over_limit = finding->over_limit || gate_counted_bytes(finding) > limit->bytes;
    }
    format_bytes(bytes, gate->counted_bytes);
    format_bytes(allowed, limit->bytes);
    if (gate->counted_bytes > limit->bytes)
        return FAILURE(gate, "%s in %zu finding%s are more than the %s of %s", bytes, count,
                       count == 1 ? "" : "s", allowed, limit->from);
    return at_most <= limit->bytes ||
           WARNING(gate,
                   "near the limit: %s to %s (an estimate) in %zu finding%s, %s of %s; taken "
                   "for the less",
                   bytes, format_bytes(most, at_most), count, count == 1 ? "" : "s", allowed,
                   limit->from);
}

/* No limit: nothing new at all is allowed. */
static bool hold_against_nothing(const struct check_options *options, struct gate *gate)
{
    char bytes[FORMAT_BYTES];
    size_t introduced = gate->state_count[GATE_INTRODUCED];
    size_t worsened = gate->state_count[GATE_WORSENED];
    for (size_t i = 0; i < gate->finding_count; i++)
        gate->findings[i].over_limit = gate_counts(&gate->findings[i]);
    format_bytes(bytes, gate->counted_bytes);
    const char *verb = introduced == 1 ? " is" : "s are";
    if (introduced && worsened)
        return FAILURE(gate,
                       "%zu finding%s new and %zu of the baseline grew, %s together; no limit "
                       "(--max-hollow, --max-per-site) allows it",
                       introduced, verb, worsened, bytes);
    if (introduced)
        return FAILURE(gate,
                       "%zu finding%s new, %s%s; no limit (--max-hollow, --max-per-site) allows it",
                       introduced, verb, bytes, introduced == 1 ? "" : " together");
    return !worsened ||
           FAILURE(gate,
                   "%zu finding%s of the baseline grew, by %s; up to %g%% would be "
                   "allowed (--fail-on-increase)",
                   worsened, worsened == 1 ? "" : "s", bytes, 100 * increase_allowed(options));
}

/* Many small increases that each pass are one large one. */
static bool hold_against_baseline_sum(const struct gate_input *input, struct gate *gate)
{
    const struct number_setting *limit = &input->options->fail_on_increase;
    char now[FORMAT_BYTES], before[FORMAT_BYTES];
    uint64_t sum = 0;
    if (!limit->from || !input->baseline || input->baseline->count == 0)
        return true;
    for (size_t i = 0; i < input->baseline->count; i++)
        if (is_of_checked_program(input, &input->baseline->entries[i]) ||
            is_met(gate, &input->baseline->entries[i]))
            sum += input->baseline->entries[i].bytes;
    return (double)gate->hollow_bytes <= (double)sum * (1 + limit->value / 100) ||
           FAILURE(gate, "%s are hollow in all, the baseline has %s; %s allows %g%% more",
                   format_bytes(now, gate->hollow_bytes), format_bytes(before, sum), limit->from,
                   limit->value);
}

static bool hold_against_limits(const struct gate_input *input, struct gate *gate)
{
    const struct check_options *options = input->options;
    bool good = true;
    if (options->max_per_site.from)
        for (size_t i = 0; i < gate->finding_count && good; i++)
            if (gate_counts(&gate->findings[i]))
                good = hold_against_site_limit(&options->max_per_site, gate, &gate->findings[i]);
    if (good && options->max_hollow.from)
        good = hold_against_sum_limit(&options->max_hollow, gate);
    if (good && !options->max_per_site.from && !options->max_hollow.from)
        good = hold_against_nothing(options, gate);
    good = good && hold_against_baseline_sum(input, gate);
    if (good && options->strict_baseline && gate->fixed_count)
        good = FAILURE(gate,
                       "%zu entr%s of %s %s fixed; --strict-baseline wants them dropped, "
                       "--prune-baseline does it",
                       gate->fixed_count, gate->fixed_count == 1 ? "y" : "ies", gate->baseline_path,
                       gate->fixed_count == 1 ? "was" : "were");
    gate->failed = gate->failure_count > 0;
    if (gate->failed)
        gate_take_status(gate, check_failure_status(options), options);
    return good;
}

static int by_state_then_saving(const void *left, const void *right)
{
    const struct gate_finding *a = left, *b = right;
    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    if (a->saving != b->saving)
        return a->saving > b->saving ? -1 : 1;
    return strcmp(a->fingerprint, b->fingerprint);
}

static void count(struct gate *gate)
{
    if (gate->finding_count)
        qsort(gate->findings, gate->finding_count, sizeof(*gate->findings), by_state_then_saving);
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        gate->state_count[finding->state]++;
        gate->counted_bytes += gate_counted_bytes(finding);
        gate->hollow_bytes += finding->state == GATE_SUPPRESSED ? 0 : finding->saving;
    }
}

bool gate_make(const struct gate_input *input, struct gate *gate, struct error *error)
{
    *gate = (struct gate){0};
    if (!gate_merge(input, gate, error))
        return false;
    if (look_at_dumps(input, gate) && (!input->baseline || hold_against_baseline(input, gate))) {
        count(gate);
        if (hold_against_limits(input, gate) && suspect_baseline(input, gate))
            return true;
    }
    return error_no_memory(error, NULL);
}

void gate_free(struct gate *gate)
{
    for (size_t i = 0; i < gate->finding_count; i++) {
        free(gate->findings[i].reason);
        free(gate->findings[i].expires);
        free(gate->findings[i].other_owners);
    }
    for (size_t i = 0; i < gate->fixed_count; i++)
        free(gate->fixed[i].site);
    for (size_t i = 0; i < gate->not_seen_count; i++)
        free(gate->not_seen[i].site);
    for (size_t i = 0; i < gate->suppression_count; i++) {
        free(gate->suppressions[i].rule);
        free(gate->suppressions[i].from);
    }
    free(gate->findings);
    free(gate->unseen);
    free(gate->fixed);
    free(gate->not_seen);
    free(gate->suppressions);
    text_list_free(gate->warnings, gate->warning_count);
    text_list_free(gate->errors, gate->error_count);
    text_list_free(gate->failures, gate->failure_count);
    *gate = (struct gate){0};
}
