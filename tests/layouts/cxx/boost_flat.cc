// boost::unordered_flat_{map,set} as a program uses them; swiss_scenarios.h explains the scenarios.
// Kinds: map, set, strings, aligned (elements on cache lines of their own), pointers.
#include "swiss_scenarios.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

static const char *const flat = "boost::unordered_flat_map";
static const char *const node = "boost::unordered_node_map or flat";

// Elements lie in the array.
template <class Container> static void run(const std::string &scenario, const char *name)
{
    run_scenario<Container>(scenario, name,
                            [](const Container &container) { return &*container.begin(); });
}

template <> uint64_t *key_of<uint64_t *>(uint64_t i)
{
    static std::unique_ptr<std::unique_ptr<uint64_t>[]> keys(
        new std::unique_ptr<uint64_t>[2 * entries]);
    if (!keys[i])
        keys[i].reset(new uint64_t(i));
    return keys[i].get();
}

template <class Key, class Value>
using counted_map = boost::unordered_flat_map<Key, Value, boost::hash<Key>, std::equal_to<Key>,
                                              counting_allocator<std::pair<const Key, Value>>>;

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (scenario == "capacity")
        print_capacities<counted_map<uint64_t, value_of<40>>>(flat,
                                                              [](auto &map) { map.rehash(0); });
    else if (kind == "map")
        run<boost::unordered_flat_map<uint64_t, uint64_t>>(scenario, flat);
    else if (kind == "set")
        run<boost::unordered_flat_set<uint64_t>>(scenario, flat);
    else if (kind == "strings")
        run<boost::unordered_flat_map<std::string, uint64_t>>(scenario, flat);
    else if (kind == "aligned")
        run<boost::unordered_flat_map<uint64_t, value_of<64, 64>>>(scenario, flat);
    else if (kind == "pointers")
        run<boost::unordered_flat_set<uint64_t *>>(scenario, node);
    else
        unknown_scenario(kind.c_str());
}
