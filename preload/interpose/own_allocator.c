/*
 * Allocators that a program brings along: see own_allocator.h.
 */
#include "own_allocator.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "allocator_interface.h"
#include "glibc.h"
#include "real.h"

/* A program that is not position-independent and takes malloc's address has its PLT entry under
 * that name, which the symbol tells: it is undefined. To look that up takes 20 µs, in such programs
 * only. */
bool own_allocator_in_program(void)
{
    void *address = dlsym(RTLD_DEFAULT, "malloc"); /* not a miss, for which dlsym would allocate */
    const ElfW(Sym) *symbol = NULL;
    struct dl_find_object found;
    Dl_info info;
    if (!address || real_same_module(address, (void *)own_allocator_in_program) ||
        _dl_find_object(address, &found) != 0 || found.dlfo_link_map->l_name[0] != '\0')
        return false;
    return dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol &&
           symbol->st_shndx != SHN_UNDEF;
}

/* PHP, so far, takes memory by mmap, two megabytes at a time (Zend/zend_alloc.c). */

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

/* V8 maps its heap itself. Every program with it exports its functions, for its add-ons; no other
 * has this one. */
extern void v8_current_isolate(void) __asm__("_ZN2v87Isolate10GetCurrentEv") __attribute__((weak));

const char *own_allocator_warning(char *const *environment)
{
    if (v8_current_isolate)
        return "JavaScript's objects lie in V8's own heap, which is not looked at: what is said "
               "here is about its native code alone";
    if (php_allocate && !php_uses_malloc(environment))
        return "PHP's own allocator hides its arrays: hashtrack run --php-malloc, or "
               "USE_ZEND_ALLOC=0";
    if (allocator_is_called_directly())
        return "blocks are asked for by jemalloc's own functions (mallocx), which are not seen";
    return NULL;
}
