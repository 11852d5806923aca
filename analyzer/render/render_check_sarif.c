/*
 * The gate in SARIF 2.1.0, a result a line. GitHub, who takes most of these files, shows every
 * result as an open alert, whatever its suppressions and its baselineState say, and refuses a file
 * in which a result has no file: in a job of GitHub Actions the file has no suppressed, accepted or
 * absent results, and says how many it left out.
 */
#include <stdlib.h>
#include <string.h>

#include "check_options.h"
#include "check_words.h"
#include "json_text.h"
#include "sarif_location.h"
#include "sarif_rules.h"
#include "sarif_text.h"
#include "text_buffer.h"

/* GitHub refuses a file with more results, and shows so many of them: those behind have no code
 * flow, for a file may not have more than 10 MB when it is packed. */
#define RESULTS_MAX           25000u
#define RESULTS_WITH_FLOW_MAX 5000u

struct sarif {
    const struct check_rendering *rendering;
    struct source_root *root;
    bool for_github;
    bool sum_failed;
    bool ok;
    size_t written;  /* results */
    size_t left_out; /* quiet and absent ones and those without a file, for GitHub */
};

static json_t *tool(bool *ok)
{
    json_t *driver = json_object(), *object = json_object();
    json_put_text(driver, "name", "hashtrack", ok);
    json_put_text(driver, "semanticVersion", HASHTRACK_VERSION, ok);
    json_put(driver, "rules", sarif_rules(ok), ok);
    json_put(object, "driver", driver, ok);
    return object;
}

static void add_notifications(json_t *list, const char *level, char *const *sentences, size_t count,
                              bool *ok)
{
    for (size_t i = 0; i < count; i++) {
        json_t *notification = json_object();
        json_put_text(notification, "level", level, ok);
        json_put(notification, "message", sarif_message(sentences[i]), ok);
        if (json_array_append_new(list, notification) != 0)
            *ok = false;
    }
}

static json_t *invocations(const struct gate *gate, bool *ok)
{
    json_t *notifications = json_array(), *invocation = json_object(), *list = json_array();
    add_notifications(notifications, "error", gate->errors, gate->error_count, ok);
    add_notifications(notifications, "note", gate->failures, gate->failure_count, ok);
    add_notifications(notifications, "warning", gate->warnings, gate->warning_count, ok);
    json_put(invocation, "executionSuccessful", json_boolean(gate->error_count == 0), ok);
    json_put(invocation, "exitCode", json_integer(gate->status), ok);
    json_put_text(invocation, "exitCodeDescription",
                  gate->error_count ? "not every dump could be read"
                  : gate->failed    ? "over the limits"
                                    : "within the limits",
                  ok);
    json_put(invocation, "toolExecutionNotifications", notifications, ok);
    if (json_array_append_new(list, invocation) != 0)
        *ok = false;
    return list;
}

static json_t *fingerprints(const char *fingerprint, bool *ok)
{
    json_t *object = json_object();
    json_put_text(object, "hashtrack/v1", fingerprint, ok);
    /* The only one that GitHub looks at. Its own are "hash:ordinal". */
    json_put(object, "primaryLocationLineHash", json_sprintf("%s:1", fingerprint), ok);
    return object;
}

static const char *level_word(enum check_level level)
{
    switch (level) {
    case CHECK_ERROR:
        return "error";
    case CHECK_WARNING:
        return "warning";
    default:
        return "note";
    }
}

static const char *baseline_state(const struct gate_finding *finding)
{
    switch (finding->state) {
    case GATE_INTRODUCED:
        return "new";
    case GATE_WORSENED:
        return "updated";
    case GATE_SUPPRESSED: /* whatever the baseline says, but SARIF wants a word for each */
        return finding->baseline ? "unchanged" : "new";
    default:
        return "unchanged";
    }
}

static json_t *suppressions(const struct gate_finding *finding, bool *ok)
{
    json_t *list = json_array();
    if (finding->state != GATE_ACCEPTED && finding->state != GATE_SUPPRESSED)
        return list;
    json_t *suppression = json_object();
    json_put_text(suppression, "kind", "external", ok);
    json_put_text(suppression, "status", "accepted", ok);
    if (finding->reason)
        json_put_text(suppression, "justification", finding->reason, ok);
    if (json_array_append_new(list, suppression) != 0)
        *ok = false;
    return list;
}

static json_t *message(const struct sarif *sarif, const struct gate_finding *finding)
{
    struct text_buffer words;
    text_begin(&words);
    if (words.out) {
        /* Where there is little room, only the first sentence is shown. */
        words_headline(words.out, finding);
        text_add(&words, ".\n");
        words_details(words.out, sarif->rendering, finding);
    }
    char *text = text_end(&words);
    json_t *object = sarif_message(text);
    free(text);
    return object;
}

static json_t *properties(const struct gate_finding *finding, bool *ok)
{
    json_t *object = json_object();
    json_put_text(object, "state", gate_state_word(finding->state), ok);
    json_put_count(object, "savesBytes", finding->saving, ok);
    json_put_count(object, "bytes", finding->bytes, ok);
    json_put_count(object, "capacity", finding->capacity, ok);
    json_put_count(object, "live", finding->live, ok);
    json_put_count(object, "tables", finding->tables, ok);
    json_put_count(object, "dumps", finding->dumps, ok);
    if (finding->implementation)
        json_put_text(object, "implementation", finding->implementation, ok);
    if (finding->owner)
        json_put_text(object, "owner", finding->owner, ok);
    return object;
}

