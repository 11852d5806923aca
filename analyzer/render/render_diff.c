/* The changes between two dumps, as text or JSON: see render_diff.h. */
#include "render_diff.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "json_list.h"
#include "place.h"
#include "printable.h"
#include "symbols.h"
#include "words.h"

struct diff_rendering {
    const struct diff *diff;
    const struct findings *before, *after;
    const struct diff_builds *builds;
    const struct diff_options *options;
    struct symbolizer *before_symbols, *after_symbols;
    FILE *out;
};

static void place_of(const struct diff_rendering *rendering, const struct changed_table *changed,
                     char place[PLACE_BYTES])
{
    place_of_site(changed->after ? rendering->after_symbols : rendering->before_symbols,
                  changed->after ? rendering->after->dump : rendering->before->dump,
                  telling_site(changed->newest->table), place);
}

static uint64_t bytes_of(const struct judged_table *judged)
{
    return judged ? judged->table->bytes : 0;
}

static void render_line(const struct diff_rendering *rendering, const struct changed_table *changed)
{
    char name[WORDS_BYTES], place[PLACE_BYTES], before[WORDS_BYTES] = "-", after[WORDS_BYTES] = "-";
    char bytes[FORMAT_BYTES], difference[FORMAT_BYTES];
    uint64_t old_bytes = bytes_of(changed->before), new_bytes = bytes_of(changed->after);
    const struct judged_table *judged = changed->newest;
    place_of(rendering, changed, place);
    if (changed->before && changed->before->saving.known)
        live_words(before, changed->before->table);
    if (changed->after && changed->after->saving.known)
        live_words(after, changed->after->table);
    fprintf(rendering->out, "%-9s %12s  now %10s  live %s to %s  %s in %s  %s%s%s\n",
            change_word(changed->change), format_bytes_change(difference, old_bytes, new_bytes),
            format_bytes(bytes, new_bytes), before, after, implementation_name(name, judged), place,
            judged->id, changed->after ? "  " : "",
            changed->after ? verdict_word(changed->after->judgement.verdict) : "");
}

/* Tables of one place to which the same happened: from so many on they are one line. */
#define MANY_TABLES 4u

static int compare_places(const struct changed_table *a, const struct changed_table *b)
{
    uint32_t site_a = telling_site(a->newest->table), site_b = telling_site(b->newest->table);
    enum verdict verdict_a = a->newest->judgement.verdict;
    enum verdict verdict_b = b->newest->judgement.verdict;
    if (a->change != b->change)
        return a->change < b->change ? -1 : 1;
    if (site_a != site_b)
        return site_a < site_b ? -1 : 1;
    if (verdict_a != verdict_b)
        return verdict_a < verdict_b ? -1 : 1;
    return strcmp(a->newest->implementation, b->newest->implementation);
}

/* A line of the text: one table, or many. */
struct diff_line {
    const struct changed_table *const *tables; /* the largest change first */
    size_t count;
    uint64_t bytes; /* change_bytes() of all */
};

static int by_place(const void *left, const void *right)
{
    const struct changed_table *const *a = left, *const *b = right;
    int order = compare_places(*a, *b);
    return order != 0 ? order : *a < *b ? -1 : *a > *b; /* the diff's order */
}

/* As the diff sorts tables. */
static int by_change_then_bytes(const void *left, const void *right)
{
    const struct diff_line *a = left, *b = right;
    if (a->tables[0]->change != b->tables[0]->change)
        return a->tables[0]->change < b->tables[0]->change ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->tables[0] < b->tables[0] ? -1 : a->tables[0] > b->tables[0];
}

/* Fills `lines` from `order`, which it sorts; both have room for all tables. Returns how many. */
static size_t make_lines(const struct diff *diff, const struct changed_table **order,
                         struct diff_line *lines)
{
    size_t count = 0, next = 0;
    for (size_t i = 0; i < diff->count; i++)
        order[i] = &diff->tables[i];
    qsort(order, diff->count, sizeof(*order), by_place);
    for (size_t first = 0; first < diff->count; first = next) {
        for (next = first + 1;
             next < diff->count && compare_places(order[first], order[next]) == 0;)
            next++;
        bool is_one =
            next - first >= MANY_TABLES && telling_site(order[first]->newest->table) != DUMP_NONE;
        for (size_t i = first; i < next; i++) {
            if (i == first || !is_one)
                lines[count++] = (struct diff_line){.tables = &order[i]};
            lines[count - 1].count++;
            lines[count - 1].bytes += change_bytes(order[i]);
        }
    }
    qsort(lines, count, sizeof(*lines), by_change_then_bytes);
    return count;
}

