/* Places in SARIF: see sarif_location.h. */
#include "sarif_location.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_place.h"
#include "check_words.h"
#include "json_text.h"
#include "sarif_text.h"
#include "text_buffer.h"

/* GitHub shows so many steps of a flow; what is left out is next to main(). */
#define STEPS_MAX 1000u

/* A path as part of a URI, whatever its bytes (RFC 3986, section 2.3). */
static json_t *uri_of(const char *before, const char *path, const char *after)
{
    struct text_buffer uri;
    text_begin(&uri);
    text_add(&uri, "%s", before);
    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        if (byte < 0x80 && (isalnum(byte) || strchr("/-._~", byte)))
            text_add(&uri, "%c", byte);
        else
            text_add(&uri, "%%%02X", byte);
    }
    text_add(&uri, "%s", after);
    char *text = text_end(&uri);
    json_t *value = text ? json_string(text) : NULL;
    free(text);
    return value;
}

json_t *sarif_bases(const struct source_root *root, bool *ok)
{
    json_t *base = json_object(), *bases = json_object();
    json_put(base, "uri", uri_of("file://", source_root_path(root), "/"), ok);
    json_put(bases, "%SRCROOT%", base, ok);
    return bases;
}

static json_t *source_artifact(const char *relative, bool *ok)
{
    json_t *artifact = json_object();
    json_put(artifact, "uri", uri_of("", relative, ""), ok);
    json_put_text(artifact, "uriBaseId", "%SRCROOT%", ok);
    return artifact;
}

/* NULL for what is no file, "[vdso]", and for a path that begins nobody knows where. */
static json_t *artifact_of(struct source_root *root, const char *path, bool *ok)
{
    const char *relative = source_path(root, path);
    if (relative)
        return source_artifact(relative, ok);
    if (!path || *path != '/')
        return NULL;
    json_t *artifact = json_object();
    json_put(artifact, "uri", uri_of("file://", path, ""), ok);
    return artifact;
}

/* Only the line is known. A region without its end goes to the end of the line. */
static json_t *region_of(int line, bool *ok)
{
    json_t *region = json_object();
    json_put(region, "startLine", json_integer(line), ok);
    json_put(region, "startColumn", json_integer(1), ok);
    json_put(region, "endLine", json_integer(line), ok);
    return region;
}

static void put_function(json_t *location, const char *function, bool *ok)
{
    json_t *logical = json_object(), *list = json_array();
    json_put_text(logical, "fullyQualifiedName", function, ok);
    json_put_text(logical, "kind", "function", ok);
    if (json_array_append_new(list, logical) != 0)
        *ok = false;
    json_put(location, "logicalLocations", list, ok);
}

json_t *sarif_finding_location(struct source_root *root, const struct gate_finding *finding,
                               bool *ok)
{
    struct check_place place;
    bool placed = check_place(root, finding, &place);
    json_t *artifact = placed            ? source_artifact(place.path, ok)
                       : finding->module ? artifact_of(root, finding->module, ok)
                                         : NULL;
    if (!artifact)
        artifact = artifact_of(root, finding->program, ok);
    if (!artifact)
        return NULL;
    json_t *physical = json_object(), *location = json_object();
    json_put(physical, "artifactLocation", artifact, ok);
    if (placed)
        json_put(physical, "region", region_of(place.line, ok), ok);
    json_put(location, "physicalLocation", physical, ok);
    if (finding->function && !(placed && place.caller))
        put_function(location, finding->function, ok);
    return location;
}

static json_t *frame_message(const struct gate_frame *frame)
{
    struct text_buffer words;
    text_begin(&words);
    if (words.out)
        words_frame(words.out, frame);
    if (frame->inlined)
        text_add(&words, " (inlined)");
    char *text = text_end(&words);
    json_t *message = sarif_message(text);
    free(text);
    return message;
}

/* NULL for a frame that lies in no file. */
static json_t *step_of(struct source_root *root, const struct gate_frame *frame, bool *ok)
{
    json_t *artifact = frame->line > 0 ? artifact_of(root, frame->file, ok) : NULL;
    json_t *physical = json_object(), *location = json_object(), *step = json_object();
    if (artifact) {
        json_put(physical, "region", region_of(frame->line, ok), ok);
    } else {
        artifact = artifact_of(root, frame->module, ok);
        json_t *address = json_object();
        json_put_count(address, "relativeAddress", frame->offset, ok);
        json_put(physical, "address", address, ok);
    }
    if (!artifact) {
        json_decref(physical);
        json_decref(location);
        json_decref(step);
        return NULL;
    }
    json_put(physical, "artifactLocation", artifact, ok);
    json_put(location, "physicalLocation", physical, ok);
    json_put(location, "message", frame_message(frame), ok);
    if (frame->function)
        put_function(location, frame->function, ok);
    json_put(step, "location", location, ok);
    if (frame->internal)
        json_put_text(step, "importance", "unimportant", ok);
    return step;
}

json_t *sarif_code_flow(struct source_root *root, const struct gate_finding *finding, bool *ok)
{
    size_t count = finding->frame_count < STEPS_MAX ? finding->frame_count : STEPS_MAX;
    json_t *steps = json_array();
    for (size_t i = count; i-- > 0;) {
        json_t *step = step_of(root, &finding->frames[i], ok);
        if (step && json_array_append_new(steps, step) != 0)
            *ok = false;
    }
    if (json_array_size(steps) == 0) {
        json_decref(steps);
        return NULL;
    }
    return json_pack("{s:{s:s}, s:[{s:o}]}", "message", "text",
                     "Where the table got its memory, main() first.", "threadFlows", "locations",
                     steps);
}
