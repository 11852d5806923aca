// ska::flat_hash_map and ska::flat_hash_set: tables.h tells the scenarios.
#include "tables.h"

#include <flat_hash_map.hpp>

struct prime_hash : std::hash<uint64_t> {
    using hash_policy = ska::prime_number_hash_policy;
};

template <class Container, size_t slot_bytes> struct flat : standard_table<Container> {
    static constexpr auto implementation = "ska::flat_hash_map";
    static const unsigned array_word = 0;

    static void shrink(Container &container)
    {
        container.shrink_to_fit();
    }
    static uint64_t array_bytes(const Container &container)
    {
        uint64_t buckets = container.bucket_count(), lookups = 4;
        while (2ull << lookups <= buckets)
            lookups++;
        return buckets == 0 ? 0 : (buckets + lookups) * slot_bytes;
    }
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (kind == "map")
        scenarios<flat<ska::flat_hash_map<uint64_t, uint64_t>, 24>>::run(scenario);
    else if (kind == "set")
        scenarios<flat<ska::flat_hash_set<std::string>, 40>>::run(scenario);
    else if (kind == "bytes")
        scenarios<flat<ska::flat_hash_map<uint32_t, char>, 12>>::run(scenario);
    else if (kind == "prime")
        scenarios<flat<ska::flat_hash_map<uint64_t, bytes<40>, prime_hash>, 56>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
