/* The Markdown that GitHub shows on the page of a job: see github_summary.h. */
#include "github_summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check_place.h"
#include "check_words.h"
#include "format.h"
#include "printable.h"
#include "text_buffer.h"

/* A step's summary that is larger is not shown at all. Other commands of the step may have written
 * before us. */
#define SUMMARY_BYTES_MAX (1024u * 1024u)
#define END_BYTES         512u /* kept for the line that says what was left out */

/* Text as Markdown shows it: all that could be markup as a reference. In a table a line end would
 * end the row. */
static void put_markdown(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputs("<br>", out);
        else if (strchr("\\`*_{}[]()<>#+-.!|~&@:\"'$^=", *text))
            fprintf(out, "&#%d;", *text);
        else
            fputc(*text, out);
    }
}

static bool put_words(FILE *out, void (*words)(FILE *, const struct gate_finding *),
                      const struct gate_finding *finding)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    if (buffer.out)
        words(buffer.out, finding);
    char *text = text_end(&buffer);
    if (text)
        put_markdown(out, text);
    free(text);
    return text != NULL;
}

static void put_fix(FILE *out, const struct gate_finding *finding)
{
    if (finding->action)
        fputs(finding->action, out);
    if (finding->action && finding->how)
        fputs(": ", out);
    if (finding->how)
        printable_put(out, finding->how);
}

static bool put_row(FILE *out, struct source_root *root, const struct gate_finding *finding)
{
    struct check_place place;
    char saving[FORMAT_BYTES];
    fprintf(out, "| %s | ", gate_state_word(finding->state));
    bool good = put_words(out, words_title, finding);
    fputs(" | ", out);
    if (check_place(root, finding, &place)) {
        struct text_buffer buffer;
        text_begin(&buffer);
        if (buffer.out)
            printable_put(buffer.out, place.path);
        text_add(&buffer, ":%d", place.line);
        char *text = text_end(&buffer);
        if (text)
            put_markdown(out, text);
        good &= text != NULL;
        free(text);
    }
    fprintf(out, " | %s | ", format_bytes(saving, finding->saving));
    good &= put_words(out, put_fix, finding);
    fprintf(out, " | %s |\n", finding->fingerprint);
    return good;
}

static bool put_head(FILE *out, const struct gate *gate)
{
    char *outcome = words_outcome(gate);
    if (!outcome)
        return false;
    fprintf(out, "### hashtrack: %s\n\n",
            gate->error_count ? "not every dump could be read"
            : gate->failed    ? "over the limits"
                              : "within the limits");
    put_markdown(out, outcome);
    fputs("\n\n", out);
    free(outcome);
    if (gate->finding_count)
        fputs("| State | Hash table | Where | A fix saves | Fix | Id |\n"
              "|---|---|---|--:|---|---|\n",
              out);
    return true;
}

/* Everything, a row a finding, as long as there is room. NULL when memory ran out. */
static char *compose(const struct gate *gate, struct source_root *root, size_t room, size_t *bytes)
{
    struct text_buffer buffer;
    text_begin(&buffer);
    bool good = buffer.out && put_head(buffer.out, gate);
    size_t kept = 0, rows = 0;
    for (size_t i = 0; good && i < gate->finding_count; i++) {
        good = fflush(buffer.out) == 0;
        kept = buffer.count;
        good = good && put_row(buffer.out, root, &gate->findings[i]) && fflush(buffer.out) == 0;
        if (!good || buffer.count + END_BYTES > room)
            break;
        kept = buffer.count;
        rows++;
    }
    if (good && rows == gate->finding_count) {
        text_add(&buffer, "\n");
    } else if (good) {
        /* What follows is written over the row that was too much. */
        fseeko(buffer.out, (off_t)kept, SEEK_SET);
        text_add(&buffer, "\nand %zu more, smaller ones: a summary has room for 1 MiB\n",
                 gate->finding_count - rows);
    }
    *bytes = good ? (size_t)ftello(buffer.out) : 0;
    char *text = text_end(&buffer);
    if (!good) {
        free(text);
        text = NULL;
    }
    return text;
}

bool github_summary(const char *path, const struct check_rendering *rendering,
                    struct source_root *root, bool *full, struct error *error)
{
    struct stat status;
    size_t used = stat(path, &status) == 0 ? (size_t)status.st_size : 0;
    size_t room = used < SUMMARY_BYTES_MAX ? SUMMARY_BYTES_MAX - used : 0;
    size_t bytes;
    char *text = compose(rendering->gate, root, room, &bytes);
    if (!text)
        return error_no_memory(error, NULL);
    bool good = true;
    *full = bytes > room;
    if (!*full) {
        FILE *file = fopen(path, "ae");
        good = file && fwrite(text, 1, bytes, file) == bytes;
        int why = errno;
        if (file && fclose(file) != 0) {
            good = false;
            why = errno;
        }
        if (!good)
            error_set(error, STATUS_USAGE, "cannot write the step summary %s: %s", path,
                      strerror(why));
    }
    free(text);
    return good;
}
