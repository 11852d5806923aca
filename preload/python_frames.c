/*
 * Reading CPython's own stack: see python_frames.h.
 *
 * The interpreter's functions are found by weak references, so the library needs no Python. Its
 * frames are read only by the thread that holds the interpreter's lock (its thread state is the
 * current one): nothing there changes meanwhile, every frame is alive and so is what it refers to,
 * and they are read directly. Before that they are tried once through the reader, for a build of
 * CPython may have moved its fields: then there are no lines. The functions that are called here
 * (PyCode_Addr2Line, PyFrame_GetLineNumber, _PyThreadState_UncheckedGet) read, and neither allocate
 * nor lock (CPython 3.8 to 3.13, Objects/codeobject.c, frameobject.c, Python/pystate.c).
 */
#include "python_frames.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "script_places.h"
#include "thread.h"

#define MOST_LINES  6u  /* of a call stack: who called whom further out is seldom asked */
#define MOST_LOOKED 64u /* frames, with those of the interpreter's own between them */
#define FIRST_MINOR 8
#define NOWHERE     0xffffu

extern char PyCode_Type __attribute__((weak));
extern char PyUnicode_Type __attribute__((weak));
void *_PyThreadState_UncheckedGet(void) __attribute__((weak));
void *PyThreadState_GetUnchecked(void) __attribute__((weak)); /* its name since 3.13 */
const char *Py_GetVersion(void) __attribute__((weak));
int PyCode_Addr2Line(void *code, int offset) __attribute__((weak));
int PyFrame_GetLineNumber(void *frame) __attribute__((weak));
void *_PyEval_EvalFrameDefault(void) __attribute__((weak));

/* Offsets in PyThreadState, in _PyCFrame, in a frame (PyFrameObject to 3.10, _PyInterpreterFrame
 * since), in PyCodeObject; NOWHERE when there is no such field. Printed by programs compiled with
 * the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1 and 3.13.0 for x86-64. */
static const struct python_layout {
    uint16_t thread_id, frame, frame_in_cframe;
    uint16_t code, previous, instruction, owner;
    uint16_t file, function, lines, first_instruction;
    uint16_t ascii_bytes, compact_bytes; /* sizes of PyASCIIObject, PyCompactUnicodeObject */
} layouts[] = {
    {176, 24, NOWHERE, 32, 24, 104, NOWHERE, 104, 112, 120, NOWHERE, 48, 72}, /* 3.8 */
    {176, 24, NOWHERE, 32, 24, 104, NOWHERE, 104, 112, 120, NOWHERE, 48, 72}, /* 3.9 */
    {176, 24, NOWHERE, 32, 24, 96, NOWHERE, 104, 112, 120, NOWHERE, 48, 72},  /* 3.10 */
    {152, 56, 8, 32, 48, 56, 69, 112, 128, 136, 184, 48, 72},                 /* 3.11 */
    {136, 56, 0, 0, 8, 56, 70, 112, 128, 136, 192, 40, 56},                   /* 3.12 */
    {152, 72, NOWHERE, 0, 8, 56, 70, 112, 128, 136, 200, 40, 56},             /* 3.13 */
};

/* Objects/object.h: the type is behind the count; unicodeobject.h: length, hash, state. */
#define TYPE_OFFSET   8u
#define LENGTH_OFFSET 16u
#define STATE_OFFSET  32u

/* Include/internal/pycore_frame.h: enum _frameowner. */
#define OWNED_BY_C_STACK 3

enum python_state { NOT_TRIED, TRYING, USABLE, UNUSABLE };

static struct {
    _Atomic int state; /* enum python_state */
    const struct python_layout *layout;
    uintptr_t loop_start, loop_end; /* _PyEval_EvalFrameDefault */
} python;

