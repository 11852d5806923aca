/* A JSON document with one long list in it: see json_list.h. */
#include "json_list.h"

#include <stdlib.h>
#include <string.h>

#define INDENT "    " /* of an element: in a list, in an object */

static size_t flags_of(const struct json_list *list)
{
    return JSON_TEXT_FLAGS | (list->one_line ? JSON_COMPACT : JSON_INDENT(2));
}

static void write_text(struct json_list *list, const char *text)
{
    list->is_written = list->is_written && fputs(text, list->out) != EOF;
}

/* An object's members as jansson writes them, without the brackets around them. */
static void write_members(struct json_list *list, json_t *object)
{
    char *text = object ? json_dumps(object, flags_of(list)) : NULL;
    size_t after = list->one_line ? strlen("}") : strlen("\n}");
    size_t length = text ? strlen(text) : 0;
    list->is_written = list->is_written && length > after &&
                       fwrite(text + 1, 1, length - 1 - after, list->out) == length - 1 - after;
    free(text);
    json_decref(object);
}

void json_list_begin(struct json_list *list, json_t *head, const char *key, bool one_line,
                     FILE *out)
{
    *list = (struct json_list){.out = out, .one_line = one_line, .is_written = true};
    write_text(list, "{");
    write_members(list, head);
    write_text(list, one_line ? ",\"" : ",\n  \"");
    write_text(list, key);
    write_text(list, one_line ? "\":[" : "\": [");
}

/* Lines of an element are indented as jansson would, had it the whole document. No string has a
 * line break in it: JSON writes it as \n. */
static int write_indented(const char *text, size_t bytes, void *data)
{
    FILE *out = data;
    while (bytes > 0) {
        const char *end = memchr(text, '\n', bytes);
        size_t line = end ? (size_t)(end - text) + 1 : bytes;
        if (fwrite_unlocked(text, 1, line, out) != line)
            return -1;
        if (end && fputs_unlocked(INDENT, out) == EOF)
            return -1;
        text += line;
        bytes -= line;
    }
    return 0;
}

void json_list_add(struct json_list *list, json_t *element)
{
    const char *separator = list->one_line ? "," : ",\n" INDENT;
    const char *first = list->one_line ? "" : "\n" INDENT;
    write_text(list, list->has_elements ? separator : first);
    list->has_elements = true;
    list->is_written = list->is_written && element &&
                       json_dump_callback(element, write_indented, list->out, flags_of(list)) == 0;
    json_decref(element);
}

bool json_list_end(struct json_list *list, json_t *tail, bool ok, struct error *error)
{
    write_text(list, list->has_elements && !list->one_line ? "\n  ]" : "]");
    if (tail) {
        write_text(list, ",");
        write_members(list, tail);
    }
    write_text(list, list->one_line ? "}\n" : "\n}\n");
    return (ok && list->is_written) ||
           (ok ? error_set(error, STATUS_USAGE, "the report cannot be written")
               : error_no_memory(error, NULL));
}
