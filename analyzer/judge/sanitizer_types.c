/*
 * Whose suppression it is: see sanitizer_types.h. From compiler-rt 19: tsan_suppressions.cpp,
 * asan_suppressions.cpp, ubsan_checks.inc.
 */
#include "sanitizer_types.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *type;
    const char *tool;
} types[] = {
    {"race", "ThreadSanitizer"},
    {"race_top", "ThreadSanitizer"},
    {"mutex", "ThreadSanitizer"},
    {"thread", "ThreadSanitizer"},
    {"signal", "ThreadSanitizer"},
    {"deadlock", "ThreadSanitizer"},
    {"called_from_lib", "ThreadSanitizer"},
    {"interceptor_name", "AddressSanitizer"},
    {"interceptor_via_fun", "AddressSanitizer"},
    {"interceptor_via_lib", "AddressSanitizer"},
    {"odr_violation", "AddressSanitizer"},
    {"alloc_dealloc_mismatch", "AddressSanitizer"},
    {"undefined", "UndefinedBehaviorSanitizer"},
    {"null", "UndefinedBehaviorSanitizer"},
    {"alignment", "UndefinedBehaviorSanitizer"},
    {"bounds", "UndefinedBehaviorSanitizer"},
    {"integer", "UndefinedBehaviorSanitizer"},
    {"shift", "UndefinedBehaviorSanitizer"},
    {"vptr", "UndefinedBehaviorSanitizer"},
    {"function", "UndefinedBehaviorSanitizer"},
    {"object-size", "UndefinedBehaviorSanitizer"},
    {"pointer-overflow", "UndefinedBehaviorSanitizer"},
    {"signed-integer-overflow", "UndefinedBehaviorSanitizer"},
    {"unsigned-integer-overflow", "UndefinedBehaviorSanitizer"},
    {"implicit-conversion", "UndefinedBehaviorSanitizer"},
    {"float-cast-overflow", "UndefinedBehaviorSanitizer"},
    {"vla-bound", "UndefinedBehaviorSanitizer"},
    {"cfi", "control-flow integrity checks"},
};

const char *sanitizer_of_type(const char *type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].tool;
    }
    return NULL;
}
