// LLVM's DenseMap, DenseSet, SmallDenseMap, StringMap, StringSet and FoldingSet. Scenarios: full,
// hollow, clear, reserve, churn, copy, freed, capacity; kinds: pointers, numbers, negatives, views,
// pairs, set, small, strings, names, nodes. faithful_llvm.c stands in where llvm-dev is missing.
#include "truth.h"

#include <cstring>
#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/FoldingSet.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringSet.h>
#include <string>
#include <type_traits>

static const unsigned kept_of = 50;

struct Wide {
    char bytes[64];
};

static int *pointer(unsigned i)
{
    return reinterpret_cast<int *>(0x500000000000u + uint64_t(i) * 48);
}

// What the kinds differ in: how an entry is added, and by which key it is found.
struct Pointers : llvm::DenseMap<int *, Wide> {
    void add(unsigned i)
    {
        (*this)[pointer(i)] = Wide();
    }
    void drop(unsigned i)
    {
        erase(pointer(i));
    }
};
struct Numbers : llvm::DenseMap<unsigned, uint64_t> {
    void add(unsigned i)
    {
        (*this)[i] = i;
    }
    void drop(unsigned i)
    {
        erase(i);
    }
};
struct Negatives : llvm::DenseMap<int, int> {
    void add(unsigned i)
    {
        (*this)[-int(i)] = int(i);
    }
    void drop(unsigned i)
    {
        erase(-int(i));
    }
};
struct Views : llvm::DenseMap<llvm::StringRef, uint64_t> {
    static llvm::StringRef name(unsigned i)
    {
        static char names[1 << 19][16];
        std::snprintf(names[i], sizeof(names[i]), "n%u", i);
        return names[i];
    }
    void add(unsigned i)
    {
        (*this)[name(i)] = i;
    }
    void drop(unsigned i)
    {
        erase(name(i));
    }
};
struct Pairs : llvm::DenseMap<std::pair<int *, unsigned>, void *> {
    void add(unsigned i)
    {
        (*this)[{pointer(i), i}] = nullptr;
    }
    void drop(unsigned i)
    {
        erase({pointer(i), i});
    }
};
struct Set : llvm::DenseSet<uint64_t> {
    void add(unsigned i)
    {
        insert(i);
    }
    void drop(unsigned i)
    {
        erase(i);
    }
};
struct Small : llvm::SmallDenseMap<int *, uint64_t, 4> {
    void add(unsigned i)
    {
        (*this)[pointer(i)] = i;
    }
    void drop(unsigned i)
    {
        erase(pointer(i));
    }
};
struct Strings : llvm::StringMap<uint64_t> {
    using StringMap::StringMap; // with a number of entries to make room for
    void add(unsigned i)
    {
        (*this)["session " + std::to_string(i)] = i;
    }
    void drop(unsigned i)
    {
        erase("session " + std::to_string(i));
    }
    void reserve(unsigned entries)
    {
        *this = Strings(entries);
    }
};
struct Names : llvm::StringSet<> {
    void add(unsigned i)
    {
        insert("name " + std::to_string(i));
    }
    void drop(unsigned i)
    {
        erase("name " + std::to_string(i));
    }
    void reserve(unsigned)
    {
    }
};

struct Number : llvm::FoldingSetNode {
    unsigned number;
    static void profile(llvm::FoldingSetNodeID &id, unsigned number)
    {
        id.AddInteger(number);
    }
    void Profile(llvm::FoldingSetNodeID &id) const
    {
        profile(id, number);
    }
};
struct Nodes : llvm::FoldingSet<Number> {
    void add(unsigned i)
    {
        auto node = new Number; // the set does not own them
        node->number = i;
        InsertNode(node);
    }
    void drop(unsigned i)
    {
        llvm::FoldingSetNodeID id;
        void *place;
        Number::profile(id, i);
        RemoveNode(FindNodeOrInsertPos(id, place));
    }
};

// The fields that the interface does not show, by their places in the object.
template <class Field, class Map> static Field field(const Map &map, size_t offset)
{
    Field value;
    std::memcpy(&value, reinterpret_cast<const char *>(&map) + offset, sizeof(value));
    return value;
}

template <class Map>
static constexpr bool is_string_map =
    std::is_base_of_v<Strings, Map> || std::is_base_of_v<Names, Map>;
template <class Map> static constexpr bool is_nodes = std::is_base_of_v<Nodes, Map>;
template <class Map> static constexpr bool is_small = std::is_base_of_v<Small, Map>;

