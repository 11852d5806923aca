/*
 * Suppressions: see suppressions.h. Lines are read and patterns matched as compiler-rt does it
 * (sanitizer_suppressions.cpp, TemplateMatch), with these differences: what can only be a mistake
 * (no pattern, characters behind $) is an error, and as our function names have no parameters, a
 * pattern "f(int)" is also held against names without them.
 */
#include "suppressions.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function_key.h"
#include "sanitizer_types.h"

struct suppression {
    char *rule;               /* the line, trimmed */
    char *from;               /* file:line */
    const char *pattern;      /* in `rule` */
    char *without_parameters; /* of a pattern that has them: "f$", NULL otherwise */
};

struct suppressions {
    struct suppression *lines;
    size_t count;
};

static const char *const our_types[] = {"hollow", "leak"};

struct suppressions *suppressions_new(void)
{
    return calloc(1, sizeof(struct suppressions));
}

static void free_lines(struct suppressions *suppressions, size_t from)
{
    for (size_t i = from; i < suppressions->count; i++) {
        free(suppressions->lines[i].rule);
        free(suppressions->lines[i].from);
        free(suppressions->lines[i].without_parameters);
    }
    suppressions->count = from;
}

void suppressions_free(struct suppressions *suppressions)
{
    if (suppressions == NULL)
        return;
    free_lines(suppressions, 0);
    free(suppressions->lines);
    free(suppressions);
}

bool suppression_pattern_matches(const char *pattern, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return false;
    bool anchored = pattern[0] == '^';
    bool after_star = false;
    pattern += anchored;
    while (*pattern != '\0') {
        if (*pattern == '*') {
            pattern++;
            anchored = false;
            after_star = true;
            continue;
        }
        if (*pattern == '$')
            return text[0] == '\0' || after_star;
        size_t length = strcspn(pattern, "*$");
        const char *found = memmem(text, strlen(text), pattern, length);
        if (found == NULL || (anchored && found != text))
            return false;
        text = found + length;
        pattern += length;
        anchored = false;
        after_star = false;
    }
    return true;
}

/* --- reading --- */

struct place {
    const char *from;
    size_t line;
    struct error *error;
};

static bool bad_line(const struct place *place, const char *what, const char *about)
{
    return error_set(place->error, STATUS_USAGE, "%s:%zu: %s%s", place->from, place->line, about,
                     what);
}

static bool out_of_memory(const struct place *place)
{
    return error_set(place->error, STATUS_BAD_DUMP, "%s:%zu: out of memory", place->from,
                     place->line);
}

/* "f$" for "f(int)": our names end where the parameters begin. Empty when there are none. */
static char *drop_parameters(const char *pattern)
{
    const char *open = strchr(pattern, '(');
    while (open != NULL && (open == pattern || strncmp(open, "()(", 3) == 0 ||
                            !(isalnum((unsigned char)open[-1]) || open[-1] == '_' ||
                              open[-1] == '>' || open[-1] == ')')))
        open = strchr(open + 1, '(');
    if (open != NULL && strcmp(open, "()") == 0 && open - pattern >= 8 &&
        strncmp(open - 8, "operator", 8) == 0)
        open = NULL;
    if (open == NULL)
        return strdup("");
    char *shorter = strndup(pattern, (size_t)(open - pattern) + 1);
    if (shorter != NULL)
        shorter[open - pattern] = '$';
    return shorter;
}

static bool check_type(const struct place *place, const char *line, size_t length)
{
    for (size_t i = 0; i < sizeof(our_types) / sizeof(our_types[0]); i++) {
        if (strlen(our_types[i]) == length && memcmp(our_types[i], line, length) == 0)
            return true;
    }
    char type[64];
    snprintf(type, sizeof(type), "%.*s", (int)length, line);
    const char *tool = sanitizer_of_type(type);
    if (tool != NULL)
        return error_set(place->error, STATUS_USAGE,
                         "%s:%zu: \"%s:\" is a suppression of %s; hashtrack reads \"hollow:\" and "
                         "\"leak:\"",
                         place->from, place->line, type, tool);
    return error_set(place->error, STATUS_USAGE,
                     "%s:%zu: \"%s:\" is no type of suppression; hashtrack reads \"hollow:\" and "
                     "\"leak:\"",
                     place->from, place->line, type);
}

static bool check_pattern(const struct place *place, const char *pattern)
{
    if (pattern[0] == '\0' || strcmp(pattern, "^") == 0)
        return bad_line(place, "there is no pattern: it would suppress everything", "");
    const char *dollar = strchr(pattern, '$');
    if (dollar != NULL && dollar[1] != '\0')
        return bad_line(place, "$ is the end: nothing can match behind it", "");
    return true;
}