/* The entries of many tables, where they are known of all; "-" where there is no table. */
static const char *live_of_all(char out[WORDS_BYTES], const struct diff_line *line, bool before)
{
    char count[FORMAT_BYTES];
    uint64_t live = 0;
    bool is_known = true, is_estimate = false, is_there = false;
    for (size_t i = 0; i < line->count; i++) {
        const struct judged_table *judged =
            before ? line->tables[i]->before : line->tables[i]->after;
        if (!judged)
            continue;
        is_there = true;
        is_known = is_known && judged->saving.known;
        is_estimate = is_estimate || live_is_estimate(judged->table);
        live += judged->table->live;
    }
    if (!is_there || !is_known)
        return "-";
    snprintf(out, WORDS_BYTES, "%s%s", is_estimate ? "about " : "", format_count(count, live));
    return out;
}

static void render_many(const struct diff_rendering *rendering, const struct diff_line *line)
{
    char name[WORDS_BYTES], place[PLACE_BYTES], before[WORDS_BYTES], after[WORDS_BYTES];
    char bytes[FORMAT_BYTES], difference[FORMAT_BYTES], tables[FORMAT_BYTES];
    uint64_t old_bytes = 0, new_bytes = 0;
    const struct changed_table *first = line->tables[0];
    for (size_t i = 0; i < line->count; i++) {
        old_bytes += bytes_of(line->tables[i]->before);
        new_bytes += bytes_of(line->tables[i]->after);
    }
    place_of(rendering, first, place);
    fprintf(rendering->out,
            "%-9s %12s  now %10s  live %s to %s  %s tables: %s in %s  %s and others%s%s\n",
            change_word(first->change), format_bytes_change(difference, old_bytes, new_bytes),
            format_bytes(bytes, new_bytes), live_of_all(before, line, true),
            live_of_all(after, line, false), format_count(tables, line->count),
            implementation_name(name, first->newest), place, first->newest->id,
            first->after ? "  " : "",
            first->after ? verdict_word(first->after->judgement.verdict) : "");
}

static void render_lines(const struct diff_rendering *rendering, const struct diff_line *lines,
                         size_t count)
{
    char tables[FORMAT_BYTES], smaller[FORMAT_BYTES];
    size_t left_out = 0;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].bytes < rendering->options->min_change)
            left_out += lines[i].count;
        else if (lines[i].count == 1)
            render_line(rendering, lines[i].tables[0]);
        else
            render_many(rendering, &lines[i]);
    }
    if (left_out)
        fprintf(rendering->out, "%s table%s changed by less than %s (--min-change)\n",
                format_count(tables, left_out), left_out == 1 ? "" : "s",
                format_bytes(smaller, rendering->options->min_change));
}

static void render_symbolizer_notes(const struct diff_rendering *rendering,
                                    const struct symbolizer *symbolizer)
{
    const char *const *notes;
    char text[512];
    size_t count = symbolizer_notes(symbolizer, &notes);
    for (size_t i = 0; i < count; i++) {
        printable(text, sizeof(text), notes[i]);
        fprintf(rendering->out, "note: %s\n", text);
    }
}

/* How far two builds can be compared, and what is missing for more. */
static void render_notes(const struct diff_rendering *rendering)
{
    const struct diff_builds *builds = rendering->builds;
    char module[256], old_tables[FORMAT_BYTES], new_tables[FORMAT_BYTES];
    if (builds->module) {
        printable(module, sizeof(module), builds->module);
        fprintf(rendering->out,
                "note: %s is another build: tables are matched by the functions they grew in\n",
                module);
        if (builds->unknown_before || builds->unknown_after)
            fprintf(rendering->out,
                    "note: no function is known of %s of the old and %s of the new tables, which "
                    "cannot be matched\n",
                    format_count(old_tables, builds->unknown_before),
                    format_count(new_tables, builds->unknown_after));
    }
    render_symbolizer_notes(rendering, rendering->before_symbols);
    render_symbolizer_notes(rendering, rendering->after_symbols);
}

