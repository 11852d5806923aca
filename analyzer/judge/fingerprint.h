/*
 * A name for a place in a program whose tables are hollow. It stays the same over rebuilds: lines
 * that move, another optimisation level, another compiler, another type of key or value. It is what
 * a baseline knows a finding by.
 */
#ifndef HASHTRACK_FINGERPRINT_H
#define HASHTRACK_FINGERPRINT_H

#include <stddef.h>

#include "gate.h"
#include "symbols.h"

/* Functions that go into it, counted from the table outwards. */
#define FINGERPRINT_FUNCTIONS_MAX 5u

/* The functions of the project in one stack, innermost first, each once, as function_key() spells
 * them (malloc'ed). Where the project has none but main, the library functions that are not folded
 * stand in for it, and where there is nothing but main, the program's name is added to it. Returns
 * how many. */
size_t fingerprint_functions(const struct symbol_frame *frames, size_t count,
                             char *functions[FINGERPRINT_FUNCTIONS_MAX]);

/* 16 hexadecimal digits. Where there are no functions, the implementation's name and `place`,
 * "build-id+offset", stand in for them; otherwise `place` may be NULL. */
void fingerprint_make(const char *rule, const char *implementation, char *const *functions,
                      size_t count, const char *place, char out[FINGERPRINT_BYTES]);

#endif
