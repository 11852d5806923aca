/*
 * Reading CPython's own stack: see python_frames.h.
 *
 * The interpreter's functions are found by weak references, so the library needs no Python. Its
 * frames are read only by the thread that holds the interpreter's lock (its thread state is the
 * current one): nothing there changes meanwhile, every frame is alive and so is what it refers to,
 * and they are read directly. Before that they are tried once through the reader, for a build of
 * CPython may have moved its fields: then there are no lines. The functions that are called here
 * (PyCode_Addr2Line, Py_GetVersion, _PyThreadState_UncheckedGet, PyGILState_GetThisThreadState)
 * read, and neither allocate nor lock (CPython 3.8 to 3.13, Objects/codeobject.c, Python/pystate.c,
 * Python/getversion.c).
 *
 * Lines are missing where the call came from a part of the loop that the compiler moved out of it
 * (".cold" has no symbol): the handling of errors, nearly all of it.
 */
#include "python_frames.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "glibc.h"
#include "reader.h"
#include "script_places.h"

#define MOST_LINES       6u  /* of a call stack: who called whom further out is seldom asked */
#define MOST_LOOKED      64u /* frames, with those of the interpreter's own between them */
#define FIRST_MINOR      8
#define FIRST_PER_THREAD 12 /* from here on each thread has a current thread state of its own */
#define NOWHERE          0xffffu

extern char PyCode_Type __attribute__((weak));
extern char PyUnicode_Type __attribute__((weak));
extern char PyBytes_Type __attribute__((weak));
void *_PyThreadState_UncheckedGet(void) __attribute__((weak));
void *PyThreadState_GetUnchecked(void) __attribute__((weak)); /* its name since 3.13 */
void *PyGILState_GetThisThreadState(void) __attribute__((weak));
const char *Py_GetVersion(void) __attribute__((weak));
int PyCode_Addr2Line(void *code, int offset) __attribute__((weak));
void *_PyEval_EvalFrameDefault(void) __attribute__((weak));

/* Offsets in PyThreadState, in _PyCFrame, in a frame (PyFrameObject to 3.10, _PyInterpreterFrame
 * since), in PyCodeObject; NOWHERE when there is no such field. Printed by programs compiled with
 * the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1 and 3.13.0 for x86-64. */
static const struct python_layout {
    uint16_t thread_id, frame, frame_in_cframe;
    uint16_t code, previous, instruction, owner;
    uint16_t instruction_bytes; /* what a frame counts instructions in */
    uint16_t first_line, file, name, function, lines, first_instruction;
    uint16_t ascii_bytes, compact_bytes; /* sizes of PyASCIIObject, PyCompactUnicodeObject */
} layouts[] = {
    {176, 24, NOWHERE, 32, 24, 104, NOWHERE, 1, 40, 104, 112, 112, 120, NOWHERE, 48, 72}, /* 3.8 */
    {176, 24, NOWHERE, 32, 24, 104, NOWHERE, 1, 40, 104, 112, 112, 120, NOWHERE, 48, 72}, /* 3.9 */
    {176, 24, NOWHERE, 32, 24, 96, NOWHERE, 2, 40, 104, 112, 112, 120, NOWHERE, 48, 72},  /* 3.10 */
    {152, 56, 8, 32, 48, 56, 69, 1, 72, 112, 120, 128, 136, 184, 48, 72},                 /* 3.11 */
    {136, 56, 0, 0, 8, 56, 70, 1, 68, 112, 120, 128, 136, 192, 40, 56},                   /* 3.12 */
    {152, 72, NOWHERE, 0, 8, 56, 70, 1, 68, 112, 120, 128, 136, 200, 40, 56},             /* 3.13 */
};

/* Objects/object.h: the type is behind the count, then the length of those that have one;
 * unicodeobject.h: length, hash, state; bytesobject.h: length, hash, bytes. */
