/*
 * Plugins with thread-local variables in the static block, which has room for so many that are
 * loaded later (1,664 bytes in glibc 2.36): as many fit as without the tracker (trap 20).
 *
 *     static_tls PLUGIN...
 */
#include "host.h"

#include <dlfcn.h>
#include <string.h>

int main(int argc, char **argv)
{
    int fit = 0;
    host_work(5000);
    for (int i = 1; i < argc; i++) {
        void *plugin = dlopen(argv[i], RTLD_NOW);
        if (plugin == NULL) {
            HOST_CHECK(strstr(dlerror(), "static TLS block") != NULL);
            continue;
        }
        char *(*block)(void);
        *(void **)&block = dlsym(plugin, "static_tls_block");
        HOST_CHECK(block != NULL);
        memset(block(), i, 128);
        fit++;
    }
    HOST_CHECK(fit > 0 && fit < argc - 1); /* else nothing was full */
    host_say("%d plugins fit", fit);
    host_work(20000);
    host_describe();
    return 0;
}