void python_frames_start(void)
{
    Dl_info info;
    void *symbol = NULL;
    python.state = UNUSABLE;
    if (!Py_GetVersion || !PyCode_Addr2Line || !PyFrame_GetLineNumber ||
        !_PyEval_EvalFrameDefault || !&PyCode_Type || !&PyUnicode_Type ||
        (!_PyThreadState_UncheckedGet && !PyThreadState_GetUnchecked))
        return;
    if (dladdr1((void *)_PyEval_EvalFrameDefault, &info, &symbol, RTLD_DL_SYMENT) == 0 || !symbol)
        return;
    python.loop_start = (uintptr_t)_PyEval_EvalFrameDefault;
    python.loop_end = python.loop_start + ((const ElfW(Sym) *)symbol)->st_size;
    python.state = NOT_TRIED;
}

static void *pointer_at(const void *object, uint32_t offset)
{
    void *pointer;
    memcpy(&pointer, (const char *)object + offset, sizeof(pointer));
    return pointer;
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

/* A code object with two names, of which neither is empty. */
static bool is_code(struct memory_reader *reader, const struct python_layout *layout, uint64_t code)
{
    const uint32_t names[] = {layout->file, layout->function};
    if (!has_type(reader, code, &PyCode_Type))
        return false;
    for (int i = 0; i < 2; i++) {
        uint64_t name, length;
        if (!read_pointer(reader, code, names[i], &name) ||
            !has_type(reader, name, &PyUnicode_Type) ||
            !read_pointer(reader, name, LENGTH_OFFSET, &length) || length == 0 || length > 1u << 20)
            return false;
    }
    return true;
}

/* False when the innermost frames are not what they should be; *found says whether one with code of
 * a script was among them. */
static bool fits(const struct python_layout *layout, const void *thread, bool *found)
{
    struct memory_reader reader = process_reader(0);
    uint64_t id, frame, code, previous;
    *found = false;
    if (!read_pointer(&reader, (uintptr_t)thread, layout->thread_id, &id) ||
        id != (uint64_t)pthread_self())
        return true; /* of another thread: nothing is known yet */
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

static bool is_usable(const void *thread)
{
    int state = atomic_load_explicit(&python.state, memory_order_acquire);
    if (state == USABLE)
        return true;
    int expected = NOT_TRIED;
    if (state != NOT_TRIED || !thread ||
        !atomic_compare_exchange_strong(&python.state, &expected, TRYING))
        return false;
    python.layout = find_layout();
    bool found = false;
    bool good = python.layout && fits(python.layout, thread, &found);
    state = !good ? UNUSABLE : found ? USABLE : NOT_TRIED;
    if (state == UNUSABLE)
        counter_add(&hashtrack_registry.counters, COUNTER_PYTHON_UNKNOWN);
    atomic_store_explicit(&python.state, state, memory_order_release);
    return state == USABLE;
}

/* --- names --- */

/* Appends a character as UTF-8 (RFC 3629); false when there is no room. */
static bool append(char *out, size_t out_bytes, size_t *used, uint32_t character)
{
    char bytes[4];
    size_t count = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = count; i-- > 1; character >>= 6)
        bytes[i] = (char)(0x80 | (character & 0x3f));
    bytes[0] = (char)(first[count] | character);
    if (*used + count >= out_bytes)
        return false;
    memcpy(out + *used, bytes, count);
    *used += count;
    return true;
}

/* A str as text; nothing when it does not fit, for half a path would name another file. */
static void copy_text(char *out, size_t out_bytes, const void *text)
{
    const struct python_layout *layout = python.layout;
    uint64_t length;
    uint32_t state; /* interned: 2 bits, kind: 3, compact: 1, ascii: 1 (3.8 to 3.13) */
    size_t used = 0;
    memset(out, 0, out_bytes);
    if (pointer_at(text, TYPE_OFFSET) != (void *)&PyUnicode_Type)
        return;
    memcpy(&length, (const char *)text + LENGTH_OFFSET, sizeof(length));
    memcpy(&state, (const char *)text + STATE_OFFSET, sizeof(state));
    uint32_t kind = state >> 2 & 7, is_compact = state >> 5 & 1, is_ascii = state >> 6 & 1;
    if (!is_compact || length >= out_bytes || (kind != 1 && kind != 2 && kind != 4))
        return;
    const char *characters =
        (const char *)text + (is_ascii ? layout->ascii_bytes : layout->compact_bytes);
    for (uint64_t i = 0; i < length; i++) {
        uint32_t character = 0;
        memcpy(&character, characters + i * kind, kind);
        if (character == 0 || !append(out, out_bytes, &used, character)) {
            memset(out, 0, out_bytes);
            return;
        }
    }
}

/* --- every time --- */

static const void *innermost_frame(const void *thread)
{
    const struct python_layout *layout = python.layout;
    const void *frame = pointer_at(thread, layout->frame);
    if (layout->frame_in_cframe != NOWHERE && frame)
        frame = pointer_at(frame, layout->frame_in_cframe);
    return frame;
}

static uint32_t place_of(const void *frame, const void *code)
{
    const struct python_layout *layout = python.layout;
    bool has_instructions = layout->first_instruction != NOWHERE;
    uint64_t instruction = (uint64_t)(uintptr_t)pointer_at(frame, layout->instruction);
    /* To 3.10 it is an int, f_lasti. Since then a pointer into the code object. */
    instruction = has_instructions
                      ? instruction - ((uint64_t)(uintptr_t)code + layout->first_instruction)
                      : (uint32_t)instruction;
    struct script_place place = {
        .key =
            {
                .code = (uint64_t)(uintptr_t)code,
                .instruction = instruction,
                .file = (uint64_t)(uintptr_t)pointer_at(code, layout->file),
                .function = (uint64_t)(uintptr_t)pointer_at(code, layout->function),
                .lines = (uint64_t)(uintptr_t)pointer_at(code, layout->lines),
            },
    };
    uint32_t known = script_place_find(&hashtrack_registry, &place.key);
    if (known != 0)
        return known;
    place.line = has_instructions ? PyCode_Addr2Line((void *)code, (int)instruction)
                                  : PyFrame_GetLineNumber((void *)frame);
    copy_text(place.file, sizeof(place.file), pointer_at(code, layout->file));
    copy_text(place.function, sizeof(place.function), pointer_at(code, layout->function));
    return script_place_add(&hashtrack_registry, &place);
}

/* Whether the thread state is this thread's. It is asked for while the interpreter's loop is on
 * this thread's stack, so its own thread state is alive and no other can have its address. Another
 * thread's may be freed meanwhile: that one is read through the reader. */
static bool is_own(const void *thread)
{
    uint64_t id;
    struct memory_reader reader = process_reader(0);
    if (thread_state.python_thread == thread)
        return true;
    if (!read_pointer(&reader, (uintptr_t)thread, python.layout->thread_id, &id) ||
        id != (uint64_t)pthread_self())
        return false;
    thread_state.python_thread = thread;
    return true;
}

/* The places that this thread is at, innermost first; a recursion's repeats once. */
static uint32_t read_places(uint32_t places[MOST_LINES])
{
    const void *thread = current_thread();
    if (!thread || !is_usable(thread) || !is_own(thread))
        return 0;
    const struct python_layout *layout = python.layout;
    uint32_t count = 0;
    const void *frame = innermost_frame(thread);
    for (uint32_t looked = 0; frame && count < MOST_LINES && looked < MOST_LOOKED; looked++) {
        const void *code = pointer_at(frame, layout->code);
        bool is_script = (layout->owner == NOWHERE ||
                          ((const uint8_t *)frame)[layout->owner] != OWNED_BY_C_STACK) &&
                         code && pointer_at(code, TYPE_OFFSET) == (void *)&PyCode_Type;
        uint32_t place = is_script ? place_of(frame, code) : 0;
        if (place != 0 && (count == 0 || places[count - 1] != place))
            places[count++] = place;
        frame = pointer_at(frame, layout->previous);
    }
    return count;
}

uint32_t python_frames_insert(void **frames, uint32_t count, uint32_t depth)
{
    if (python.state == UNUSABLE)
        return count;
    uint32_t places[MOST_LINES];
    uint32_t at = 0;
    while (at < count &&
           ((uintptr_t)frames[at] < python.loop_start || (uintptr_t)frames[at] >= python.loop_end))
        at++;
    if (at == count) /* another language's thread, or the interpreter outside of any script */
        return count;
    at++;
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
