/* The baseline as a file: read with suspicion, written in order. See baseline.h. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "atomic_file.h"
#include "baseline.h"
#include "date.h"
#include "json_text.h"
#include "verdict.h"

/* A hundred thousand findings. */
#define MAX_BASELINE_BYTES ((size_t)64 << 20)

#define TEXT_FIELD(name, needed)                                                                   \
    {                                                                                              \
#name, offsetof(struct baseline_entry, name), needed                                       \
    }

static const struct text_field {
    const char *key;
    size_t offset;
    bool needed;
} text_fields[] = {
    TEXT_FIELD(fingerprint, true), TEXT_FIELD(rule, true),     TEXT_FIELD(family, true),
    TEXT_FIELD(site, true),        TEXT_FIELD(owner, false),   TEXT_FIELD(program, false),
    TEXT_FIELD(reason, false),     TEXT_FIELD(expires, false),
};

#define TEXT_FIELD_COUNT (sizeof(text_fields) / sizeof(text_fields[0]))

static char **text_of(struct baseline_entry *entry, const struct text_field *field)
{
    return (char **)(void *)((char *)entry + field->offset);
}

struct line {
    const char *path;
    unsigned number;
    struct error *error;
};

static bool damaged(const struct line *line, const char *what)
{
    return error_set(line->error, STATUS_BAD_DUMP, "%s:%u: %s", line->path, line->number, what);
}

/* --- reading --- */

static bool knows_key(const char *key)
{
    if (strcmp(key, "bytes") == 0 || strcmp(key, "tables") == 0 || strcmp(key, "accepted") == 0)
        return true;
    for (size_t i = 0; i < TEXT_FIELD_COUNT; i++)
        if (strcmp(key, text_fields[i].key) == 0)
            return true;
    return false;
}

static bool check_keys(const struct line *line, json_t *object)
{
    const char *key;
    json_t *value;
    char what[160];
    json_object_foreach(object, key, value)
    {
        if (knows_key(key))
            continue;
        snprintf(what, sizeof(what), "there is no key \"%.100s\"", key);
        return damaged(line, what);
    }
    return true;
}

static bool is_rule(const char *text)
{
    for (enum verdict verdict = VERDICT_OK; verdict <= VERDICT_TOMBSTONES; verdict++)
        if (strcmp(text, verdict_word(verdict)) == 0)
            return verdict_is_finding(verdict);
    return false;
}

static bool check_entry(const struct line *line, const struct baseline_entry *entry)
{
    size_t length = strlen(entry->fingerprint);
    if (length == 0 || length >= FINGERPRINT_BYTES ||
        entry->fingerprint[strspn(entry->fingerprint, "0123456789abcdef-")] != '\0')
        return damaged(line, "\"fingerprint\" is none");
    if (!is_rule(entry->rule))
        return damaged(line, "\"rule\" is none of hollow, over-reserved and tombstones");
    if (entry->accepted && !entry->reason)
        return damaged(line, "accepted without a \"reason\"");
    if (entry->expires && !is_date(entry->expires))
        return damaged(line, "\"expires\" is no date (like \"2026-12-31\")");
    return true;
}

static bool take_entry(const struct line *line, json_t *object, struct baseline_entry *entry)
{
    const json_t *bytes = json_object_get(object, "bytes");
    const json_t *tables = json_object_get(object, "tables");
    const json_t *accepted = json_object_get(object, "accepted");
    char what[64];
    if (!check_keys(line, object))
        return false;
    for (size_t i = 0; i < TEXT_FIELD_COUNT; i++) {
        const json_t *value = json_object_get(object, text_fields[i].key);
        if (!value && !text_fields[i].needed)
            continue;
        snprintf(what, sizeof(what), "\"%s\" is missing or no text", text_fields[i].key);
        if (!json_is_string(value))
            return damaged(line, what);
        *text_of(entry, &text_fields[i]) = strdup(json_string_value(value));
        if (!*text_of(entry, &text_fields[i]))
            return damaged(line, "out of memory");
    }
    if (!json_is_integer(bytes) || json_integer_value(bytes) < 0)
        return damaged(line, "\"bytes\" is missing or no number of bytes");
    if (tables && (!json_is_integer(tables) || json_integer_value(tables) < 1))
        return damaged(line, "\"tables\" is no number of tables");
    if (accepted && !json_is_boolean(accepted))
        return damaged(line, "\"accepted\" is neither true nor false");
    entry->bytes = (uint64_t)json_integer_value(bytes);
    entry->tables = (uint64_t)json_integer_value(tables);
    entry->accepted = json_is_true(accepted);
    entry->line = line->number;
    return check_entry(line, entry);
}

static bool add_entry(const struct line *line, json_t *object, struct baseline *baseline)
{
    struct baseline_entry *more =
        realloc(baseline->entries, (baseline->count + 1) * sizeof(*baseline->entries));
    if (!more)
        return damaged(line, "out of memory");
    baseline->entries = more;
    more[baseline->count] = (struct baseline_entry){0};
    return take_entry(line, object, &more[baseline->count++]);
}

static bool check_schema(const struct line *line, const json_t *object)
{
    const char *schema = json_string_value(json_object_get(object, "schema"));
    if (!schema || strncmp(schema, "hashtrack-baseline/", strlen("hashtrack-baseline/")) != 0)
        return damaged(line,
                       "this is no baseline: it begins with {\"schema\": \"" BASELINE_SCHEMA "\"}");
    return strcmp(schema, BASELINE_SCHEMA) == 0 || damaged(line, "written by a newer hashtrack");
}