#define TYPE_OFFSET   8u
#define LENGTH_OFFSET 16u
#define STATE_OFFSET  32u
#define BYTES_OFFSET  32u

/* Include/internal/pycore_frame.h: enum _frameowner. */
#define OWNED_BY_C_STACK 3

/* Longer than any: what is there is something else. */
#define MOST_TEXT_LENGTH  ((uint64_t)1 << 20)
#define MOST_LINES_LENGTH ((uint64_t)1 << 28)

/* Of a table of lines that is longer, of some thousand lines in one function, only as much is
 * compared at both ends, and where it lies. */
#define HASHED_LINES_LENGTH 8192u

/* Finding a line reads the function's table from its beginning. In all, as much as takes about a
 * second: a function of a hundred thousand lines, each of which allocates, would take minutes. */
#define MOST_LINES_READ ((uint64_t)128 << 20)

static struct {
    bool is_there;                                /* CPython is a part of the program */
    _Atomic bool is_unknown;                      /* another version than those above */
    _Atomic(const struct python_layout *) layout; /* NULL until it was tried */
    uintptr_t loop_start, loop_end;               /* _PyEval_EvalFrameDefault */
    _Atomic uint64_t lines_read;                  /* bytes of tables of lines */
} python;

void python_frames_start(void)
{
    Dl_info info;
    void *symbol = NULL;
    if (!Py_GetVersion || !PyCode_Addr2Line || !_PyEval_EvalFrameDefault || !&PyCode_Type ||
        !&PyUnicode_Type || !&PyBytes_Type ||
        (!_PyThreadState_UncheckedGet && !PyThreadState_GetUnchecked))
        return;
    if (dladdr1((void *)_PyEval_EvalFrameDefault, &info, &symbol, RTLD_DL_SYMENT) == 0 || !symbol)
        return;
    python.loop_start = (uintptr_t)_PyEval_EvalFrameDefault;
    python.loop_end = python.loop_start + ((const ElfW(Sym) *)symbol)->st_size;
    python.is_there = true;
}

static void *pointer_at(const void *object, uint32_t offset)
{
    void *pointer;
    memcpy(&pointer, (const char *)object + offset, sizeof(pointer));
    return pointer;
}

static uint64_t length_of(const void *object)
{
    uint64_t length;
    memcpy(&length, (const char *)object + LENGTH_OFFSET, sizeof(length));
    return length;
}

/* The layout of the version that runs here. "3.11.2 (main, ...)"; a build without the global lock
 * ("3.13.0 experimental free-threading build") has other structures. */
static const struct python_layout *find_layout(void)
{
    const char *version = Py_GetVersion();
    if (!version || strncmp(version, "3.", 2) != 0 || strstr(version, "free-threading"))
        return NULL;
    long minor = strtol(version + 2, NULL, 10);
    size_t count = sizeof(layouts) / sizeof(layouts[0]);
    return minor >= FIRST_MINOR && (size_t)(minor - FIRST_MINOR) < count
               ? &layouts[minor - FIRST_MINOR]
               : NULL;
}

static const void *current_thread(void)
{
    return _PyThreadState_UncheckedGet ? _PyThreadState_UncheckedGet()
                                       : PyThreadState_GetUnchecked();
}

/* --- the first time: is everything where it should be? --- */

static bool read_pointer(struct memory_reader *reader, uint64_t object, uint32_t offset,
                         uint64_t *pointer)
{
    return reader->read(reader, object + offset, pointer, sizeof(*pointer));
}

static bool has_type(struct memory_reader *reader, uint64_t object, const void *type)
{
    uint64_t found;
    return read_pointer(reader, object, TYPE_OFFSET, &found) && found == (uint64_t)(uintptr_t)type;
}

