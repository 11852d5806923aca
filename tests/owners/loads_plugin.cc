/* loads_plugin PLUGIN: tables of a library, and of another thread than the one that ends. */
#include <atomic>
#include <thread>
#include <unordered_map>

#include <dlfcn.h>
#include <unistd.h>

#include "owners.h"

using Table = std::unordered_map<uint64_t, uint64_t>;

static thread_local Table per_thread;
static std::atomic<bool> is_ready;

static void work()
{
    Table mine;
    fill(mine, "on a thread's stack");
    fill(per_thread, "per_thread");
    is_ready = true;
    for (;;)
        pause();
}

int main(int, char **argv)
{
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (!plugin)
        return 1;
    reinterpret_cast<void (*)()>(dlsym(plugin, "run_plugin"))();
    std::thread(work).detach();
    while (!is_ready)
        usleep(1000);
    std::fflush(stdout);
    _exit(0);
}
