/*
 * What one dump adds to the gate, as JSON and back: see gate_record.h. The fields of a finding
 * stand in one table, so that what is written is read again.
 */
#include "gate_record.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

/* --- a finding's fields --- */

enum field_kind { TEXT, COUNT, SIZE, LINE, FLAG };

#define FIELD(kind, name)                                                                          \
    {                                                                                              \
#name, kind, offsetof(struct gate_finding, name)                                           \
    }
#define NAMED_FIELD(kind, name, key)                                                               \
    {                                                                                              \
        key, kind, offsetof(struct gate_finding, name)                                             \
    }

static const struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
} fields[] = {
    FIELD(TEXT, implementation),
    FIELD(TEXT, owner),
    FIELD(TEXT, owner_name),
    FIELD(TEXT, function),
    FIELD(TEXT, file),
    FIELD(LINE, line),
    FIELD(TEXT, module),
    FIELD(TEXT, program),
    FIELD(TEXT, dump),
    FIELD(SIZE, dumps),
    FIELD(SIZE, tables),
    NAMED_FIELD(COUNT, saving, "saves_bytes"),
    NAMED_FIELD(COUNT, saving_at_most, "saves_bytes_at_most"),
    NAMED_FIELD(COUNT, baseline, "baseline_bytes"),
    FIELD(COUNT, bytes),
    FIELD(COUNT, capacity),
    FIELD(COUNT, live),
    FIELD(COUNT, live_at_least),
    FIELD(COUNT, live_at_most),
    NAMED_FIELD(COUNT, peak_live, "peak_live_at_least"),
    FIELD(FLAG, grown),
    FIELD(FLAG, estimated),
    FIELD(FLAG, freed_at_end),
    FIELD(FLAG, near_limit),
    FIELD(FLAG, over_limit),
    FIELD(TEXT, action),
    FIELD(TEXT, how),
    FIELD(TEXT, cost),
    FIELD(TEXT, reason),
    FIELD(TEXT, expires),
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* Keys of what is not known are left out; a number that is 0 because it is not known as well. */
static bool means_nothing_as_zero(const struct field *field)
{
    return field->offset == offsetof(struct gate_finding, baseline) ||
           field->offset == offsetof(struct gate_finding, peak_live) || field->kind == LINE;
}

static void put_field(json_t *object, const struct field *field, const void *value, bool *ok)
{
    uint64_t number = field->kind == COUNT  ? *(const uint64_t *)value
                      : field->kind == SIZE ? *(const size_t *)value
                      : field->kind == LINE ? (uint64_t) * (const int *)value
                                            : 0;
    if (field->kind == TEXT) {
        if (*(char *const *)value)
            json_put_text(object, field->key, *(char *const *)value, ok);
    } else if (field->kind == FLAG) {
        json_put(object, field->key, json_boolean(*(const bool *)value), ok);
    } else if (number || !means_nothing_as_zero(field)) {
        json_put_count(object, field->key, number, ok);
    }
}

static json_t *frames_to_json(const struct gate_frame *frames, size_t count, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *frame =
            json_frame(frames[i].function, frames[i].file, frames[i].line, frames[i].module, ok);
        if (frames[i].module || frames[i].offset) /* else a line of a script */
            json_put_address(frame, "offset", frames[i].offset, ok);
        if (frames[i].inlined)
            json_put(frame, "inlined", json_true(), ok);
        if (frames[i].internal)
            json_put(frame, "internal", json_true(), ok);
        if (json_array_append_new(list, frame) != 0)
            *ok = false;
    }
    return list;
}

static json_t *texts_to_json(char *const *texts, size_t count, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *holder = json_object();
        json_put_text(holder, "text", texts[i], ok);
        if (json_array_append(list, json_object_get(holder, "text")) != 0)
            *ok = false;
        json_decref(holder);
    }
    return list;
}

json_t *gate_finding_to_json(const struct gate_finding *finding, bool *ok)
{
    json_t *object = json_object();
    json_put_text(object, "fingerprint", finding->fingerprint, ok);
    json_put_text(object, "rule", verdict_word(finding->verdict), ok);
    json_put_text(object, "state", gate_state_word(finding->state), ok);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        put_field(object, &fields[i], (const char *)finding + fields[i].offset, ok);
    if (finding->other_owner_count)
        json_put(object, "other_owners",
                 texts_to_json(finding->other_owners, finding->other_owner_count, ok), ok);
    json_put(object, "functions", texts_to_json(finding->functions, finding->function_count, ok),
             ok);
    json_put(object, "frames", frames_to_json(finding->frames, finding->frame_count, ok), ok);
    return object;
}

