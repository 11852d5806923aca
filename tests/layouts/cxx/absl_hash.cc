// Abseil's hash tables as a program uses them; tables.h tells the scenarios. Kinds: map, set,
// strings, aligned (slots on cache lines of their own), narrow (slots of 6 bytes), ints (slots of 8
// bytes that are no pointers), node, pointers.
#include "tables.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/node_hash_map.h>

// The object begins with the address of the control bytes, which stand at the beginning of the
// block (Abseil 20220623, raw_hash_set).
template <class Container> struct flat : standard_table<Container> {
    static constexpr auto implementation = "absl::flat_hash_map";
    static const unsigned array_word = 0;

    static uint64_t array_bytes(const Container &container)
    {
        return container.bucket_count() * (sizeof(typename Container::value_type) + 1);
    }
};

template <class Container> struct node : flat<Container> {
    static constexpr auto implementation = "absl::node_hash_map or flat";
};

struct counted
    : flat<absl::flat_hash_map<uint64_t, bytes<40>, absl::Hash<uint64_t>, std::equal_to<uint64_t>,
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
        scenarios<flat<absl::flat_hash_map<uint64_t, uint64_t>>>::run(scenario);
    else if (kind == "set")
        scenarios<flat<absl::flat_hash_set<uint64_t>>>::run(scenario);
    else if (kind == "strings")
        scenarios<flat<absl::flat_hash_map<std::string, uint64_t>>>::run(scenario);
    else if (kind == "aligned")
        scenarios<flat<absl::flat_hash_map<uint64_t, bytes<64, 64>>>>::run(scenario);
    else if (kind == "narrow")
        scenarios<flat<absl::flat_hash_map<uint32_t, bytes<3>>>>::run(scenario);
    else if (kind == "ints")
        scenarios<flat<absl::flat_hash_map<uint32_t, uint32_t>>>::run(scenario);
    else if (kind == "node")
        scenarios<node<absl::node_hash_map<uint64_t, bytes<40>>>>::run(scenario);
    else if (kind == "pointers")
        scenarios<node<absl::flat_hash_set<uint64_t *>>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