static void begin_result(struct sarif *sarif)
{
    fputs(sarif->written++ ? ",\n" : "\n", sarif->rendering->out);
}

static void put_result(struct sarif *sarif, const struct gate_finding *finding,
                       enum check_level level)
{
    bool *ok = &sarif->ok;
    json_t *location = sarif_finding_location(sarif->root, finding, ok);
    if (!location && sarif->for_github) {
        sarif->left_out++;
        return;
    }
    json_t *result = json_object(), *locations = json_array();
    json_put_text(result, "ruleId", gate_rule(finding), ok);
    json_put(result, "ruleIndex", json_integer((json_int_t)sarif_rule_index(gate_rule(finding))),
             ok);
    json_put_text(result, "level", level_word(level), ok);
    json_put(result, "message", message(sarif, finding), ok);
    if (location && json_array_append_new(locations, location) != 0)
        *ok = false;
    json_put(result, "locations", locations, ok);
    json_put(result, "partialFingerprints", fingerprints(finding->fingerprint, ok), ok);
    json_put(result, "suppressions", suppressions(finding, ok), ok);
    if (sarif->rendering->gate->baseline_path)
        json_put_text(result, "baselineState", baseline_state(finding), ok);
    json_t *flow =
        sarif->written < RESULTS_WITH_FLOW_MAX ? sarif_code_flow(sarif->root, finding, ok) : NULL;
    if (flow)
        json_put(result, "codeFlows", json_pack("[o]", flow), ok);
    json_put(result, "properties", properties(finding, ok), ok);
    begin_result(sarif);
    json_write_piece(result, sarif->rendering->out, ok);
}

/* What the baseline has and no dump shows any more. */
static void put_absent(struct sarif *sarif, const struct gate_fixed *fixed)
{
    bool *ok = &sarif->ok;
    struct text_buffer words;
    text_begin(&words);
    text_add(&words, "No longer met: %s", fixed->site ? fixed->site : fixed->fingerprint);
    char *text = text_end(&words);
    json_t *result = json_object();
    json_put_text(result, "level", "note", ok);
    json_put(result, "message", sarif_message(text), ok);
    json_put(result, "partialFingerprints", fingerprints(fixed->fingerprint, ok), ok);
    json_put(result, "suppressions", json_array(), ok);
    json_put_text(result, "baselineState", "absent", ok);
    free(text);
    begin_result(sarif);
    json_write_piece(result, sarif->rendering->out, ok);
}

static void put_results(struct sarif *sarif)
{
    const struct gate *gate = sarif->rendering->gate;
    fputs("\"results\": [", sarif->rendering->out);
    for (size_t i = 0; i < gate->finding_count && sarif->written < RESULTS_MAX && sarif->ok; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        enum check_level level = check_level(gate, finding, sarif->sum_failed);
        if (level == CHECK_QUIET && sarif->for_github)
            sarif->left_out++;
        else
            put_result(sarif, finding, level);
    }
    if (sarif->for_github)
        sarif->left_out += gate->fixed_count;
    else if (gate->baseline_path)
        for (size_t i = 0; i < gate->fixed_count && sarif->written < RESULTS_MAX && sarif->ok; i++)
            put_absent(sarif, &gate->fixed[i]);
    fputs("\n],\n", sarif->rendering->out);
}

static json_t *run_properties(const struct sarif *sarif, bool *ok)
{
    const struct gate *gate = sarif->rendering->gate;
    json_t *object = json_object();
    json_put_count(object, "dumps", gate->dumps, ok);
    json_put_count(object, "countedBytes", gate->counted_bytes, ok);
    json_put_count(object, "hollowBytes", gate->hollow_bytes, ok);
    size_t all = gate->finding_count + (gate->baseline_path ? gate->fixed_count : 0);
    if (sarif->left_out)
        json_put_count(object, "leftOutForGitHub", sarif->left_out, ok);
    if (sarif->written + sarif->left_out < all)
        json_put_count(object, "leftOutOverLimit", all - sarif->written - sarif->left_out, ok);
    return object;
}

bool render_check_sarif(const struct check_rendering *rendering, struct error *error)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    struct sarif sarif = {
        .rendering = rendering,
        .root = source_root_new(rendering->options->source_root.path, error),
        .for_github = actions && strcmp(actions, "true") == 0,
        .sum_failed = check_sum_failed(rendering->gate),
        .ok = true,
    };
    if (!sarif.root)
        return false;
    FILE *out = rendering->out;
    bool *ok = &sarif.ok;
    fputs("{\n\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
          "\"version\": \"2.1.0\",\n\"runs\": [{\n\"tool\": ",
          out);
    json_write_piece(tool(ok), out, ok);
    fputs(",\n\"invocations\": ", out);
    json_write_piece(invocations(rendering->gate, ok), out, ok);
    fputs(",\n\"originalUriBaseIds\": ", out);
    json_write_piece(sarif_bases(sarif.root, ok), out, ok);
    fputs(",\n", out);
    put_results(&sarif);
    fputs("\"columnKind\": \"utf16CodeUnits\",\n\"properties\": ", out);
    json_write_piece(run_properties(&sarif, ok), out, ok);
    fputs("\n}]\n}\n", out);
    source_root_free(sarif.root);
    return sarif.ok || error_no_memory(error, NULL);
}
