// Abseil's hash tables as a program uses them; swiss_scenarios.h explains the scenarios. Kinds:
// map, set, strings, aligned (slots on cache lines of their own), narrow (slots of 6 bytes), ints
// (slots of 8 bytes that are no pointers), node, pointers.
#include "swiss_scenarios.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/node_hash_map.h>

#include <cstring>

static const char *const flat = "absl::flat_hash_map";
static const char *const node = "absl::node_hash_map or flat";

// The control bytes, at the beginning of the block (Abseil 20220623, raw_hash_set).
template <class Container> static const void *array_of(const Container &container)
{
    const void *controls;
    std::memcpy(&controls, static_cast<const void *>(&container), sizeof(controls));
    return controls;
}

template <class Container> static void run(const std::string &scenario, const char *name)
{
    run_scenario<Container>(scenario, name, array_of<Container>);
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
using counted_map = absl::flat_hash_map<Key, Value, absl::Hash<Key>, std::equal_to<Key>,
                                        counting_allocator<std::pair<const Key, Value>>>;

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (scenario == "capacity")
        print_capacities<counted_map<uint64_t, value_of<40>>>(flat,
                                                              [](auto &map) { map.rehash(0); });
    else if (kind == "map")
        run<absl::flat_hash_map<uint64_t, uint64_t>>(scenario, flat);
    else if (kind == "set")
        run<absl::flat_hash_set<uint64_t>>(scenario, flat);
    else if (kind == "strings")
        run<absl::flat_hash_map<std::string, uint64_t>>(scenario, flat);
    else if (kind == "aligned")
        run<absl::flat_hash_map<uint64_t, value_of<64, 64>>>(scenario, flat);
    else if (kind == "narrow")
        run<absl::flat_hash_map<uint32_t, value_of<3>>>(scenario, flat);
    else if (kind == "ints")
        run<absl::flat_hash_map<uint32_t, uint32_t>>(scenario, flat);
    else if (kind == "node")
        run<absl::node_hash_map<uint64_t, value_of<40>>>(scenario, node);
    else if (kind == "pointers")
        run<absl::flat_hash_set<uint64_t *>>(scenario, node);
    else
        unknown_scenario(kind.c_str());
}
