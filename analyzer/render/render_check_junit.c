/*
 * The gate as a JUnit report: a test case for the limits, one for the dumps when some could not be
 * read, and one for each finding. The names of the cases are the same in every run, so that a CI
 * system can tell which one is new and which one is gone.
 */
#include <stdlib.h>

#include "check_words.h"
#include "printable.h"
#include "text_buffer.h"
#include "xml_text.h"

struct counts {
    size_t tests, failures, errors, skipped;
};

static struct counts count_cases(const struct gate *gate, bool sum_failed)
{
    struct counts counts = {
        .tests = 1 + (gate->error_count > 0) + gate->finding_count,
        .failures = gate->failed,
        .errors = gate->error_count > 0,
    };
    for (size_t i = 0; i < gate->finding_count; i++) {
        enum check_level level = check_level(gate, &gate->findings[i], sum_failed);
        counts.failures += level == CHECK_ERROR;
        counts.skipped += level == CHECK_QUIET;
    }
    return counts;
}

static void begin_case(FILE *out, const char *class, const char *name)
{
    fputs("    <testcase classname=\"hashtrack.", out);
    xml_attribute(out, class);
    fputs("\" name=\"", out);
    xml_attribute(out, name);
    fputs("\">\n", out);
}

static void put_output(FILE *out, const char *text)
{
    fputs("      <system-out>", out);
    xml_text(out, text);
    fputs("</system-out>\n", out);
}

/* <failure>, <error> or <skipped> */
static void put_outcome(FILE *out, const char *element, const char *type, const char *message,
                        const char *text)
{
    fprintf(out, "      <%s type=\"%s\" message=\"", element, type);
    xml_attribute(out, message);
    fputs("\">", out);
    xml_text(out, text);
    fprintf(out, "</%s>\n", element);
}

/* One line each: a runner that reads the output takes lines of its own form for commands. */
static bool put_sentences(FILE *out, char *const *sentences, size_t count)
{
    struct text_buffer lines;
    text_begin(&lines);
    for (size_t i = 0; i < count && lines.out; i++) {
        printable_put(lines.out, sentences[i]);
        fputc('\n', lines.out);
    }
    char *text = text_end(&lines);
    if (text)
        xml_text(out, text);
    free(text);
    return text != NULL;
}

/* What holds for the whole: limits, dumps, warnings. */
static bool render_gate(FILE *out, const struct gate *gate)
{
    bool good = true;
    char *outcome = words_outcome(gate);
    if (!outcome)
        return false;
    begin_case(out, "check", "limits");
    if (gate->failed)
        put_outcome(out, "failure", "limits",
                    gate->failure_count ? gate->failures[0] : "a limit is passed", outcome);
    else
        put_output(out, outcome);
    free(outcome);
    if (gate->warning_count) {
        fputs("      <system-err>", out);
        good = put_sentences(out, gate->warnings, gate->warning_count);
        fputs("</system-err>\n", out);
    }
    fputs("    </testcase>\n", out);

    if (gate->error_count) {
        begin_case(out, "check", "dumps");
        fputs("      <error type=\"dumps\" message=\"", out);
        xml_attribute(out, gate->errors[0]);
        fputs("\">", out);
        good = put_sentences(out, gate->errors, gate->error_count) && good;
        fputs("</error>\n    </testcase>\n", out);
    }
    return good;
}

static bool render_finding_case(const struct check_rendering *rendering,
                                const struct gate_finding *finding, enum check_level level)
{
    FILE *out = rendering->out;
    struct text_buffer name, headline, details;
    text_begin(&name);
    text_begin(&headline);
    text_begin(&details);
    if (name.out) {
        words_title(name.out, finding);
        text_add(&name, " [%s]", finding->fingerprint);
    }
    if (headline.out)
        words_headline(headline.out, finding);
    if (details.out) {
        words_headline(details.out, finding);
        text_add(&details, "\n");
        words_details(details.out, rendering, finding);
    }
    char *name_text = text_end(&name), *headline_text = text_end(&headline);
    char *details_text = text_end(&details);
    bool good = name_text && headline_text && details_text;
    if (good) {
        begin_case(out, gate_rule(finding), name_text);
        if (level == CHECK_ERROR)
            put_outcome(out, "failure", gate_rule(finding), headline_text, details_text);
        else if (level == CHECK_QUIET)
            put_outcome(out, "skipped", gate_state_word(finding->state),
                        finding->reason ? finding->reason : gate_state_word(finding->state),
                        details_text);
        else
            put_output(out, details_text);
        fputs("    </testcase>\n", out);
    }
    free(name_text);
    free(headline_text);
    free(details_text);
    return good;
}

bool render_check_junit(const struct check_rendering *rendering, struct error *error)
{
    FILE *out = rendering->out;
    const struct gate *gate = rendering->gate;
    bool sum_failed = check_sum_failed(gate);
    struct counts counts = count_cases(gate, sum_failed);
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"hashtrack\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
            "  <testsuite name=\"hashtrack check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
            "skipped=\"%zu\">\n",
            counts.tests, counts.failures, counts.errors, counts.tests, counts.failures,
            counts.errors, counts.skipped);
    bool good = render_gate(out, gate);
    for (size_t i = 0; i < gate->finding_count && good; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        good = render_finding_case(rendering, finding, check_level(gate, finding, sum_failed));
    }
    fputs("  </testsuite>\n</testsuites>\n", out);
    return good || error_no_memory(error, NULL);
}