static bool render_text_diff(const struct diff_rendering *rendering, struct error *error)
{
    const struct dump *old_dump = rendering->before->dump, *new_dump = rendering->after->dump;
    char tracked[FORMAT_BYTES], tables[FORMAT_BYTES], hollow[FORMAT_BYTES];
    char old_path[512], new_path[512], count[FORMAT_BYTES];
    size_t room = rendering->diff->count + 1;
    struct diff_line *lines = calloc(room, sizeof(*lines));
    const struct changed_table **order = calloc(room, sizeof(const struct changed_table *));
    if (!lines || !order) {
        free(lines);
        free(order);
        return error_no_memory(error, NULL);
    }
    printable(old_path, sizeof(old_path), old_dump->path);
    printable(new_path, sizeof(new_path), new_dump->path);
    fprintf(rendering->out, "from %s\nto   %s\n", old_path, new_path);
    fprintf(
        rendering->out, "tracked %s, in hash tables %s, hollow %s\n",
        format_bytes_change(tracked, old_dump->info.tracked_bytes, new_dump->info.tracked_bytes),
        format_bytes_change(tables, rendering->before->table_bytes, rendering->after->table_bytes),
        format_bytes_change(hollow, rendering->before->hollow_bytes,
                            rendering->after->hollow_bytes));
    render_lines(rendering, lines, make_lines(rendering->diff, order, lines));
    free(lines);
    free(order);
    fprintf(rendering->out, "%s table%s as before\n",
            format_count(count, rendering->diff->unchanged),
            rendering->diff->unchanged == 1 ? "" : "s");
    render_notes(rendering);
    return true;
}

static json_t *state_object(const struct judged_table *judged, bool *ok)
{
    const struct dump_table *table = judged->table;
    json_t *object = json_object();
    json_put_count(object, "bytes", table->bytes, ok);
    if (table->known & DUMP_KNOWN_CAPACITY)
        json_put_count(object, "capacity", table->capacity, ok);
    if (table->known & DUMP_KNOWN_LIVE)
        json_put_count(object, "live", table->live, ok);
    json_put_text(object, "verdict", verdict_word(judged->judgement.verdict), ok);
    return object;
}

static json_t *totals_object(const struct findings *findings, bool *ok)
{
    json_t *object = json_object();
    json_put_text(object, "dump", findings->dump->path, ok);
    json_put_count(object, "tracked_bytes", findings->dump->info.tracked_bytes, ok);
    json_put_count(object, "table_bytes", findings->table_bytes, ok);
    json_put_count(object, "hollow_bytes", findings->hollow_bytes, ok);
    return object;
}

static json_t *change_object(const struct diff_rendering *rendering,
                             const struct changed_table *changed, bool *ok)
{
    char place[PLACE_BYTES];
    json_t *object = json_object();
    place_of(rendering, changed, place);
    json_put_text(object, "change", change_word(changed->change), ok);
    json_put_text(object, "id", changed->newest->id, ok);
    json_put_text(object, "implementation", changed->newest->implementation, ok);
    json_put_text(object, "place", place, ok);
    json_put_count(object, "changed_bytes", change_bytes(changed), ok);
    if (changed->before)
        json_put(object, "before", state_object(changed->before, ok), ok);
    if (changed->after)
        json_put(object, "after", state_object(changed->after, ok), ok);
    return object;
}

static bool render_json_diff(const struct diff_rendering *rendering, struct error *error)
{
    bool ok = true;
    size_t left_out = 0;
    struct json_list tables;
    json_t *report = json_object(), *rest = json_object();
    json_put_text(report, "schema", "hashtrack-diff/1", &ok);
    json_put(report, "old", totals_object(rendering->before, &ok), &ok);
    json_put(report, "new", totals_object(rendering->after, &ok), &ok);
    json_list_begin(&tables, report, "tables", false, rendering->out);
    for (size_t i = 0; i < rendering->diff->count; i++) {
        const struct changed_table *changed = &rendering->diff->tables[i];
        if (change_bytes(changed) < rendering->options->min_change)
            left_out++;
        else
            json_list_add(&tables, change_object(rendering, changed, &ok));
    }
    json_put_count(rest, "smaller_changes", left_out, &ok);
    json_put_count(rest, "unchanged", rendering->diff->unchanged, &ok);
    return json_list_end(&tables, rest, ok, error);
}

bool render_diff(const struct diff *diff, const struct diff_sides *sides,
                 const struct diff_options *options, FILE *out, struct error *error)
{
    const struct diff_rendering rendering = {
        .diff = diff,
        .before = sides->before,
        .after = sides->after,
        .builds = &sides->builds,
        .options = options,
        .before_symbols = sides->before_symbols,
        .after_symbols = sides->after_symbols,
        .out = out,
    };
    return options->report.json ? render_json_diff(&rendering, error)
                                : render_text_diff(&rendering, error);
}
