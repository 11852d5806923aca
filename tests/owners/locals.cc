/* Tables of functions that are being executed when exit() is called in one of them. */
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "owners.h"

using Table = std::unordered_map<uint64_t, uint64_t>;

struct Cache {
    uint64_t number;
    Table sessions;
    Table *other;
};

__attribute__((noinline)) static void leave(Cache &cache)
{
    Table inner;
    fill(inner, "inner, a local of leave");
    if (cache.number)
        std::exit(0);
}

/* Blocks side by side: at one place of the stack there may be either variable. */
__attribute__((noinline)) static void with_blocks(Cache &cache)
{
    {
        Table first;
        first[1] = cache.number;
        if (first.count(2))
            std::abort();
    }
    {
        Table second;
        fill(second, "second, a local of with_blocks");
        leave(cache);
    }
}

int main()
{
    Cache cache{1, {}, nullptr};
    Table tables[3];
    std::unique_ptr<Cache> unique(new Cache{1, {}, nullptr});
    Cache *pointer = new Cache{2, {}, new Table};
    fill(cache.sessions, "cache.sessions, a local of main");
    fill(tables[2], "tables[2], a local of main");
    fill(unique->sessions, "unique->sessions, a local of main");
    fill(*pointer->other, "pointer->other, a local of main");
    with_blocks(cache);
    return static_cast<int>(pointer->number + unique->number);
}
