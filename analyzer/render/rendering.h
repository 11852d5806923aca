/* What an output needs: the judged dump, where to write, and how. One render_*.c an output. */
#ifndef HASHTRACK_RENDERING_H
#define HASHTRACK_RENDERING_H

#include "findings.h"
#include "report.h"
#include "symbols.h"
#include "terminal.h"

struct rendering {
    FILE *out;
    const struct findings *findings;
    struct symbolizer *symbolizer;
    const struct report_options *options;
    struct terminal terminal;
};

/* The report for people. */
void render_text(const struct rendering *rendering);

/* One finding in the report for people, as number `number`; without details only its first line. */
void render_finding(const struct rendering *rendering, const struct judged_table *judged,
                    size_t number, bool details);

/* A group of tables, sorted as in the findings; `first` is the first of them. */
void render_group(const struct rendering *rendering, const struct judged_table *first,
                  size_t number, bool details);

/* What both kinds have: the verdict as the first word, the type of `count` tables, other tables of
 * the site, what decided. */
const char *finding_word(enum verdict verdict);
void render_type(const struct rendering *rendering, const struct judged_table *first, size_t count);
void render_siblings(const struct rendering *rendering, const struct judged_table *judged);
void render_why(const struct rendering *rendering, const struct judged_table *judged);

/* Every figure and comparison behind a verdict. */
void render_explanation(const struct rendering *rendering, const struct judged_table *judged,
                        size_t number);

/* The report for programs; on one line when several reports follow each other. */
bool render_json(const struct rendering *rendering, bool one_line, struct error *error);

#endif
