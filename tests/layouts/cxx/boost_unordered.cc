// boost::unordered_* since Boost 1.80: tables.h tells the scenarios.
#include "tables.h"

#include <boost/unordered_map.hpp>
#include <boost/unordered_set.hpp>

template <class Container> struct unordered : standard_table<Container> {
    static constexpr auto implementation = "boost::unordered_map";
    static const unsigned array_word = 6;

    static uint64_t array_bytes(const Container &container)
    {
        uint64_t buckets = container.bucket_count();
        return buckets == 0 ? 0 : (buckets + 1) * 8 + (buckets / 64 + 1) * 32;
    }
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (kind == "map")
        scenarios<unordered<boost::unordered_map<uint64_t, uint64_t>>>::run(scenario);
    else if (kind == "set")
        scenarios<unordered<boost::unordered_set<std::string>>>::run(scenario);
    else if (kind == "multimap")
        scenarios<unordered<boost::unordered_multimap<void *, bytes<256>>>>::run(scenario);
    else if (kind == "multiset")
        scenarios<unordered<boost::unordered_multiset<int>>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