static bool add_line(struct suppressions *suppressions, const struct place *place, const char *line,
                     size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (colon == NULL)
        return bad_line(place, "a line is \"hollow:PATTERN\", \"leak:PATTERN\" or a # comment", "");
    if (!check_type(place, line, (size_t)(colon - line)))
        return false;

    struct suppression *grown =
        reallocarray(suppressions->lines, suppressions->count + 1, sizeof(*grown));
    if (grown == NULL)
        return out_of_memory(place);
    suppressions->lines = grown;
    struct suppression *added = &grown[suppressions->count++];
    *added = (struct suppression){.rule = strndup(line, length)};
    if (added->rule == NULL)
        return out_of_memory(place);
    added->pattern = added->rule + (colon - line) + 1;
    if (!check_pattern(place, added->pattern))
        return false;
    added->without_parameters = drop_parameters(added->pattern);
    if (asprintf(&added->from, "%s:%zu", place->from, place->line) < 0)
        added->from = NULL;
    return (added->from != NULL && added->without_parameters != NULL) || out_of_memory(place);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool add_lines(struct suppressions *suppressions, const char *from, const char *text,
                      struct error *error)
{
    struct place place = {from, 1, error};
    for (const char *line = text; *line != '\0'; place.line++) {
        const char *end = strchrnul(line, '\n');
        const char *next = *end != '\0' ? end + 1 : end;
        while (line < end && is_blank(*line))
            line++;
        while (end > line && is_blank(end[-1]))
            end--;
        if (line < end && *line != '#' &&
            !add_line(suppressions, &place, line, (size_t)(end - line)))
            return false;
        line = next;
    }
    return true;
}

bool suppressions_add_text(struct suppressions *suppressions, const char *from, const char *text,
                           struct error *error)
{
    size_t before = suppressions->count;
    bool added = add_lines(suppressions, from, text, error);
    if (!added)
        free_lines(suppressions, before);
    return added;
}

bool suppressions_add_file(struct suppressions *suppressions, const char *path, struct error *error)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(error, STATUS_USAGE, "%s: %s", path, strerror(errno));
    /* The whole file up to a zero byte, which a text has none of. */
    errno = 0;
    ssize_t length = getdelim(&text, &room, '\0', file);
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    bool added = true;
    if (failed || (length < 0 && why != 0))
        added = error_set(error, STATUS_USAGE, "%s: %s", path, strerror(why));
    else if (length > 0 && text[length - 1] == '\0')
        added = error_set(error, STATUS_USAGE, "%s: not a text: it has a zero byte in it", path);
    else if (length > 0)
        added = suppressions_add_text(suppressions, path, text, error);
    free(text);
    return added;
}

/* --- matching --- */

static bool matches_function(const struct suppression *line, const char *function)
{
    if (function == NULL)
        return false;
    if (suppression_pattern_matches(line->pattern, function))
        return true;
    char *key = function_key(function); /* as suppression_line_for() writes it */
    bool matches = key != NULL && suppression_pattern_matches(line->pattern, key);
    if (!matches && line->without_parameters[0] != '\0')
        matches = suppression_pattern_matches(line->without_parameters, function) ||
                  (key != NULL && suppression_pattern_matches(line->without_parameters, key));
    free(key);
    return matches;
}

static bool matches_frames(const struct suppression *line, const struct gate_frame *frames,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (suppression_pattern_matches(line->pattern, frames[i].module) ||
            suppression_pattern_matches(line->pattern, frames[i].file) ||
            matches_function(line, frames[i].function))
            return true;
    }
    return false;
}

ssize_t suppressions_match(const struct suppressions *suppressions,
                           const struct suppression_subject *subject)
{
    for (size_t i = 0; i < suppressions->count; i++) {
        const struct suppression *line = &suppressions->lines[i];
        if (suppression_pattern_matches(line->pattern, subject->owner) ||
            matches_frames(line, subject->frames, subject->frame_count) ||
            matches_frames(line, subject->birth, subject->birth_count))
            return (ssize_t)i;
    }
    return -1;
}

size_t suppressions_count(const struct suppressions *suppressions)
{
    return suppressions->count;
}

const char *suppression_rule(const struct suppressions *suppressions, size_t index)
{
    return suppressions->lines[index].rule;
}

const char *suppression_from(const struct suppressions *suppressions, size_t index)
{
    return suppressions->lines[index].from;
}
