/* Run-time systems with a heap of their own: see own_heaps.h. */
#include "own_heaps.h"

#include <stddef.h>
#include <string.h>

#define NOT_LOOKED_AT ", which is not looked at: what is said here is about its native code alone"

const char *own_heap_of_module(const char *path)
{
    static const struct {
        const char *module; /* how its file name begins */
        const char *sentence;
    } heaps[] = {
        {"libjvm.so", "Java's objects lie in the JVM's own heap" NOT_LOOKED_AT},
        {"libcoreclr.so", ".NET's objects lie in a heap of its own" NOT_LOOKED_AT},
        {"libmonosgen-", "Mono's objects lie in a heap of its own" NOT_LOOKED_AT},
        {"libmozjs-", "JavaScript's objects lie in SpiderMonkey's own heap" NOT_LOOKED_AT},
        {"libjavascriptcoregtk-",
         "JavaScript's objects lie in JavaScriptCore's own heap" NOT_LOOKED_AT},
    };
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof(heaps) / sizeof(heaps[0]); i++)
        if (strncmp(name, heaps[i].module, strlen(heaps[i].module)) == 0)
            return heaps[i].sentence;
    return NULL;
}
