/*
 * plugin_host PLUGIN SCENARIO KIND: runs a fixture that was built as a module, and closes the
 * module before main returns: the last dump is written when its code is gone.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", argc > 1 ? dlerror() : "usage: plugin_host PLUGIN ARGUMENT...");
        return 1;
    }
    int (*fixture)(int, char **);
    *(void **)&fixture = dlsym(plugin, "fixture_main");
    if (fixture == NULL)
        *(void **)&fixture = dlsym(plugin, "_Z12fixture_mainiPPc"); /* as C++ names it */
    if (fixture == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int status = fixture(argc - 1, argv + 1);
    if (dlclose(plugin) != 0 || dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL) {
        fprintf(stderr, "the plugin stays\n");
        return 1;
    }
    return status;
}
