/*
 * A dlsym of its own, as overlays have it that put themselves before a graphics library: it finds
 * libc's by its version and hands all on but what it replaces. Preloaded before the tracker. To
 * libc it is this library that asks, so that what comes next is what comes after this one.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef void *(*search_function)(void *, const char *);

void *dlsym(void *restrict handle, const char *restrict name)
{
    static search_function search;
    if (!search)
        search = (search_function)dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    char *kept = strdup(name); /* it allocates, and is not left by a jump */
    void *found = search(handle, name);
    free(kept);
    return found;
}
