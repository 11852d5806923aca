/* Where something happened, in words: see place.h. */
#include "place.h"

#include <inttypes.h>
#include <string.h>

#include "printable.h"
#include "rows.h"

#define FUNCTION_COLUMNS 44u
#define LINE_COLUMNS     7u /* ":12345" and a space before the path */

/* The directory and the name: enough to find a file by, short enough for a headline. */
static const char *path_end(const char *path)
{
    const char *base = path_base(path);
    if (base - path < 2)
        return path;
    const char *from = base - 1;
    while (from > path && from[-1] != '/')
        from--;
    return from;
}

/* Length of a name's piece that must be copied whole though it has brackets in it; 0 when the text
 * does not begin with one. */
static size_t whole_piece(const char *text)
{
    static const char *const pieces[] = {
        "operator()",
        "operator<<=",
        "operator>>=",
        "operator<=>",
        "operator<<",
        "operator>>",
        "operator<=",
        "operator>=",
        "operator->*",
        "operator->",
        "operator<",
        "operator>",
        "(anonymous namespace)",
        /* Python's: "load.<locals>.<lambda>" */
        "<locals>",
        "<lambda>",
        "<module>",
        "<listcomp>",
        "<dictcomp>",
        "<setcomp>",
        "<genexpr>",
    };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        if (strncmp(text, pieces[i], strlen(pieces[i])) == 0)
            return strlen(pieces[i]);
    return 0;
}

/* The text after the bracket that closes the one at `text`. */
static const char *after_brackets(const char *text, char open, char close)
{
    unsigned depth = 0;
    for (; *text; text++) {
        if (*text == open)
            depth++;
        else if (*text == close && text[-1] != '-' && --depth == 0)
            return text + 1;
    }
    return text;
}

void short_function(char *out, size_t out_bytes, const char *function)
{
    const char *from = function;
    size_t used = 0;
    while (*from && used + 2 < out_bytes) {
        size_t whole = whole_piece(from);
        if (whole == 0 && *from == '(')
            break; /* the parameters: nothing of the name follows */
        if (whole == 0 && *from == '{') {
            whole = (size_t)(after_brackets(from, '{', '}') - from); /* {lambda(int)#1} */
        } else if (whole == 0 && *from == '<' && from == function) {
            whole = (size_t)(after_brackets(from, '<', '>') - from); /* Rust: <T as Trait>::f */
        } else if (whole == 0 && *from == '<') {
            out[used++] = '<';
            out[used++] = '>';
            from = after_brackets(from, '<', '>');
            continue;
        }
        size_t length = whole ? whole : 1;
        if (used + length >= out_bytes)
            length = out_bytes - 1 - used;
        memcpy(out + used, from, length);
        used += length;
        from += length;
    }
    out[used] = '\0';
    if (used == 0)
        snprintf(out, out_bytes, "%s", function);
}

/* "Cache::insert", or where it is when it has no name. */
static void frame_name(const struct symbol_frame *frame, bool whole, char *out, size_t out_bytes)
{
    char name[PLACE_BYTES];
    if (frame->function && whole)
        snprintf(name, sizeof(name), "%s", frame->function);
    else if (frame->function)
        short_function(name, sizeof(name), frame->function);
    else if (frame->module)
        snprintf(name, sizeof(name), "%s+0x%" PRIx64, path_base(frame->module), frame->offset);
    else if (frame->is_script)
        snprintf(name, sizeof(name), "a function whose name is not known");
    else
        snprintf(name, sizeof(name), "0x%" PRIx64, frame->offset);
    printable(out, out_bytes, name);
}

static const struct symbol_frame *first_own_frame(const struct symbol_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!frames[i].internal)
            return &frames[i];
    return count ? &frames[0] : NULL;
}

const struct symbol_frame *own_frame_of_site(struct symbolizer *symbolizer, const struct dump *dump,
                                             uint32_t site)
{
    const struct symbol_frame *frames = NULL;
    size_t count = site == DUMP_NONE ? 0 : symbolizer_site(symbolizer, dump, site, &frames);
    return first_own_frame(frames, count);
}

