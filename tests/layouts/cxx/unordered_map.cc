// std::unordered_* as a program uses them. Scenarios: full, hollow, clear, reserve, churn, freed,
// capacity; containers: map, set, multimap, multiset, strings.
#include "truth.h"

#include <cstring>
#include <string>
#include <unordered_map>
#include <unordered_set>

static const uint64_t entries = 300000;
static const uint64_t kept_of = 50;

template <class Key> static Key key_of(uint64_t i);
template <> uint64_t key_of<uint64_t>(uint64_t i)
{
    return i * 2654435761u;
}
template <> std::string key_of<std::string>(uint64_t i)
{
    return "a key that does not fit into the string object " + std::to_string(i);
}

template <class Container> static void insert(Container &container, uint64_t i)
{
    auto key = key_of<typename Container::key_type>(i);
    if constexpr (std::is_same_v<typename Container::key_type, typename Container::value_type>)
        container.insert(key);
    else
        container.emplace(key, typename Container::mapped_type());
}

// The bucket array's address is the object's first word, in libstdc++ and in libc++.
template <class Container> static truth truth_of(const Container &container, uint64_t peak)
{
    const void *buckets;
    std::memcpy(&buckets, static_cast<const void *>(&container), sizeof(buckets));
    return truth{"std::unordered_map", buckets,           container.bucket_count(),
                 container.size(),     TOMBSTONES_UNTOLD, peak};
}

template <class Container> static void sweep(Container &container)
{
    for (uint64_t i = 0; i < entries; i++)
        if (i % kept_of != 0)
            container.erase(key_of<typename Container::key_type>(i));
}

// Buckets and bytes after rehash(0). Bytes are 8 a bucket by the standard library's own definition
// of bucket_count(); one bucket lies inside the object.
template <class Container> static void print_capacities()
{
    for (uint64_t live : {0, 1, 5, 12, 13, 100, 1000, 6000, 20000, 54321}) {
        Container container;
        for (uint64_t i = 0; i < entries; i++)
            insert(container, i);
        for (uint64_t i = live; i < entries; i++)
            container.erase(key_of<typename Container::key_type>(i));
        uint64_t before = container.bucket_count();
        container.rehash(0);
        print_capacity("std::unordered_map", container.size(), before, before * 8,
                       container.bucket_count(), container.bucket_count() * 8);
    }
}

template <class Container> static void run(const std::string &scenario)
{
    if (scenario == "capacity") {
        print_capacities<Container>();
        return;
    }
    auto container = new Container; // on the heap, for the others of its kind are on a stack
    const char *verdict = "ok";
    if (scenario == "reserve") {
        container->reserve(entries);
        for (uint64_t i = 0; i < entries / 300; i++)
            insert(*container, i);
        verdict = "over-reserved";
    } else {
        for (uint64_t i = 0; i < entries; i++)
            insert(*container, i);
    }
    if (scenario == "hollow" || scenario == "freed") {
        sweep(*container);
        verdict = "hollow";
    } else if (scenario == "clear") {
        container->clear();
        verdict = "hollow";
    } else if (scenario == "churn") {
        for (uint64_t i = 0; i < entries; i++) {
            container->erase(key_of<typename Container::key_type>(i));
            insert(*container, i + entries);
        }
    } else if (scenario != "full" && scenario != "reserve") {
        unknown_scenario(scenario.c_str());
    }
    truth truth = truth_of(*container, scenario == "reserve" ? entries / 300 : entries);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    delete container;
    if (scenario == "freed" || scenario == "full") // destroyed when full, it was never hollow
        print_truth(truth, verdict, "main-returned", true);
}

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (kind == "map")
        run<std::unordered_map<uint64_t, uint64_t>>(scenario);
    else if (kind == "set")
        run<std::unordered_set<uint64_t>>(scenario);
    else if (kind == "multimap")
        run<std::unordered_multimap<uint64_t, std::string>>(scenario);
    else if (kind == "multiset")
        run<std::unordered_multiset<uint64_t>>(scenario);
    else if (kind == "strings")
        run<std::unordered_map<std::string, std::string>>(scenario);
    else
        unknown_scenario(kind.c_str());
}