json_t *gate_dump_to_json(const struct gate_dump *dump, bool *ok)
{
    json_t *object = json_object(), *hollow = json_array();
    if (dump->program)
        json_put_text(object, "program", dump->program, ok);
    json_put(object, "read", json_boolean(dump->read), ok);
    json_put_text(object, "error", dump->error.text, ok);
    json_put(object, "status", json_integer(dump->error.status), ok);
    json_put_count(object, "unseen", dump->unseen, ok);
    json_put_count(object, "pid", dump->pid, ok);
    if (dump->why)
        json_put_text(object, "why", dump->why, ok);
    json_put_count(object, "tables", dump->tables, ok);
    json_put_count(object, "largest_quiet", dump->largest_quiet, ok);
    json_put_count(object, "largest_bytes", dump->largest_bytes, ok);
    if (dump->largest_table)
        json_put_text(object, "largest_table", dump->largest_table, ok);
    if (dump->suppressions)
        json_put_text(object, "suppressions", dump->suppressions, ok);
    json_put(object, "warnings", texts_to_json(dump->warnings, dump->warning_count, ok), ok);
    for (size_t i = 0; i < dump->hollow_count; i++) {
        json_t *table = gate_finding_to_json(&dump->hollow[i].finding, ok);
        json_put(table, "birth",
                 frames_to_json(dump->hollow[i].birth, dump->hollow[i].birth_count, ok), ok);
        if (json_array_append_new(hollow, table) != 0)
            *ok = false;
    }
    json_put(object, "hollow", hollow, ok);
    json_t *grown = json_array();
    for (size_t i = 0; i < dump->grown_count; i++)
        if (json_array_append_new(grown, json_pack("[s, I]", dump->grown[i].fingerprint,
                                                   (json_int_t)dump->grown[i].bytes)) != 0)
            *ok = false;
    json_put(object, "grown", grown, ok);
    return object;
}

/* --- back --- */

static bool take_text(const json_t *object, const char *key, char **out)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return true;
    *out = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    return *out;
}

static bool take_count(const json_t *object, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(object, key);
    if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
        return false;
    *out = value ? (uint64_t)json_integer_value(value) : 0;
    return true;
}

static bool take_line(const json_t *object, int *out)
{
    uint64_t line;
    if (!take_count(object, "line", &line) || line > INT32_MAX)
        return false;
    *out = (int)line;
    return true;
}

static bool take_frame(const json_t *object, struct gate_frame *frame)
{
    const json_t *known = json_object_get(object, "offset");
    const char *offset = json_string_value(known);
    frame->offset = offset ? strtoull(offset, NULL, 16) : 0;
    frame->inlined = json_is_true(json_object_get(object, "inlined"));
    frame->internal = json_is_true(json_object_get(object, "internal"));
    return (offset || !known) && take_text(object, "function", &frame->function) &&
           take_text(object, "file", &frame->file) && take_line(object, &frame->line) &&
           take_text(object, "module", &frame->module);
}

static bool take_frames(const json_t *list, struct gate_frame **frames, size_t *count)
{
    size_t wanted = json_array_size(list);
    *frames = calloc(wanted + 1, sizeof(**frames));
    bool good = *frames && json_is_array(list);
    for (*count = 0; good && *count < wanted; ++*count)
        good = take_frame(json_array_get(list, *count), &(*frames)[*count]);
    return good;
}

bool text_list_add(char ***list, size_t *count, const char *text)
{
    char **more = realloc(*list, (*count + 1) * sizeof(*more));
    if (!more)
        return false;
    *list = more;
    more[*count] = strdup(text);
    if (!more[*count])
        return false;
    ++*count;
    return true;
}