void place_of_site(struct symbolizer *symbolizer, const struct dump *dump, uint32_t site,
                   char out[PLACE_BYTES])
{
    const struct symbol_frame *frame = own_frame_of_site(symbolizer, dump, site);
    if (!frame) {
        snprintf(out, PLACE_BYTES, "an unknown place");
        return;
    }
    char name[PLACE_BYTES / 2];
    frame_name(frame, false, name, sizeof(name));
    if (frame->file) {
        char file[PLACE_BYTES / 4];
        printable(file, sizeof(file), path_end(frame->file));
        snprintf(out, PLACE_BYTES, "%s (%s:%d)", name, file, frame->line);
    } else {
        snprintf(out, PLACE_BYTES, "%s", name);
    }
}

/* What a stack's line has left for the path of a file. */
static size_t path_columns(const struct terminal *terminal)
{
    unsigned taken = ROW_INDENT + ROW_LABEL_WIDTH + FUNCTION_COLUMNS + LINE_COLUMNS;
    return terminal->width > taken ? terminal->width - taken : 0;
}

/* Drops directories from the left until the path takes at most so many columns; the name stays. */
static void cut_path(char *path, size_t columns, const char *ellipsis)
{
    const char *kept = path;
    while (text_columns(kept) + text_columns(ellipsis) > columns) {
        const char *slash = strchr(kept + 1, '/');
        if (!slash)
            break;
        kept = slash;
    }
    if (text_columns(path) > columns && strlen(ellipsis) <= (size_t)(kept - path)) {
        char cut[PLACE_BYTES];
        snprintf(cut, sizeof(cut), "%s%s", ellipsis, kept);
        memcpy(path, cut, strlen(cut) + 1); /* shorter than what it replaces */
    }
}

static const char *how_it_was_there(const struct symbol_frame *frame)
{
    if (frame->inlined)
        return " (inlined)";
    return frame->tail_call ? " (tail call)" : "";
}

static void render_frame(const struct rendering *rendering, const char *label,
                         const struct symbol_frame *frame)
{
    bool whole = rendering->options->all_frames;
    char name[PLACE_BYTES], where[PLACE_BYTES] = "";
    frame_name(frame, whole, name, sizeof(name));
    if (!whole)
        cut_to_columns(name, FUNCTION_COLUMNS, terminal_ellipsis(&rendering->terminal));
    if (frame->file) {
        char file[PLACE_BYTES - 32];
        printable(file, sizeof(file), frame->file);
        if (!whole)
            cut_path(file, path_columns(&rendering->terminal),
                     terminal_ellipsis(&rendering->terminal));
        snprintf(where, sizeof(where), "%s:%d", file, frame->line);
    } else if (frame->function && frame->module) {
        printable(where, sizeof(where), path_base(frame->module));
    }
    size_t columns = text_columns(name);
    size_t padding = columns < FUNCTION_COLUMNS ? FUNCTION_COLUMNS - columns : 0;
    row(rendering->out, &rendering->terminal, label, "%s%*s %s%s", name, *where ? (int)padding : 0,
        "", where, whole ? how_it_was_there(frame) : "");
}

void render_stack(const struct rendering *rendering, const char *label, uint32_t site)
{
    const struct symbol_frame *frames = NULL;
    size_t count = site == DUMP_NONE ? 0
                                     : symbolizer_site(rendering->symbolizer,
                                                       rendering->findings->dump, site, &frames);
    if (count == 0) {
        row(rendering->out, &rendering->terminal, label,
            "an unknown place: no call stack was read");
        return;
    }
    size_t folded = 0;
    for (size_t i = 0; i < count; i++) {
        if (frames[i].internal && !rendering->options->all_frames) {
            folded++;
            continue;
        }
        render_frame(rendering, label, &frames[i]);
        label = "";
    }
    if (folded)
        row(rendering->out, &rendering->terminal, "",
            "(%zu frame%s of containers, allocator and start-up folded: --all-frames)", folded,
            folded == 1 ? "" : "s");
}
