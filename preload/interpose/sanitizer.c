/*
 * Whether another tool watches the program's memory: see sanitizer.h.
 *
 * Each sanitizer exports the function that starts it, from its library or from the program itself.
 * Weak: in other programs there is none. The one for undefined behaviour needs nothing of this.
 *
 * valgrind preloads a library for each tool that replaces malloc, and one for all tools.
 */
#include "sanitizer.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

extern void start_address_sanitizer(void) __asm__("__asan_init") __attribute__((weak));
extern void start_hardware_sanitizer(void) __asm__("__hwasan_init") __attribute__((weak));
extern void start_leak_sanitizer(void) __asm__("__lsan_init") __attribute__((weak));
extern void start_memory_sanitizer(void) __asm__("__msan_init") __attribute__((weak));
extern void start_thread_sanitizer(void) __asm__("__tsan_init") __attribute__((weak));

static _Atomic bool has_started, is_present;

static bool valgrind_replaces_malloc(char *const *environment)
{
    static const char variable[] = "LD_PRELOAD=", library[] = "/vgpreload_", for_all[] = "core-";
    for (char *const *entry = environment; entry && *entry; entry++) {
        if (strncmp(*entry, variable, sizeof(variable) - 1) != 0)
            continue;
        for (const char *at = *entry; (at = strstr(at, library));) {
            at += sizeof(library) - 1;
            if (strncmp(at, for_all, sizeof(for_all) - 1) != 0)
                return true;
        }
    }
    return false;
}

bool sanitizer_is_linked(void)
{
    return start_address_sanitizer || start_hardware_sanitizer || start_leak_sanitizer ||
           start_memory_sanitizer || start_thread_sanitizer;
}

void sanitizer_start(char *const *environment)
{
    atomic_store(&is_present, sanitizer_is_linked() || valgrind_replaces_malloc(environment));
    atomic_store(&has_started, true);
}

bool sanitizer_is_present(void)
{
    return atomic_load(&is_present);
}

bool sanitizer_checks_order(void)
{
    return start_address_sanitizer && !atomic_load(&has_started);
}
