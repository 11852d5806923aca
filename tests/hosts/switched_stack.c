/*
 * Works on the far side of code that changes stacks as Wine's does, from a module of that name: to
 * unwind through it is to read at an address that leads nowhere.
 *
 * argv[1]: the plugin
 */
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

#define FOLDER "x86_64-unix"
#define MODULE FOLDER "/ntdll.so"

static void work(void)
{
    host_work(50000);
}

int main(int argc, char **argv)
{
    HOST_CHECK(argc == 2);
    HOST_CHECK(mkdir(FOLDER, 0700) == 0 && symlink(argv[1], MODULE) == 0);
    void *module = dlopen("./" MODULE, RTLD_NOW);
    HOST_CHECK(module != NULL);
    void (*call)(void (*)(void)) = (void (*)(void (*)(void)))dlsym(module, "call_switched");
    HOST_CHECK(call != NULL);
    call(work);
    HOST_CHECK(unlink(MODULE) == 0 && rmdir(FOLDER) == 0);
    host_describe();
    return 0;
}
