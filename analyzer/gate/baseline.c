/* What a baseline says of findings, and how it changes: see baseline.h. */
#include "baseline.h"

#include <stdlib.h>
#include <string.h>

#include "path_base.h"

const struct baseline_entry *baseline_find(const struct baseline *baseline, const char *fingerprint)
{
    for (size_t i = 0; i < baseline->count; i++)
        if (strcmp(baseline->entries[i].fingerprint, fingerprint) == 0)
            return &baseline->entries[i];
    return NULL;
}

bool baseline_entry_expired(const struct baseline_entry *entry, const char *today)
{
    return entry->accepted && entry->expires && strcmp(today, entry->expires) > 0;
}

static void free_entry(struct baseline_entry *entry)
{
    free(entry->fingerprint);
    free(entry->rule);
    free(entry->family);
    free(entry->site);
    free(entry->owner);
    free(entry->program);
    free(entry->reason);
    free(entry->expires);
}

static void drop(struct baseline *baseline, size_t index)
{
    free_entry(&baseline->entries[index]);
    memmove(&baseline->entries[index], &baseline->entries[index + 1],
            (--baseline->count - index) * sizeof(*baseline->entries));
}

/* "Cache::insert < Session::prepare", or the module where nothing has a name; malloc'ed. */
static char *site_of(const struct gate_finding *finding)
{
    char *site = NULL;
    size_t bytes;
    FILE *text = open_memstream(&site, &bytes);
    if (!text)
        return NULL;
    for (size_t i = 0; i < finding->function_count; i++)
        fprintf(text, "%s%s", i ? " < " : "", finding->functions[i]);
    if (finding->function_count == 0)
        fputs(finding->module ? path_base(finding->module) : "an unknown place", text);
    if (fclose(text) != 0) {
        free(site);
        return NULL;
    }
    return site;
}

static bool copy_text(char **to, const char *from)
{
    free(*to);
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

/* Words that may change from build to build are those of today; reason and expiry stay. */
static bool describe(struct baseline_entry *entry, const struct gate_finding *finding)
{
    free(entry->site);
    entry->site = site_of(finding);
    entry->bytes = finding->saving;
    entry->tables = finding->tables > 1 ? finding->tables : 0;
    return entry->site && copy_text(&entry->rule, gate_rule(finding)) &&
           copy_text(&entry->family, finding->implementation) &&
           copy_text(&entry->owner, finding->owner) &&
           copy_text(&entry->program, finding->program ? path_base(finding->program) : NULL);
}

/* The entry of the finding, a new one where there is none; NULL without memory. */
static struct baseline_entry *entry_for(struct baseline *baseline,
                                        const struct gate_finding *finding)
{
    const struct baseline_entry *known = baseline_find(baseline, finding->fingerprint);
    if (known)
        return &baseline->entries[known - baseline->entries];
    struct baseline_entry *more =
        realloc(baseline->entries, (baseline->count + 1) * sizeof(*baseline->entries));
    char *fingerprint = strdup(finding->fingerprint);
    if (more)
        baseline->entries = more;
    if (!more || !fingerprint) {
        free(fingerprint);
        return NULL;
    }
    more[baseline->count] = (struct baseline_entry){.fingerprint = fingerprint};
    return &more[baseline->count++];
}

static bool is_fixed(const struct gate *gate, const char *fingerprint)
{
    for (size_t i = 0; i < gate->fixed_count; i++)
        if (strcmp(gate->fixed[i].fingerprint, fingerprint) == 0)
            return true;
    return false;
}

static void drop_fixed(struct baseline *baseline, const struct gate *gate, bool accepted_too)
{
    for (size_t i = baseline->count; i > 0; i--) {
        const struct baseline_entry *entry = &baseline->entries[i - 1];
        if ((accepted_too || !entry->accepted) && is_fixed(gate, entry->fingerprint)) {
            drop(baseline, i - 1);
            baseline->dropped++;
        }
    }
}

void baseline_prune(struct baseline *baseline, const struct gate *gate)
{
    drop_fixed(baseline, gate, true);
}

bool baseline_update(struct baseline *baseline, const struct gate *gate, struct error *error)
{
    drop_fixed(baseline, gate, false);
    for (size_t i = 0; i < gate->finding_count; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        if (finding->state == GATE_SUPPRESSED)
            continue;
        struct baseline_entry *entry = entry_for(baseline, finding);
        /* What a person has accepted they have accepted as it was: more is for them to decide. */
        if (entry && entry->accepted)
            continue;
        if (!entry || !describe(entry, finding))
            return error_no_memory(error, baseline->path);
    }
    return true;
}

/* --- acceptance --- */

struct match {
    const struct gate_finding *finding;
    const char *fingerprint;
    size_t count; /* different fingerprints that begin with the id */
};

static void consider(struct match *match, const char *id, const char *fingerprint,
                     const struct gate_finding *finding)
{
    if (strncmp(fingerprint, id, strlen(id)) != 0)
        return;
    if (match->fingerprint && strcmp(match->fingerprint, fingerprint) == 0)
        return;
    match->fingerprint = fingerprint;
    match->finding = finding;
    match->count++;
}

bool baseline_accept(struct baseline *baseline, const struct gate *gate,
                     const struct acceptance *acceptance, struct error *error)
{
    struct match match = {0};
    for (size_t i = 0; gate && i < gate->finding_count; i++)
        if (gate->findings[i].state != GATE_SUPPRESSED)
            consider(&match, acceptance->id, gate->findings[i].fingerprint, &gate->findings[i]);
    bool among_findings = match.count > 0;
    for (size_t i = 0; i < baseline->count && !among_findings; i++)
        consider(&match, acceptance->id, baseline->entries[i].fingerprint, NULL);
    if (match.count == 0)
        return error_set(error, STATUS_USAGE, "--accept: no %s has the id %s%s",
                         !gate             ? "entry of the baseline"
                         : baseline->count ? "finding and no entry of the baseline"
                                           : "finding",
                         acceptance->id, gate ? "" : "; name the dump that shows it as well");
    if (match.count > 1)
        return error_set(error, STATUS_USAGE, "--accept: %zu ids begin with %s; give all of it",
                         match.count, acceptance->id);
    struct gate_finding named = {0};
    snprintf(named.fingerprint, sizeof(named.fingerprint), "%s", match.fingerprint);
    struct baseline_entry *entry = entry_for(baseline, match.finding ? match.finding : &named);
    if (!entry || (match.finding && !describe(entry, match.finding)) ||
        !copy_text(&entry->reason, acceptance->reason) ||
        !copy_text(&entry->expires, acceptance->expires))
        return error_no_memory(error, baseline->path);
    entry->accepted = true;
    return true;
}
