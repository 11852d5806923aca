/*
 * Function names as their programmers wrote them: C++ and Rust symbols demangled, parameters, hash
 * suffixes and compiler clones dropped, the longest of the library's own type names shortened.
 */
#ifndef HASHTRACK_DEMANGLE_H
#define HASHTRACK_DEMANGLE_H

/* A readable copy of the linker's name for a function (malloc'ed), NULL when memory ran out. A name
 * that is not mangled, or that no demangler understands, is copied as it is. */
char *demangle_function(const char *linker_name);

/* Shortens a C++ name as a demangler or DWARF spells it, in place. */
void demangle_simplify(char *name);

#endif
