/*
 * The gate for a step of GitHub Actions: workflow commands that become annotations of lines, and,
 * when the runner names a file for it, a summary on the job's page.
 */
#include <stdlib.h>
#include <string.h>

#include "check_options.h"
#include "check_place.h"
#include "check_words.h"
#include "github_summary.h"
#include "printable.h"
#include "text_buffer.h"

/* A step shows ten annotations of a kind; the rest would be dropped without a word. */
#define ANNOTATIONS_MAX 10u

/* Escapes as the runner does it for the values of a command; properties end at ':' and ','. */
static void put_escaped(FILE *out, const char *text, bool property)
{
    for (; *text; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (property && (*text == ':' || *text == ',')))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

/* "::error file=src/a.c,line=1,endLine=1,title=...::", the message is still to come. */
static bool begin_finding(FILE *out, const char *kind, struct source_root *root,
                          const struct gate_finding *finding)
{
    struct check_place place;
    struct text_buffer title;
    text_begin(&title);
    if (title.out) {
        fputs("hashtrack: ", title.out);
        words_title(title.out, finding);
    }
    char *words = text_end(&title);
    if (!words)
        return false;
    fprintf(out, "::%s ", kind);
    /* A name that is not UTF-8 cannot be written here, and another name would be another file. */
    if (check_place(root, finding, &place) && is_utf8(place.path)) {
        fputs("file=", out);
        put_escaped(out, place.path, true);
        fprintf(out, ",line=%d,endLine=%d,", place.line, place.line);
    }
    fputs("title=", out);
    put_escaped(out, words, true);
    fputs("::", out);
    free(words);
    return true;
}

static bool put_finding(const struct check_rendering *rendering, const char *kind,
                        struct source_root *root, const struct gate_finding *finding)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    if (buffer.out) {
        words_headline(buffer.out, finding);
        text_add(&buffer, "\n");
        words_details(buffer.out, rendering, finding);
    }
    char *message = text_end(&buffer);
    bool good = message && begin_finding(rendering->out, kind, root, finding);
    if (good) {
        message[strlen(message) - 1] = '\0'; /* the last line's end */
        put_escaped(rendering->out, message, false);
        fputc('\n', rendering->out);
    }
    free(message);
    return good;
}

static bool put_sentence(FILE *out, const char *kind, const char *sentence)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    if (buffer.out)
        printable_put(buffer.out, sentence);
    char *text = text_end(&buffer);
    if (text) {
        fprintf(out, "::%s title=hashtrack::", kind);
        put_escaped(out, text, false);
        fputc('\n', out);
    }
    free(text);
    return text != NULL;
}

/* The annotations of one kind: sentences about the whole, then findings of one level. When they are
 * too many, the last one says how many are missing. */
static bool put_kind(const struct check_rendering *rendering, struct source_root *root,
                     const char *kind, enum check_level level, char *const *const sentences[],
                     const size_t sentence_counts[], size_t lists)
{
    const struct gate *gate = rendering->gate;
    bool sum_failed = check_sum_failed(gate), good = true;
    size_t all = 0, written = 0;
    for (size_t i = 0; i < lists; i++)
        all += sentence_counts[i];
    for (size_t i = 0; i < gate->finding_count; i++)
        all += check_level(gate, &gate->findings[i], sum_failed) == level;
    size_t room = all > ANNOTATIONS_MAX ? ANNOTATIONS_MAX - 1 : all;
    for (size_t list = 0; list < lists; list++)
        for (size_t i = 0; i < sentence_counts[list] && written < room && good; i++, written++)
            good = put_sentence(rendering->out, kind, sentences[list][i]);
    for (size_t i = 0; i < gate->finding_count && written < room && good; i++) {
        const struct gate_finding *finding = &gate->findings[i];
        if (check_level(gate, finding, sum_failed) != level)
            continue;
        good = put_finding(rendering, kind, root, finding);
        written++;
    }
    if (good && written < all)
        fprintf(rendering->out,
                "::%s title=hashtrack::%zu more of these: a step shows %u of a kind; the "
                "summary and the other outputs have them all\n",
                kind, all - written, ANNOTATIONS_MAX);
    return good;
}

bool render_check_github(const struct check_rendering *rendering, struct error *error)
{
    const struct gate *gate = rendering->gate;
    struct source_root *root = source_root_new(rendering->options->source_root.path, error);
    if (!root)
        return false;
    char *const *const errors[] = {gate->errors, gate->failures};
    const size_t error_counts[] = {gate->error_count, gate->failure_count};
    char *const *const warnings[] = {gate->warnings};
    const size_t warning_counts[] = {gate->warning_count};
    bool good = put_kind(rendering, root, "error", CHECK_ERROR, errors, error_counts, 2) &&
                put_kind(rendering, root, "warning", CHECK_WARNING, warnings, warning_counts, 1);
    if (!good)
        error_no_memory(error, NULL);
    const char *summary = getenv("GITHUB_STEP_SUMMARY");
    bool full = false;
    if (good && summary && *summary)
        good = github_summary(summary, rendering, root, &full, error);
    if (full)
        fputs("::notice title=hashtrack::the summary of this step is full (1 MiB); hashtrack's "
              "is left out\n",
              rendering->out);
    source_root_free(root);
    return good;
}
