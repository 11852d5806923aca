/*
 * The gate in the Test Anything Protocol, version 13: a test for the limits, one for the dumps, one
 * for each finding, with a YAML block of what stands behind it. No '#' stands in a description:
 * some readers take what follows one for a directive, escaped or not, and "# TODO" would turn a
 * failure green.
 */
#include <stdlib.h>
#include <string.h>

#include "check_words.h"
#include "printable.h"
#include "text_buffer.h"

static void put_description(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '#')
            fputs("\\x23", out);
        else
            fputc(*text, out);
    }
}

/* A literal block: any printable text, indented. */
static void put_block(FILE *out, const char *key, const char *text)
{
    fprintf(out, "  %s: |\n", key);
    while (*text) {
        size_t length = strcspn(text, "\n");
        fprintf(out, "    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static bool put_limits(FILE *out, const struct gate *gate, size_t *number)
{
    char *outcome = words_outcome(gate);
    if (!outcome)
        return false;
    fprintf(out, "%s %zu - limits\n  ---\n", gate->failed ? "not ok" : "ok", ++*number);
    put_block(out, "message", outcome);
    fputs("  ...\n", out);
    free(outcome);
    for (size_t i = 0; i < gate->warning_count; i++) {
        fputs("# ", out);
        printable_put(out, gate->warnings[i]);
        fputc('\n', out);
    }
    if (gate->error_count)
        fprintf(out, "not ok %zu - dumps\n", ++*number);
    for (size_t i = 0; i < gate->error_count; i++) {
        fputs("# ", out);
        printable_put(out, gate->errors[i]);
        fputc('\n', out);
    }
    return true;
}

static bool put_finding(const struct check_rendering *rendering, const struct gate_finding *finding,
                        enum check_level level, size_t number)
{
    FILE *out = rendering->out;
    struct text_buffer headline, details;
    text_begin(&headline);
    text_begin(&details);
    if (headline.out)
        words_headline(headline.out, finding);
    if (details.out)
        words_details(details.out, rendering, finding);
    char *headline_text = text_end(&headline), *details_text = text_end(&details);
    bool good = headline_text && details_text;
    if (good) {
        fprintf(out, "%s %zu - ", level == CHECK_ERROR ? "not ok" : "ok", number);
        put_description(out, headline_text);
        if (level == CHECK_QUIET)
            fprintf(out, " # SKIP %s", gate_state_word(finding->state));
        fprintf(out, "\n  ---\n  fingerprint: %s\n  state: %s\n", finding->fingerprint,
                gate_state_word(finding->state));
        put_block(out, "message", details_text);
        fputs("  ...\n", out);
    }
    free(headline_text);
    free(details_text);
    return good;
}

bool render_check_tap(const struct check_rendering *rendering, struct error *error)
{
    const struct gate *gate = rendering->gate;
    bool sum_failed = check_sum_failed(gate);
    size_t number = 0;
    fprintf(rendering->out, "TAP version 13\n1..%zu\n",
            1 + (size_t)(gate->error_count > 0) + gate->finding_count);
    bool good = put_limits(rendering->out, gate, &number);
    for (size_t i = 0; i < gate->finding_count && good; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        good = put_finding(rendering, finding, check_level(gate, finding, sum_failed), ++number);
    }
    return good || error_no_memory(error, NULL);
}