static bool take_line(const struct line *line, const char *text, size_t length,
                      struct baseline *baseline)
{
    static const char *const conflict[] = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"};
    json_error_t why;
    for (size_t i = 0; i < sizeof(conflict) / sizeof(conflict[0]); i++)
        if (length >= 7 && memcmp(text, conflict[i], 7) == 0)
            return damaged(line, "a merge conflict is not resolved: keep the lines of both sides, "
                                 "of equal fingerprints the one that is right");
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    bool good;
    if (!json_is_object(object))
        good = error_set(line->error, STATUS_BAD_DUMP, "%s:%u: no JSON object%s%s", line->path,
                         line->number, object ? "" : ": ", object ? "" : why.text);
    else if (line->number == 1)
        good = check_schema(line, object);
    else
        good = add_entry(line, object, baseline);
    json_decref(object);
    return good;
}

static int by_fingerprint(const void *left, const void *right)
{
    const struct baseline_entry *a = left, *b = right;
    int order = strcmp(a->fingerprint, b->fingerprint);
    return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

static void sort_entries(struct baseline *baseline)
{
    if (baseline->count)
        qsort(baseline->entries, baseline->count, sizeof(*baseline->entries), by_fingerprint);
}

static bool check_twins(const char *path, const struct baseline *baseline, struct error *error)
{
    for (size_t i = 1; i < baseline->count; i++) {
        const struct baseline_entry *first = &baseline->entries[i - 1];
        const struct baseline_entry *second = &baseline->entries[i];
        if (strcmp(first->fingerprint, second->fingerprint) == 0)
            return error_set(error, STATUS_BAD_DUMP,
                             "%s:%u: %s stands in line %u already; keep the one that is right",
                             path, second->line, second->fingerprint, first->line);
    }
    return true;
}

bool baseline_parse(const char *path, const char *text, size_t bytes, struct baseline *baseline,
                    struct error *error)
{
    struct line line = {.path = path, .error = error};
    *baseline = (struct baseline){.path = strdup(path), .exists = true};
    if (!baseline->path)
        return error_no_memory(error, path);
    const char *end = text + bytes;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        size_t kept = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        line.number++;
        if ((kept > 0 || line.number == 1) && !take_line(&line, text, kept, baseline))
            return false;
        text += length + (newline ? 1 : 0);
    }
    if (line.number == 0)
        return error_set(error, STATUS_BAD_DUMP, "%s:1: the file is empty", path);
    sort_entries(baseline);
    return check_twins(path, baseline, error);
}

bool baseline_load(const char *path, struct baseline *baseline, struct error *error)
{
    FILE *file = fopen(path, "re");
    *baseline = (struct baseline){0};
    if (!file && errno == ENOENT) {
        baseline->path = strdup(path);
        return baseline->path || error_no_memory(error, path);
    }
    if (!file)
        return error_set(error, STATUS_BAD_DUMP, "%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t used = 0, room = 0;
    const char *why = NULL;
    while (!why && !feof(file)) {
        if (used == room) {
            room = room ? 2 * room : 1 << 16;
            char *more = room <= MAX_BASELINE_BYTES ? realloc(text, room) : NULL;
            why = more ? NULL : "too large for a baseline";
            text = more ? more : text;
        }
        if (!why)
            used += fread(text + used, 1, room - used, file);
        if (ferror(file))
            why = strerror(errno);
    }
    fclose(file);
    bool loaded = why ? error_set(error, STATUS_BAD_DUMP, "%s: %s", path, why)
                      : baseline_parse(path, text, used, baseline, error);
    free(text);
    return loaded;
}

/* --- writing --- */

static bool write_line(FILE *out, json_t *object, bool ok)
{
    ok = ok && object && json_dumpf(object, out, JSON_SORT_KEYS) == 0 && fputc('\n', out) != EOF;
    json_decref(object);
    return ok;
}

static bool write_entry(FILE *out, struct baseline_entry *entry)
{
    bool ok = true;
    json_t *object = json_object();
    for (size_t i = 0; i < TEXT_FIELD_COUNT; i++)
        if (*text_of(entry, &text_fields[i]))
            json_put_text(object, text_fields[i].key, *text_of(entry, &text_fields[i]), &ok);
    json_put_count(object, "bytes", entry->bytes, &ok);
    if (entry->tables)
        json_put_count(object, "tables", entry->tables, &ok);
    if (entry->accepted)
        json_put(object, "accepted", json_true(), &ok);
    return write_line(out, object, ok);
}

bool baseline_store(struct baseline *baseline, struct error *error)
{
    struct atomic_file file;
    bool ok = true;
    sort_entries(baseline);
    if (!atomic_file_open(baseline->path, &file, error))
        return false;
    json_t *head = json_object();
    json_put_text(head, "schema", BASELINE_SCHEMA, &ok);
    ok = write_line(file.out, head, ok);
    for (size_t i = 0; ok && i < baseline->count; i++)
        ok = write_entry(file.out, &baseline->entries[i]);
    if (!ok && !ferror(file.out)) {
        atomic_file_discard(&file);
        return error_set(error, STATUS_BAD_DUMP, "cannot write %s: out of memory", baseline->path);
    }
    if (!atomic_file_commit(&file, error))
        return false;
    baseline->exists = true;
    return true;
}

void baseline_free(struct baseline *baseline)
{
    for (size_t i = 0; i < baseline->count; i++)
        for (size_t k = 0; k < TEXT_FIELD_COUNT; k++)
            free(*text_of(&baseline->entries[i], &text_fields[k]));
    free(baseline->entries);
    free(baseline->path);
    *baseline = (struct baseline){0};
}