template <class Map> static truth truth_of(const Map &map, uint64_t peak)
{
    if constexpr (is_nodes<Map>)
        return truth{"LLVM FoldingSet", field<const void *>(map, 0), field<uint32_t>(map, 8),
                     map.size(),        TOMBSTONES_UNTOLD,           peak};
    else if constexpr (is_string_map<Map>)
        return truth{"LLVM StringMap", field<const void *>(map, 0), map.getNumBuckets(),
                     map.size(),       field<uint32_t>(map, 16),    peak};
    else if constexpr (is_small<Map>)
        return truth{"LLVM DenseMap", field<const void *>(map, 8), field<uint32_t>(map, 16),
                     map.size(),      field<uint32_t>(map, 4),     peak};
    else
        return truth{"LLVM DenseMap", field<const void *>(map, 0), field<uint32_t>(map, 16),
                     map.size(),      field<uint32_t>(map, 12),    peak};
}

template <class Map> static uint64_t capacity_of(const Map &map)
{
    return truth_of(map, 0).capacity;
}

template <class Map> static uint64_t bytes_of(const Map &map)
{
    if constexpr (is_string_map<Map>) // StringMap.cpp: pointers and hashes, one more than slots
        return capacity_of(map) == 0 ? 0 : (capacity_of(map) + 1) * 12;
    else if constexpr (is_nodes<Map>) // FoldingSet.cpp: AllocateBuckets()
        return (capacity_of(map) + 1) * 8;
    else
        return map.getMemorySize();
}

// As the report advises it.
template <class Map> static void rebuild(Map &map)
{
    if constexpr (is_string_map<Map>) {
        Map fresh;
        for (auto &entry : map)
            fresh.try_emplace(entry.getKey(), std::move(entry.getValue()));
        map = std::move(fresh);
    } else if constexpr (is_nodes<Map>) {
        Map fresh;
        while (!map.empty()) {
            auto *node = &*map.begin();
            map.RemoveNode(node);
            fresh.InsertNode(node);
        }
        map = std::move(fresh);
    } else {
        Map fresh;
        fresh.reserve(map.size());
        fresh.insert(map.begin(), map.end());
        map = std::move(fresh);
    }
}

template <class Map> static void print_capacities()
{
    for (unsigned live : {0u, 1u, 10u, 47u, 48u, 100u, 1000u, 6000u, 12288u, 20000u}) {
        Map map;
        for (unsigned i = 0; i < 100000; i++)
            map.add(i);
        for (unsigned i = live; i < 100000; i++)
            map.drop(i);
        uint64_t before = capacity_of(map), bytes = bytes_of(map);
        rebuild(map);
        print_capacity(truth_of(map, 0).implementation, live, before, bytes, capacity_of(map),
                       bytes_of(map));
    }
}

template <class Map> static void run(const std::string &scenario, unsigned entries)
{
    if (scenario == "capacity") {
        print_capacities<Map>();
        return;
    }
    auto map = new Map;
    const char *verdict = "ok";
    if (scenario == "reserve") {
        map->reserve(entries);
        for (unsigned i = 0; i < entries / 300; i++)
            map->add(i);
        verdict = "over-reserved";
    } else {
        for (unsigned i = 0; i < entries; i++)
            map->add(i);
    }
    if (scenario == "hollow" || scenario == "freed") {
        for (unsigned i = 0; i < entries; i++)
            if (i % kept_of != 0)
                map->drop(i);
        verdict = "hollow";
    } else if (scenario == "clear") { // too full to be shrunk
        map->clear();
        verdict = "hollow";
    } else if (scenario == "churn") {
        for (unsigned i = 0; i < entries; i++) {
            map->drop(i);
            map->add(i + entries);
        }
    } else if (scenario == "copy") {
        if constexpr (!is_nodes<Map>) {
            static Map copy(*map);
            truth other = truth_of(copy, entries);
            truth own = truth_of(*map, entries);
            HASHTRACK_SNAPSHOT("end");
            print_truth(other, "ok", "end", false);
            print_truth(own, "ok", "end", false);
        }
        return;
    } else if (scenario != "full" && scenario != "reserve") {
        unknown_scenario(scenario.c_str());
    }
    truth truth = truth_of(*map, scenario == "reserve" ? entries / 300 : entries);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    delete map;
    if (scenario == "freed")
        print_truth(truth, verdict, "main-returned", true);
}

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "pointers";
    if (kind == "pointers")
        run<Pointers>(scenario, 100000);
    else if (kind == "numbers")
        run<Numbers>(scenario, 300000);
    else if (kind == "negatives")
        run<Negatives>(scenario, 300000);
    else if (kind == "views")
        run<Views>(scenario, 300000);
    else if (kind == "pairs")
        run<Pairs>(scenario, 200000);
    else if (kind == "set")
        run<Set>(scenario, 300000);
    else if (kind == "small")
        run<Small>(scenario, 200000);
    else if (kind == "strings")
        run<Strings>(scenario, 200000);
    else if (kind == "names")
        run<Names>(scenario, 200000);
    else if (kind == "nodes")
        run<Nodes>(scenario, 600000);
    else
        unknown_scenario(kind.c_str());
}
