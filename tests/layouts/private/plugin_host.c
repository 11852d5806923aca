/* Loads plugin_table.so, which lies beside this program, and drives the table in it. */
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin_table.h"

int main(int argc, char **argv)
{
    char self[PATH_MAX] = "", path[PATH_MAX + 32];
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        perror("/proc/self/exe");
        return 1;
    }
    snprintf(path, sizeof path, "%s/plugin_table.so", dirname(self));
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    plugin_table_function *table;
    *(void **)&table = dlsym(plugin, "plugin_table");
    if (table == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    return run_scenario(argc, argv, table());
}
