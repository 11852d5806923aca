/*
 * Whether a sanitizer is part of the program: see sanitizer.h.
 *
 * Each exports the function that starts it, from its library or from the program itself. Weak: in
 * other programs there is none. clang's UndefinedBehaviorSanitizer needs nothing of this.
 */
#include "sanitizer.h"

#include <stdatomic.h>
#include <stddef.h>

extern void start_address_sanitizer(void) __asm__("__asan_init") __attribute__((weak));
extern void start_hardware_sanitizer(void) __asm__("__hwasan_init") __attribute__((weak));
extern void start_leak_sanitizer(void) __asm__("__lsan_init") __attribute__((weak));
extern void start_memory_sanitizer(void) __asm__("__msan_init") __attribute__((weak));
extern void start_thread_sanitizer(void) __asm__("__tsan_init") __attribute__((weak));

static _Atomic bool order_is_checked;

bool sanitizer_is_present(void)
{
    return start_address_sanitizer || start_hardware_sanitizer || start_leak_sanitizer ||
           start_memory_sanitizer || start_thread_sanitizer;
}

bool sanitizer_checks_order(void)
{
    return start_address_sanitizer && !atomic_load(&order_is_checked);
}

void sanitizer_checked_order(void)
{
    atomic_store(&order_is_checked, true);
}