/* A code object with two names, of which neither is empty, and its table of lines. */
static bool is_code(struct memory_reader *reader, const struct python_layout *layout, uint64_t code)
{
    const uint32_t names[] = {layout->file, layout->name, layout->function};
    uint64_t lines, length;
    if (!has_type(reader, code, &PyCode_Type))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint64_t name;
        if (!read_pointer(reader, code, names[i], &name) ||
            !has_type(reader, name, &PyUnicode_Type) ||
            !read_pointer(reader, name, LENGTH_OFFSET, &length) || length == 0 ||
            length > MOST_TEXT_LENGTH)
            return false;
    }
    return read_pointer(reader, code, layout->lines, &lines) &&
           has_type(reader, lines, &PyBytes_Type) &&
           read_pointer(reader, lines, LENGTH_OFFSET, &length) && length <= MOST_LINES_LENGTH;
}

/* False when the innermost frames of this thread are not what they should be; *found says whether
 * one with code of a script was among them. */
static bool fits(const struct python_layout *layout, const void *thread, bool *found)
{
    struct memory_reader reader = process_reader(0);
    uint64_t frame, code, previous;
    *found = false;
    if (!read_pointer(&reader, (uintptr_t)thread, layout->frame, &frame))
        return false;
    if (layout->frame_in_cframe != NOWHERE &&
        (frame == 0 || !read_pointer(&reader, frame, layout->frame_in_cframe, &frame)))
        return false;
    for (uint32_t i = 0; frame != 0 && i < MOST_LINES; i++, frame = previous) {
        uint8_t owner = 0;
        if (!read_pointer(&reader, frame, layout->code, &code) ||
            !read_pointer(&reader, frame, layout->previous, &previous) ||
            (layout->owner != NOWHERE && !reader.read(&reader, frame + layout->owner, &owner, 1)))
            return false;
        if (owner == OWNED_BY_C_STACK)
            continue;
        if (!is_code(&reader, layout, code))
            return false;
        *found = true;
    }
    return true;
}

/* Whether the thread state is this thread's. To 3.11 all threads share what says which one is
 * current; another thread's may be freed meanwhile, and this one's former address be another's by
 * now, so it is asked each time. What CPython keeps as this thread's, in thread-specific data, is
 * alive, but a thread in a sub-interpreter has another one: that is asked through the reader. */
static bool is_own(const struct python_layout *layout, const void *thread)
{
    uint64_t id = 0;
    if (layout >= &layouts[FIRST_PER_THREAD - FIRST_MINOR])
        return true;
    if (PyGILState_GetThisThreadState && PyGILState_GetThisThreadState() == thread) {
        memcpy(&id, (const char *)thread + layout->thread_id, sizeof(id));
    } else {
        struct memory_reader reader = process_reader(0);
        if (!read_pointer(&reader, (uintptr_t)thread, layout->thread_id, &id))
            return false;
    }
    return id == (uint64_t)pthread_self();
}

/* The layout for this thread's frames; NULL when they cannot be read. */
static const struct python_layout *usable_layout(const void *thread)
{
    const struct python_layout *layout = atomic_load_explicit(&python.layout, memory_order_acquire);
    if (layout)
        return is_own(layout, thread) ? layout : NULL;
    layout = find_layout();
    if (layout && !is_own(layout, thread))
        return NULL;
    bool found = false;
    if (!layout || !fits(layout, thread, &found)) {
        if (!atomic_exchange(&python.is_unknown, true))
            counter_add(&hashtrack_registry.counters, COUNTER_PYTHON_UNKNOWN);
        return NULL;
    }
    if (!found)
        return NULL; /* nothing is known yet */
    atomic_store_explicit(&python.layout, layout, memory_order_release);
    return layout;
}

/* --- names --- */

/* Appends a character as UTF-8 (RFC 3629); false when there is no room. */
static bool append(char *out, size_t out_bytes, size_t *used, uint32_t character)
{
    char bytes[4];
    size_t count = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (character >= 0xdc80 && character <= 0xdcff) { /* a byte that was no UTF-8 (PEP 383) */
        count = 1;
        character &= 0xff;
    } else {
        for (size_t i = count; i-- > 1; character >>= 6)
            bytes[i] = (char)(0x80 | (character & 0x3f));
        character |= first[count];
    }
    bytes[0] = (char)character;
    if (*used + count >= out_bytes)
        return false;
    memcpy(out + *used, bytes, count);
    *used += count;
    return true;
}

