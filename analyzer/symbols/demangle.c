/*
 * Demangling, by libiberty: it is the one library in Debian that knows C++ and both of Rust's
 * schemes. It comes as a static library without a pkg-config file, so meson finds it by name.
 */
#include "demangle.h"

#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

/* Spellings that the compiler writes out and nobody types. Each replacement is shorter. */
static const struct {
    const char *written_out;
    const char *typed;
} shorter[] = {
    {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
     "std::string"},
    {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>",
     "std::string"},
    {"std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
    {"std::__cxx11::", "std::"},
    {"std::__1::", "std::"},
    {"std::__debug::", "std::"},
    {" >", ">"},
};

void demangle_simplify(char *name)
{
    for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++) {
        size_t from = strlen(shorter[i].written_out);
        size_t to = strlen(shorter[i].typed);
        for (char *found = strstr(name, shorter[i].written_out); found != NULL;
             found = strstr(found, shorter[i].written_out)) {
            memcpy(found, shorter[i].typed, to);
            memmove(found + to, found + from, strlen(found + from) + 1);
        }
    }
}

/* "f() [clone .constprop.0]" and "f.part.0" are the same source function as f. */
static void drop_clone_suffix(char *name)
{
    static const char *const suffixes[] = {".constprop.", ".isra.", ".part.", ".cold",
                                           ".lto_priv.",  ".llvm.", "@@",     "@"};

    char *clone = strstr(name, " [clone ");
    if (clone != NULL)
        *clone = '\0';
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *suffix = strstr(name, suffixes[i]);
        if (suffix != NULL && suffix != name)
            *suffix = '\0';
    }
}

char *demangle_function(const char *linker_name)
{
    /* Without DMGL_PARAMS: the parameters make a line of a report unreadable and name nothing that
     * file and line do not. Without DMGL_VERBOSE Rust's hash is dropped. */
    char *name = cplus_demangle(linker_name, DMGL_AUTO | DMGL_ANSI);
    if (name == NULL)
        name = strdup(linker_name);
    if (name == NULL)
        return NULL;
    drop_clone_suffix(name);
    demangle_simplify(name);
    return name;
}
