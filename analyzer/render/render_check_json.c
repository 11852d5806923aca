/* The gate for programs: docs/json.md. Keys that are not known are left out. */
#include "check_options.h"
#include "check_output.h"
#include "gate_record.h"
#include "json_text.h"

static void append(json_t *list, json_t *value, bool *ok)
{
    if (json_array_append_new(list, value) != 0)
        *ok = false;
}

static json_t *texts(char *const *list, size_t count, bool *ok)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *holder = json_object();
        json_put_text(holder, "text", list[i], ok);
        append(array, json_incref(json_object_get(holder, "text")), ok);
        json_decref(holder);
    }
    return array;
}

static json_t *totals(const struct gate *gate, bool *ok)
{
    json_t *object = json_object();
    json_put_count(object, "dumps", gate->dumps, ok);
    json_put_count(object, "tables", gate->tables, ok);
    json_put_count(object, "counted_bytes", gate->counted_bytes, ok);
    json_put_count(object, "hollow_bytes", gate->hollow_bytes, ok);
    for (enum gate_state state = 0; state < GATE_STATE_COUNT; state++)
        json_put_count(object, gate_state_word(state), gate->state_count[state], ok);
    json_put_count(object, "fixed", gate->fixed_count, ok);
    json_put_count(object, "not_seen", gate->not_seen_count, ok);
    return object;
}

static json_t *limits(const struct check_options *options, bool *ok)
{
    json_t *object = json_object();
    if (options->max_hollow.from)
        json_put_count(object, "max_hollow", options->max_hollow.bytes, ok);
    if (options->max_per_site.from)
        json_put_count(object, "max_per_site", options->max_per_site.bytes, ok);
    if (options->min_saving.from)
        json_put_count(object, "min_saving", options->min_saving.bytes, ok);
    if (options->min_fill.from)
        json_put(object, "min_fill", json_real(options->min_fill.value), ok);
    json_put(object, "fail_on_increase",
             json_real(options->fail_on_increase.from ? options->fail_on_increase.value
                                                      : DEFAULT_FAIL_ON_INCREASE),
             ok);
    return object;
}

static json_t *findings(const struct gate *gate, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gate->finding_count; i++) {
        json_t *finding = gate_finding_to_json(&gate->findings[i], ok);
        json_put_count(finding, "counted_bytes", gate_counted_bytes(&gate->findings[i]), ok);
        append(list, finding, ok);
    }
    return list;
}

static json_t *unseen(const struct gate *gate, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gate->unseen_count; i++) {
        const struct gate_unseen *process = &gate->unseen[i];
        json_t *object = json_object();
        if (process->program)
            json_put_text(object, "program", process->program, ok);
        json_put_count(object, "pid", process->pid, ok);
        json_put(object, "tracked", json_boolean(process->was_tracked), ok);
        json_put_text(object, "why", process->why, ok);
        json_put(object, "allowed", json_boolean(process->is_allowed), ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

static json_t *unmet(const struct gate_fixed *entries, size_t count, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_put_text(object, "fingerprint", entries[i].fingerprint, ok);
        json_put_text(object, "site", entries[i].site, ok);
        json_put_count(object, "bytes", entries[i].bytes, ok);
        append(list, object, ok);
    }
    return list;
}

static json_t *suppressions(const struct gate *gate, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gate->suppression_count; i++) {
        json_t *object = json_object();
        json_put_text(object, "rule", gate->suppressions[i].rule, ok);
        json_put_text(object, "from", gate->suppressions[i].from, ok);
        json_put_count(object, "findings", gate->suppressions[i].findings, ok);
        json_put_count(object, "bytes", gate->suppressions[i].bytes, ok);
        append(list, object, ok);
    }
    return list;
}

bool render_check_json(const struct check_rendering *rendering, struct error *error)
{
    const struct gate *gate = rendering->gate;
    bool ok = true;
    json_t *report = json_object();
    json_put_text(report, "schema", "hashtrack-check/1", &ok);
    json_put(report, "failed", json_boolean(gate->failed), &ok);
    json_put(report, "status", json_integer(gate->status), &ok);
    json_put(report, "errors", texts(gate->errors, gate->error_count, &ok), &ok);
    json_put(report, "failures", texts(gate->failures, gate->failure_count, &ok), &ok);
    json_put(report, "warnings", texts(gate->warnings, gate->warning_count, &ok), &ok);
    json_put(report, "limits", limits(rendering->options, &ok), &ok);
    if (gate->baseline_path)
        json_put_text(report, "baseline", gate->baseline_path, &ok);
    json_put(report, "totals", totals(gate, &ok), &ok);
    json_put(report, "findings", findings(gate, &ok), &ok);
    json_put(report, "unseen", unseen(gate, &ok), &ok);
    json_put(report, "fixed", unmet(gate->fixed, gate->fixed_count, &ok), &ok);
    json_put(report, "not_seen", unmet(gate->not_seen, gate->not_seen_count, &ok), &ok);
    json_put(report, "suppressions", suppressions(gate, &ok), &ok);
    return json_write(report, ok, false, rendering->out, error);
}
