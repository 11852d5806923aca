/* Building JSON from text of others: see json_text.h. */
#include "json_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "printable.h"

void json_put(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

void json_put_text(json_t *object, const char *key, const char *text, bool *ok)
{
    char *valid = valid_utf8(text);
    json_put(object, key, valid ? json_string(valid) : NULL, ok);
    free(valid);
}

json_t *json_frame(const char *function, const char *file, int line, const char *module, bool *ok)
{
    json_t *frame = json_object();
    if (function)
        json_put_text(frame, "function", function, ok);
    if (file)
        json_put_text(frame, "file", file, ok);
    if (line)
        json_put(frame, "line", json_integer(line), ok);
    if (module)
        json_put_text(frame, "module", module, ok);
    return frame;
}

void json_put_count(json_t *object, const char *key, uint64_t count, bool *ok)
{
    json_put(object, key, json_integer(count < INT64_MAX ? (json_int_t)count : INT64_MAX), ok);
}

void json_put_address(json_t *object, const char *key, uint64_t address, bool *ok)
{
    char text[32];
    snprintf(text, sizeof(text), "0x%" PRIx64, address);
    json_put(object, key, json_string(text), ok);
}

void json_put_seconds(json_t *object, const char *key, uint64_t milliseconds, bool *ok)
{
    json_put(object, key, json_real((double)milliseconds / 1000), ok);
}

bool json_write(json_t *document, bool ok, bool one_line, FILE *out, struct error *error)
{
    size_t flags = JSON_TEXT_FLAGS | (one_line ? JSON_COMPACT : JSON_INDENT(2));
    bool written =
        ok && document && json_dumpf(document, out, flags) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    return written || (ok ? error_set(error, STATUS_USAGE, "the report cannot be written")
                          : error_no_memory(error, NULL));
}

void json_write_piece(json_t *value, FILE *out, bool *ok)
{
    size_t flags = JSON_TEXT_FLAGS | JSON_COMPACT | JSON_ENCODE_ANY;
    if (!value || (*ok && json_dumpf(value, out, flags) != 0))
        *ok = false;
    json_decref(value);
}
