// boost::unordered_flat_{map,set} as a program uses them; tables.h tells the scenarios. Kinds: map,
// set, strings, aligned (elements on cache lines of their own), pointers.
#include "tables.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

// Elements lie in the array.
template <class Container> struct flat : standard_table<Container> {
    static constexpr auto implementation = "boost::unordered_flat_map";

    static const void *array(const Container &container)
    {
        return &*container.begin();
    }
    static uint64_t array_bytes(const Container &container)
    {
        return container.bucket_count() * (sizeof(typename Container::value_type) + 1);
    }
};

template <class Container> struct node : flat<Container> {
    static constexpr auto implementation = "boost::unordered_node_map or flat";
};

struct counted
    : flat<boost::unordered_flat_map<uint64_t, bytes<40>, boost::hash<uint64_t>,
                                     std::equal_to<uint64_t>,
                                     counting_allocator<std::pair<const uint64_t, bytes<40>>>>> {
    static uint64_t array_bytes(const table &)
    {
        return counted_bytes;
    }
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (scenario == "capacity")
        scenarios<counted>::run(scenario);
    else if (kind == "map")
        scenarios<flat<boost::unordered_flat_map<uint64_t, uint64_t>>>::run(scenario);
    else if (kind == "set")
        scenarios<flat<boost::unordered_flat_set<uint64_t>>>::run(scenario);
    else if (kind == "strings")
        scenarios<flat<boost::unordered_flat_map<std::string, uint64_t>>>::run(scenario);
    else if (kind == "aligned")
        scenarios<flat<boost::unordered_flat_map<uint64_t, bytes<64, 64>>>>::run(scenario);
    else if (kind == "pointers")
        scenarios<node<boost::unordered_flat_set<uint64_t *>>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
