// tsl::robin_map, tsl::hopscotch_map and their sets: tables.h tells the scenarios.
#include "tables.h"

#include <tsl/hopscotch_map.h>
#include <tsl/hopscotch_set.h>
#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

template <class Container, size_t slot_bytes> struct robin : standard_table<Container> {
    static constexpr auto implementation = "tsl::robin_map";
    static const unsigned array_word = 1; // behind the mask

    static uint64_t array_bytes(const Container &container)
    {
        return container.bucket_count() * slot_bytes;
    }
};

template <class Container, size_t slot_bytes> struct hopscotch : standard_table<Container> {
    static constexpr auto implementation = "tsl::hopscotch_map";
    static const unsigned array_word = 1;

    static uint64_t array_bytes(const Container &container)
    {
        uint64_t buckets = container.bucket_count();
        return buckets == 0 ? 0 : (buckets + 61) * slot_bytes;
    }
};

// Slots of 272 bytes.
struct big : robin<tsl::robin_map<void *, bytes<256>>, 272> {
    static const uint64_t entries = 30000;
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "robin";
    if (kind == "robin")
        scenarios<robin<tsl::robin_map<uint64_t, uint64_t>, 24>>::run(scenario);
    else if (kind == "robin_bytes")
        scenarios<robin<tsl::robin_map<uint32_t, char>, 12>>::run(scenario);
    else if (kind == "robin_strings")
        scenarios<robin<tsl::robin_set<std::string, std::hash<std::string>, std::equal_to<>,
                                       std::allocator<std::string>, true>,
                        40>>::run(scenario);
    else if (kind == "robin_big")
        scenarios<big>::run(scenario);
    else if (kind == "robin_prime")
        scenarios<robin<tsl::robin_pg_set<int>, 8>>::run(scenario);
    else if (kind == "hopscotch")
        scenarios<hopscotch<tsl::hopscotch_map<uint64_t, uint64_t>, 24>>::run(scenario);
    else if (kind == "hopscotch_strings")
        scenarios<
            hopscotch<tsl::hopscotch_map<std::string, int, std::hash<std::string>, std::equal_to<>,
                                         std::allocator<std::pair<std::string, int>>, 30, true>,
                      48>>::run(scenario);
    else if (kind == "hopscotch_set")
        scenarios<hopscotch<tsl::hopscotch_set<int>, 16>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
