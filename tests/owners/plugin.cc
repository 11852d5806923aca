/* A library that is loaded by loads_plugin: a static table of its own, and one it has per thread,
 * which the loader keeps in a heap block. */
#define FIRST_ENTRIES 9500

#include <unordered_map>

#include "owners.h"

using Table = std::unordered_map<uint64_t, uint64_t>;

static Table plugin_table;
static thread_local Table plugin_local;

extern "C" void run_plugin()
{
    fill(plugin_table, "plugin_table");
    fill(plugin_local, "-");
}
