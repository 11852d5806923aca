/*
 * PHP, so far. Its allocator takes memory by mmap, two megabytes at a time (Zend/zend_alloc.c).
 */
#include "own_allocator.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Every PHP exports it, for its extensions. Weak: no other program has it. */
extern void php_allocate(void) __asm__("_emalloc") __attribute__((weak));

/* alloc_globals_ctor(), PHP 8.2: a variable that is there and no number but 0. */
static bool php_uses_malloc(char *const *environment)
{
    static const char name[] = "USE_ZEND_ALLOC=";
    for (char *const *entry = environment; entry && *entry; entry++)
        if (strncmp(*entry, name, sizeof(name) - 1) == 0) {
            char first = (*entry)[sizeof(name) - 1];
            return first < '1' || first > '9';
        }
    return false;
}

const char *own_allocator_warning(char *const *environment)
{
    if (!php_allocate || php_uses_malloc(environment))
        return NULL;
    return "PHP's own allocator hides its arrays: hashtrack run --php-malloc, or USE_ZEND_ALLOC=0";
}