/* The characters of a str: kind bytes each; NULL when they are elsewhere. */
static const char *characters_of(const struct python_layout *layout, const void *text,
                                 uint64_t *length, uint32_t *kind)
{
    uint32_t state; /* interned: 2 bits, kind: 3, compact: 1, ascii: 1 (3.8 to 3.13) */
    if (!text || pointer_at(text, TYPE_OFFSET) != (void *)&PyUnicode_Type)
        return NULL;
    *length = length_of(text);
    memcpy(&state, (const char *)text + STATE_OFFSET, sizeof(state));
    *kind = state >> 2 & 7;
    uint32_t is_compact = state >> 5 & 1, is_ascii = state >> 6 & 1;
    if (!is_compact || *length > MOST_TEXT_LENGTH || (*kind != 1 && *kind != 2 && *kind != 4))
        return NULL;
    return (const char *)text + (is_ascii ? layout->ascii_bytes : layout->compact_bytes);
}

/* A str as text; nothing when it does not fit, for half a path would name another file. */
static bool copy_text(const struct python_layout *layout, char *out, size_t out_bytes,
                      const void *text)
{
    uint64_t length = 0;
    uint32_t kind = 0;
    size_t used = 0;
    const char *characters = characters_of(layout, text, &length, &kind);
    memset(out, 0, out_bytes);
    for (uint64_t i = 0; characters && i < length; i++) {
        uint32_t character = 0;
        memcpy(&character, characters + i * kind, kind);
        if (character == 0 || !append(out, out_bytes, &used, character)) {
            memset(out, 0, out_bytes);
            return false;
        }
    }
    return used > 0;
}

static uint64_t hash_text(const struct python_layout *layout, const void *text)
{
    uint64_t length = 0;
    uint32_t kind = 0;
    const char *characters = characters_of(layout, text, &length, &kind);
    return characters ? script_hash(characters, length * kind) : 0;
}

static uint64_t hash_lines(const void *lines)
{
    const char *table = (const char *)lines + BYTES_OFFSET;
    uint64_t length = length_of(lines);
    if (length <= 2 * HASHED_LINES_LENGTH)
        return script_hash(table, length);
    const uint64_t parts[] = {
        length,
        (uint64_t)(uintptr_t)table,
        script_hash(table, HASHED_LINES_LENGTH),
        script_hash(table + length - HASHED_LINES_LENGTH, HASHED_LINES_LENGTH),
    };
    return script_hash((const char *)parts, sizeof(parts));
}

/* --- every time --- */

static const void *innermost_frame(const struct python_layout *layout, const void *thread)
{
    const void *frame = pointer_at(thread, layout->frame);
    if (layout->frame_in_cframe != NOWHERE && frame)
        frame = pointer_at(frame, layout->frame_in_cframe);
    return frame;
}

/* How far the frame has come in its code, in bytes; -1 before its first instruction. To 3.10 there
 * is an int, f_lasti; since then a pointer into the code object, whose length is that of its code.
 */
static bool find_instruction(const struct python_layout *layout, const void *frame,
                             const void *code, int32_t *out)
{
    if (layout->first_instruction == NOWHERE) {
        memcpy(out, (const char *)frame + layout->instruction, sizeof(*out));
        *out = *out < 0 ? -1 : *out * layout->instruction_bytes;
        return true;
    }
    int64_t bytes = (const char *)pointer_at(frame, layout->instruction) -
                    ((const char *)code + layout->first_instruction);
    *out = bytes < 0 ? -1 : (int32_t)bytes;
    return bytes >= -2 && bytes < INT32_MAX && (bytes < 0 || (uint64_t)bytes / 2 < length_of(code));
}