void text_list_free(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static bool take_texts(const json_t *list, char ***texts, size_t *count)
{
    bool good = json_is_array(list);
    for (size_t i = 0; good && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        good = text && text_list_add(texts, count, text);
    }
    return good;
}

static bool take_field(const json_t *object, const struct field *field, void *value)
{
    uint64_t number = 0;
    switch (field->kind) {
    case TEXT:
        return take_text(object, field->key, value);
    case LINE:
        return take_line(object, value);
    case FLAG:
        *(bool *)value = json_is_true(json_object_get(object, field->key));
        return true;
    case COUNT:
    case SIZE:
        if (!take_count(object, field->key, &number))
            return false;
        if (field->kind == COUNT)
            *(uint64_t *)value = number;
        else
            *(size_t *)value = (size_t)number;
        return true;
    }
    return false;
}

static bool take_verdict(const json_t *object, enum verdict *verdict)
{
    const char *word = json_string_value(json_object_get(object, "rule"));
    for (enum verdict candidate = VERDICT_OK; word && candidate <= VERDICT_TOMBSTONES; candidate++)
        if (strcmp(word, verdict_word(candidate)) == 0) {
            *verdict = candidate;
            return verdict_is_finding(candidate);
        }
    return false;
}

static bool take_table(const json_t *object, struct gate_table *table)
{
    struct gate_finding *finding = &table->finding;
    const char *fingerprint = json_string_value(json_object_get(object, "fingerprint"));
    if (!fingerprint || strlen(fingerprint) >= sizeof(finding->fingerprint) ||
        !take_verdict(object, &finding->verdict))
        return false;
    memcpy(finding->fingerprint, fingerprint, strlen(fingerprint) + 1);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!take_field(object, &fields[i], (char *)finding + fields[i].offset))
            return false;
    return take_texts(json_object_get(object, "functions"), &finding->functions,
                      &finding->function_count) &&
           take_frames(json_object_get(object, "frames"), &finding->frames,
                       &finding->frame_count) &&
           take_frames(json_object_get(object, "birth"), &table->birth, &table->birth_count);
}

static bool take_grown(const json_t *list, struct gate_dump *dump)
{
    size_t count = json_array_size(list);
    dump->grown = calloc(count + 1, sizeof(*dump->grown));
    for (size_t i = 0; dump->grown && i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        const char *fingerprint = json_string_value(json_array_get(pair, 0));
        json_int_t bytes = json_integer_value(json_array_get(pair, 1));
        struct gate_grown *grown = &dump->grown[dump->grown_count++];
        if (!fingerprint || strlen(fingerprint) >= FINGERPRINT_BYTES || bytes < 0)
            return false;
        snprintf(grown->fingerprint, sizeof(grown->fingerprint), "%s", fingerprint);
        grown->bytes = (uint64_t)bytes;
    }
    return dump->grown;
}

bool gate_dump_from_json(const json_t *object, struct gate_dump *dump)
{
    const json_t *hollow = json_object_get(object, "hollow");
    const char *error = json_string_value(json_object_get(object, "error"));
    uint64_t tables = 0, status = 0, unseen = 0, pid = 0;
    if (!error || !json_is_array(hollow) || !take_count(object, "status", &status) ||
        !take_text(object, "program", &dump->program) || !take_count(object, "tables", &tables) ||
        !take_count(object, "unseen", &unseen) || !take_count(object, "pid", &pid) ||
        !take_text(object, "why", &dump->why) ||
        !take_count(object, "largest_quiet", &dump->largest_quiet) ||
        !take_count(object, "largest_bytes", &dump->largest_bytes) ||
        !take_text(object, "largest_table", &dump->largest_table) ||
        !take_text(object, "suppressions", &dump->suppressions) ||
        !take_texts(json_object_get(object, "warnings"), &dump->warnings, &dump->warning_count) ||
        !take_grown(json_object_get(object, "grown"), dump))
        return false;
    snprintf(dump->error.text, sizeof(dump->error.text), "%s", error);
    dump->error.status = (enum exit_status)status;
    dump->read = json_is_true(json_object_get(object, "read"));
    dump->tables = (size_t)tables;
    dump->unseen = (uint32_t)unseen;
    dump->pid = (uint32_t)pid;
    dump->hollow = calloc(json_array_size(hollow) + 1, sizeof(*dump->hollow));
    bool good = dump->hollow;
    for (size_t i = 0; good && i < json_array_size(hollow); i++) {
        dump->hollow_count = i + 1; /* to be freed even where it was read in part */
        good = take_table(json_array_get(hollow, i), &dump->hollow[i]);
    }
    return good;
}

/* --- the end --- */

static void free_frames(struct gate_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(frames[i].function);
        free(frames[i].file);
        free(frames[i].module);
    }
    free(frames);
}

static void free_table(struct gate_table *table)
{
    struct gate_finding *finding = &table->finding;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].kind == TEXT)
            free(*(char **)(void *)((char *)finding + fields[i].offset));
    text_list_free(finding->functions, finding->function_count);
    free_frames(finding->frames, finding->frame_count);
    free_frames(table->birth, table->birth_count);
}

void gate_dump_free(struct gate_dump *dump)
{
    for (size_t i = 0; i < dump->hollow_count; i++)
        free_table(&dump->hollow[i]);
    free(dump->hollow);
    free(dump->grown);
    free(dump->path);
    free(dump->program);
    free(dump->why);
    free(dump->largest_table);
    free(dump->suppressions);
    text_list_free(dump->warnings, dump->warning_count);
    *dump = (struct gate_dump){0};
}
