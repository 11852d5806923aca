/*
 * Folding: a frame is internal by its name or module (fold_patterns.h), as a repetition of the
 * frame inside it, or as a part of the way to main() at the outer end.
 */
#include "fold.h"

#include <stdbool.h>
#include <string.h>

#include "path_base.h"
#include "symbols.h"

#define ANY NULL

static const struct {
    const char *family;
    const char *module;
    const char *function;
} patterns[] = {
#define FOLD(family, module, function) {family, module, function},
#include "fold_patterns.h"
#undef FOLD
};

/* How a process or a thread gets to the program's first function. Folded only from the outside in:
 * a program may well call one of its own functions "start_thread". */
static const char *const start_up[] = {
    "_start",
    "__libc_start_main*",
    "__libc_start_call_main",
    "clone",
    "clone3",
    "__clone*",
    "start_thread",
    "thread_start",
    "execute_native_thread_routine",
    "Py_BytesMain",
    "Py_RunMain",
    "pymain_*",
    "_PyRun_SimpleFile*",
    "_PyRun_AnyFile*",
    "pyrun_file",
    "run_mod",
    "run_eval_code_obj",
    "PyEval_EvalCode",
    "PyRun_*",
};

/* Whether the first letter already rules the pattern out: it does so for nearly all of some 300. */
static bool differs_at_once(const char *pattern, const char *name)
{
    return pattern != ANY && pattern[0] != '*' && (name == NULL || pattern[0] != name[0]);
}

static bool fits(const char *pattern, const char *name)
{
    if (pattern == ANY)
        return true;
    if (name == NULL)
        return false;
    size_t length = strlen(pattern);
    if (pattern[length - 1] == '*')
        return strncmp(name, pattern, length - 1) == 0;
    return strcmp(name, pattern) == 0;
}

/* Rust writes <&mut alloc::vec::Vec<T> as Trait>::f for a function of a trait. */
static const char *skip_decoration(const char *function)
{
    if (function == NULL || function[0] != '<')
        return function;
    for (;;) {
        if (*function == '<' || *function == '&' || *function == '(' || *function == '[')
            function++;
        else if (strncmp(function, "mut ", 4) == 0 || strncmp(function, "dyn ", 4) == 0)
            function += 4;
        else
            return function;
    }
}

static const char *family_of(const char *function, const char *file)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (!differs_at_once(patterns[i].function, function) && fits(patterns[i].module, file) &&
            fits(patterns[i].function, function))
            return patterns[i].family;
    }
    return NULL;
}

/* The trait in <Type as Trait>::f, outside the arguments of the type; NULL when there is none. */
static const char *trait_of(const char *function)
{
    int depth = 0;
    for (const char *c = function; c != NULL && *c != '\0'; c++) {
        if (*c == '<' || *c == '(' || *c == '[')
            depth++;
        else if (*c == ')' || *c == ']' || (*c == '>' && c > function && c[-1] != '-'))
            depth--;
        if (depth <= 0)
            return NULL;
        if (depth == 1 && strncmp(c, " as ", 4) == 0)
            return c + 4;
    }
    return NULL;
}

const char *fold_family(const char *function, const char *module)
{
    const char *file = module != NULL ? path_base(module) : NULL;
    const char *family = family_of(skip_decoration(function), file);
    /* A trait of the program, implemented for a type of the library: the program's function. */
    const char *trait = function != NULL && function[0] == '<' ? trait_of(function) : NULL;
    return trait != NULL && family != NULL && family_of(trait, file) == NULL ? NULL : family;
}

/* rustc compiles its own library under this path, wherever it really was (rust-lang/rust,
 * src/bootstrap: remap-debuginfo). */
static bool is_rust_library(const char *file)
{
    return file != NULL && strncmp(file, "/rustc/", 7) == 0;
}

static bool is_start_up(const char *function)
{
    for (size_t i = 0; i < sizeof(start_up) / sizeof(start_up[0]); i++) {
        if (fits(start_up[i], function))
            return true;
    }
    return false;
}

static bool same_function(const struct symbol_frame *a, const struct symbol_frame *b)
{
    /* Many functions of scripts have the same name: __init__ calls another class's. */
    if (a->is_script || b->is_script)
        return false;
    return a->function != NULL && b->function != NULL && strcmp(a->function, b->function) == 0 &&
           a->module == b->module;
}

/* std::rt::lang_start, and what is left of it when it was inlined. */
static bool is_rust_start_up(const char *function)
{
    return strncmp(function, "std::rt::", 9) == 0 ||
           (strncmp(function, "std::", 5) == 0 &&
            strstr(function, "::__rust_begin_short_backtrace") != NULL);
}

static void mark_start_up(struct symbol_frame *frames, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        struct symbol_frame *frame = &frames[i];
        /* rustc puts a C main() around the program's. */
        bool rust_main = i > 0 && frame->function != NULL && strcmp(frame->function, "main") == 0 &&
                         frames[i - 1].function != NULL && is_rust_start_up(frames[i - 1].function);
        if (!frame->internal && (frame->is_script || (!rust_main && !is_start_up(frame->function))))
            return;
        frame->internal = true;
    }
}

/* Where the lines of a script are known, the interpreter's own functions say nothing more. */
static bool is_interpreter(const struct symbol_frame *frame)
{
    const char *slash = frame->module != NULL ? strrchr(frame->module, '/') : NULL;
    return !frame->is_script && slash != NULL &&
           (fits("python3*", slash + 1) || fits("libpython3*", slash + 1));
}

static void mark_interpreter(struct symbol_frame *frames, size_t count)
{
    bool has_script = false;
    for (size_t i = 0; i < count; i++)
        has_script = has_script || frames[i].is_script;
    for (size_t i = 0; has_script && i < count; i++)
        frames[i].internal = frames[i].internal || is_interpreter(&frames[i]);
}

void fold_mark(struct symbol_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frames[i].internal = frames[i].is_script
                                 ? frames[i].internal
                                 : (fold_family(frames[i].function, frames[i].module) != NULL ||
                                    is_rust_library(frames[i].file));
    for (size_t i = count; i-- > 1;) {
        if (same_function(&frames[i], &frames[i - 1]))
            frames[i].internal = true;
    }
    mark_interpreter(frames, count);
    mark_start_up(frames, count);

    for (size_t i = 0; i < count; i++) {
        if (!frames[i].internal)
            return;
    }
    for (size_t i = 0; i < count; i++)
        frames[i].internal = false;
}
