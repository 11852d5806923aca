/*
 * The name of a place in a program: see fingerprint.h.
 *
 * What is hashed is only what a rebuild leaves alone. The owner is not: whether it is found depends
 * on registers and on frames that an optimising compiler arranges as it likes. Nor is the
 * implementation: whether it is recognised can depend on where the compiler keeps the table's
 * object (seen: a HashMap of rustc -C codegen-units=1), and a new release of hashtrack recognises
 * more.
 */
#include "fingerprint.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function_key.h"
#include "path_base.h"
#include "stable_hash.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A library of the system; a program that is installed there (/usr/lib/git-core/git) is none. */
static bool is_system_library(const char *module)
{
    return (starts_with(module, "/usr/lib") || starts_with(module, "/lib")) &&
           strstr(path_base(module), ".so") != NULL;
}

/* Source that came with a library: its functions are compiled into the project's modules. */
static bool is_library_source(const char *file)
{
    return starts_with(file, "/usr/include/") || starts_with(file, "/usr/lib/") ||
           strstr(file, "/lib/python3") != NULL || strstr(file, "/.cargo/registry/") != NULL ||
           strstr(file, "/.cargo/git/") != NULL || starts_with(file, "/rust/deps/");
}

static bool in_project(const struct symbol_frame *frame)
{
    if (frame->is_script)
        return !frame->internal && frame->function != NULL && frame->file != NULL &&
               !is_library_source(frame->file);
    return !frame->internal && frame->module != NULL && frame->module[0] == '/' &&
           !is_system_library(frame->module) &&
           (frame->file == NULL || !is_library_source(frame->file));
}

static bool is_known(char *const *functions, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(functions[i], key) == 0)
            return true;
    }
    return false;
}

static bool is_lambda(const char *function)
{
    return strstr(function, "{lambda(") != NULL || strstr(function, "<lambda(") != NULL ||
           strstr(function, "$_") != NULL;
}

/* gcc calls a lambda of a global variable's initializer after the variable, clang after nothing. */
static bool is_initializer(const struct symbol_frame *frames, size_t count)
{
    size_t caller = 1;
    while (caller < count && !in_project(&frames[caller]))
        caller++;
    return is_lambda(frames[0].function) && caller < count && frames[caller].function != NULL &&
           function_is_static_initialization(frames[caller].function);
}

/* Static initialization is one function for each source file, and so are the lines of a script
 * outside its functions: the file tells them apart. */
static char *key_of(const struct symbol_frame *frame)
{
    char *key = NULL;
    const char *file = frame->file != NULL ? path_base(frame->file) : "";
    if (frame->is_script && *file != '\0' && strcmp(frame->function, "<module>") == 0)
        return asprintf(&key, "<module> of %s", file) < 0 ? NULL : key;
    if (frame->is_script)
        return strdup(frame->function);
    if (!function_is_static_initialization(frame->function))
        return function_key(frame->function);
    return asprintf(&key, "{static initialization of %s}", file) < 0 ? NULL : key;
}

/* Each function once: how deep a recursion went depends on the input, and a function of which the
 * compiler made a part of its own (f.part.0) is on the stack twice. */
static size_t collect(const struct symbol_frame *frames, size_t count, bool of_project,
                      char *functions[FINGERPRINT_FUNCTIONS_MAX])
{
    size_t found = 0;
    for (size_t i = 0; i < count && found < FINGERPRINT_FUNCTIONS_MAX; i++) {
        bool wanted = of_project ? in_project(&frames[i]) : !frames[i].internal;
        if (!wanted || frames[i].function == NULL || is_initializer(frames + i, count - i))
            continue;
        char *key = key_of(&frames[i]);
        if (key == NULL || key[0] == '\0' || is_known(functions, found, key))
            free(key);
        else
            functions[found++] = key;
    }
    return found;
}

/* Every program has a main(): alone it would make one finding of the tables of all tests, and what
 * was accepted of one would hide those of the others. NULL when there is no memory. */
static char *main_of_program(const struct symbol_frame *frames, size_t count)
{
    size_t i = 0;
    while (i < count && (frames[i].internal || !frames[i].function))
        i++;
    const char *module = i < count && frames[i].module ? frames[i].module : "";
    char *name = NULL;
    return asprintf(&name, "main of %s", path_base(module)) < 0 ? NULL : name;
}

size_t fingerprint_functions(const struct symbol_frame *frames, size_t count,
                             char *functions[FINGERPRINT_FUNCTIONS_MAX])
{
    size_t found = collect(frames, count, true, functions);
    if (found > 1 || (found == 1 && strcmp(functions[0], "main") != 0))
        return found;
    /* An interpreter that is a library and a main() that only calls it: all its tables would be
     * one. */
    for (size_t i = 0; i < found; i++)
        free(functions[i]);
    found = collect(frames, count, false, functions);
    if (found != 1 || strcmp(functions[0], "main") != 0)
        return found;
    free(functions[0]);
    functions[0] = main_of_program(frames, count);
    return functions[0] ? 1 : 0;
}

void fingerprint_make(const char *rule, const char *implementation, char *const *functions,
                      size_t count, const char *place, char out[FINGERPRINT_BYTES])
{
    uint64_t hash = hash_text(STABLE_HASH_START, rule);
    for (size_t i = 0; i < count && i < FINGERPRINT_FUNCTIONS_MAX; i++)
        hash = hash_text(hash, functions[i]);
    if (count == 0) {
        hash = hash_text(hash, implementation);
        hash = hash_text(hash, place != NULL ? place : "");
    }
    snprintf(out, FINGERPRINT_BYTES, "%016" PRIx64, hash);
}
