/*
 * A C program whose C++ plugin throws 100,000 times. A preloaded library that needs libunwind.so
 * puts libunwind's exception ABI before libgcc's (28 µs a throw instead of 3, measured on Debian
 * 12): the plugin must still throw through libgcc_s. The time goes to the file named by HOST_TIMES,
 * if any.
 */
#include "host.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THROWS 100000

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    HOST_CHECK(argc == 2);
    void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL)
        host_fail(__FILE__, __LINE__, dlerror());
    int (*throws)(int);
    const char *(*unwinder)(void);
    *(void **)&throws = dlsym(plugin, "plugin_throw");
    *(void **)&unwinder = dlsym(plugin, "plugin_unwinder");
    HOST_CHECK(throws != NULL && unwinder != NULL);
    HOST_CHECK(strncmp(unwinder(), "libgcc_s.so", 11) == 0);
    host_say("throws through %s", unwinder());
    HOST_CHECK(dlsym(RTLD_DEFAULT, "unw_step") == NULL);
    dlerror();
    double start = now();
    HOST_CHECK(throws(THROWS) == THROWS);
    int (*throws_through)(int);
    *(void **)&throws_through = dlsym(plugin, "plugin_throw_through");
    HOST_CHECK(throws_through != NULL && throws_through(100) == 100);
    host_say("elapsed: %.2f us a throw", (now() - start) / THROWS * 1e6);
    host_work(10000);
    host_describe();
    return 0;
}