/* The number of the line that a frame is at; 0 when there is none. */
static uint32_t place_of(const struct python_layout *layout, const void *frame, const void *code)
{
    struct script_place place = {.line = 0};
    const void *lines = pointer_at(code, layout->lines);
    if (!find_instruction(layout, frame, code, &place.key.instruction) || !lines ||
        pointer_at(lines, TYPE_OFFSET) != (void *)&PyBytes_Type ||
        length_of(lines) > MOST_LINES_LENGTH)
        return 0;
    memcpy(&place.key.first_line, (const char *)code + layout->first_line,
           sizeof(place.key.first_line));
    place.key.file = hash_text(layout, pointer_at(code, layout->file));
    place.key.function = hash_text(layout, pointer_at(code, layout->function));
    place.key.lines = hash_lines(lines);
    uint32_t known = script_place_find(&hashtrack_registry, &place.key);
    if (known != 0)
        return known;
    if (atomic_load_explicit(&python.lines_read, memory_order_relaxed) > MOST_LINES_READ ||
        script_places_are_full(&hashtrack_registry)) {
        counter_add(&hashtrack_registry.counters, COUNTER_SCRIPT_PLACES_DROPPED);
        return 0;
    }
    atomic_fetch_add_explicit(&python.lines_read, length_of(lines), memory_order_relaxed);
    place.line = PyCode_Addr2Line((void *)code, place.key.instruction);
    copy_text(layout, place.file, sizeof(place.file), pointer_at(code, layout->file));
    if (!copy_text(layout, place.function, sizeof(place.function),
                   pointer_at(code, layout->function)))
        copy_text(layout, place.function, sizeof(place.function), pointer_at(code, layout->name));
    return script_place_add(&hashtrack_registry, &place);
}

/* The places that this thread is at, innermost first; a recursion's repeats once. */
static uint32_t read_places(uint32_t places[MOST_LINES])
{
    const void *thread = current_thread();
    const struct python_layout *layout = thread ? usable_layout(thread) : NULL;
    if (!layout)
        return 0;
    uint32_t count = 0;
    const void *frame = innermost_frame(layout, thread);
    for (uint32_t looked = 0; frame && count < MOST_LINES && looked < MOST_LOOKED; looked++) {
        const void *code = pointer_at(frame, layout->code);
        bool is_script = (layout->owner == NOWHERE ||
                          ((const uint8_t *)frame)[layout->owner] != OWNED_BY_C_STACK) &&
                         code && pointer_at(code, TYPE_OFFSET) == (void *)&PyCode_Type;
        uint32_t place = is_script ? place_of(layout, frame, code) : 0;
        if (is_script && place == 0)
            break; /* those further out would seem to have done what this one did */
        if (place != 0 && (count == 0 || places[count - 1] != place))
            places[count++] = place;
        frame = pointer_at(frame, layout->previous);
    }
    return count;
}

uint32_t python_frames_insert(void **frames, uint32_t count, uint32_t depth, bool *is_script)
{
    *is_script = false;
    if (!python.is_there || atomic_load_explicit(&python.is_unknown, memory_order_relaxed))
        return count;
    uint32_t places[MOST_LINES];
    uint32_t at = 0;
    while (at < count &&
           ((uintptr_t)frames[at] < python.loop_start || (uintptr_t)frames[at] >= python.loop_end))
        at++;
    if (at == count) /* another language's thread, or the interpreter outside of any script */
        return count;
    at++;
    *is_script = true;
    uint32_t added = read_places(places);
    if (added > depth - at)
        added = depth - at;
    uint32_t behind = count - at;
    if (behind > depth - at - added)
        behind = depth - at - added;
    memmove(frames + at + added, frames + at, behind * sizeof(frames[0]));
    for (uint32_t i = 0; i < added; i++)
        frames[at + i] = (void *)(uintptr_t)script_frame_address(places[i]);
    return at + added + behind;
}
