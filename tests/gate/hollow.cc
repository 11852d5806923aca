/* A cache that is filled and swept; with the argument "fixed" it gives its buckets back and the
 * program works on for a second, with "late" it gives them back and the program ends; with
 * "late-inside" as well, but the object lies on the heap, among its nodes; with "refilled" a signal
 * comes when it is swept, then it is filled again and destroyed. */
#include <csignal>
#include <cstring>
#include <ctime>
#include <unistd.h>
#include <unordered_map>

struct Cache {
    std::unordered_map<long, long> entries;

    void insert(long key)
    {
        entries.emplace(key, key); /* GROWS HERE */
    }

    void sweep(bool give_back)
    {
        for (auto entry = entries.begin(); entry != entries.end();)
            entry = entry->first < 100 ? std::next(entry) : entries.erase(entry);
        if (give_back)
            entries.rehash(0);
    }
};

static Cache g_cache;

/* Its nodes get the memory of others that were before it, and later ones come behind it. */
static Cache *make_inside()
{
    Cache *before = new Cache;
    for (long key = 0; key < 100000; key++)
        before->entries.emplace(key, key);
    Cache *cache = new Cache;
    delete before;
    return cache;
}

static int refill()
{
    Cache cache;
    for (int round = 0; round < 2; round++) {
        for (long key = 0; key < 400000; key++)
            cache.insert(key);
        if (round == 0) {
            cache.sweep(false);
            std::raise(SIGUSR1);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    time_t began = time(nullptr);
    if (argc > 1 && std::strcmp(argv[1], "refilled") == 0)
        return refill();
    bool inside = argc > 1 && std::strcmp(argv[1], "late-inside") == 0;
    Cache &cache = inside ? *make_inside() : g_cache;
    for (long key = 0; key < 400000; key++)
        cache.insert(key);
    bool fixed = argc > 1 && std::strcmp(argv[1], "fixed") == 0;
    cache.sweep(fixed || inside || (argc > 1 && std::strcmp(argv[1], "late") == 0));
    if (fixed)
        sleep(1 + (unsigned)(time(nullptr) - began) / 8); /* the end of a run is a share of it */
    return 0;
}
