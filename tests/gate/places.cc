/*
 * A test binary of several tests, of which a filter runs some: each argument is the name of one.
 *
 * towns   five maps of one place are left hollow
 * lakes   one map of another place is left hollow
 * pond    the same place, but hardly anything is put into its map
 * mended  the same place, filled as by lakes and given back
 * killed  the process kills itself
 */
#include <csignal>
#include <cstring>
#include <ctime>
#include <unistd.h>
#include <unordered_map>

using Map = std::unordered_map<long, long>;

static Map g_names, g_ages, g_towns, g_streets, g_rivers, g_lakes;

static __attribute__((noinline)) void fill_and_sweep(Map &map, long count)
{
    for (long key = 0; key < count; key++)
        map.emplace(key, key);
    for (auto entry = map.begin(); entry != map.end();)
        entry = entry->first < 10 ? std::next(entry) : map.erase(entry);
}

static __attribute__((noinline)) void test_towns()
{
    for (Map *map : {&g_names, &g_ages, &g_towns, &g_streets, &g_rivers})
        fill_and_sweep(*map, 400000);
}

static __attribute__((noinline)) void test_lakes(long count)
{
    fill_and_sweep(g_lakes, count);
}

int main(int argc, char **argv)
{
    time_t began = time(nullptr);
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "towns") == 0)
            test_towns();
        else if (std::strcmp(argv[i], "lakes") == 0 || std::strcmp(argv[i], "mended") == 0)
            test_lakes(400000);
        else if (std::strcmp(argv[i], "pond") == 0)
            test_lakes(3000);
        if (std::strcmp(argv[i], "killed") == 0)
            raise(SIGKILL);
        if (std::strcmp(argv[i], "mended") == 0) {
            g_lakes.rehash(0);
            /* What is freed just before the end counts as kept; the end is a share of the run. */
            sleep(1 + (unsigned)(time(nullptr) - began) / 8);
        }
    }
    return 0;
}
