// What the fixtures of flat containers have in common. A fixture says of each kind of container
// which implementation the report must name, and where its array is; the rest is the containers'
// common interface. Scenarios: full, hollow, nearly_empty, emptied, clear, reserve, churn, moved,
// freed, capacity.
#ifndef SWISS_SCENARIOS_H
#define SWISS_SCENARIOS_H

#include "truth.h"

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

static const uint64_t entries = 200000;
static const uint64_t kept_of = 50;

template <size_t Bytes, size_t Alignment = 1> struct alignas(Alignment) value_of {
    unsigned char bytes[Bytes];
};

// Counts what a container allocates, for the capacity scenario.
static uint64_t allocated_bytes;
template <class T> struct counting_allocator {
    using value_type = T;
    counting_allocator() = default;
    template <class Other> counting_allocator(const counting_allocator<Other> &)
    {
    }
    T *allocate(size_t n)
    {
        allocated_bytes += n * sizeof(T);
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T *memory, size_t n)
    {
        allocated_bytes -= n * sizeof(T);
        std::allocator<T>().deallocate(memory, n);
    }
    template <class Other> bool operator==(const counting_allocator<Other> &) const
    {
        return true;
    }
    template <class Other> bool operator!=(const counting_allocator<Other> &) const
    {
        return false;
    }
};

template <class Key> static Key key_of(uint64_t i)
{
    if constexpr (std::is_same_v<Key, std::string>)
        return "a key that does not fit into the string object " + std::to_string(i);
    else
        return static_cast<Key>(i * 2654435761u);
}

template <class Container> static void insert(Container &container, uint64_t i)
{
    auto key = key_of<typename Container::key_type>(i);
    if constexpr (std::is_same_v<typename Container::key_type, typename Container::value_type>)
        container.insert(key);
    else
        container.emplace(key, typename Container::mapped_type());
}

template <class Container> static void erase(Container &container, uint64_t i)
{
    container.erase(key_of<typename Container::key_type>(i));
}

// Applies `fix` to tables of several sizes; to be called with a counting allocator.
template <class Container, class Fix> static void print_capacities(const char *name, Fix fix)
{
    for (uint64_t live : {0, 1, 5, 13, 29, 100, 1000, 6000, 7500, 20000}) {
        Container container;
        for (uint64_t i = 0; i < entries / 4; i++)
            insert(container, i);
        for (uint64_t i = live; i < entries / 4; i++)
            erase(container, i);
        uint64_t before = container.bucket_count(), bytes_before = allocated_bytes;
        fix(container);
        print_capacity(name, container.size(), before, bytes_before, container.bucket_count(),
                       allocated_bytes);
    }
}

// `array_of` gives an address inside the container's array; it is asked while there are entries.
template <class Container, class ArrayOf>
static void run_scenario(const std::string &scenario, const char *name, ArrayOf array_of)
{
    auto container = std::make_unique<Container>();
    bool is_reserved = scenario == "reserve";
    uint64_t peak = is_reserved ? entries / 300 : entries;
    const char *verdict = is_reserved ? "over-reserved" : "ok";
    if (is_reserved)
        container->reserve(entries);
    for (uint64_t i = 0; i < peak; i++)
        insert(*container, i);
    const void *array = array_of(*container);
    if (scenario == "hollow" || scenario == "freed" || scenario == "moved") {
        for (uint64_t i = 0; i < entries; i++)
            if (i % kept_of != 0)
                erase(*container, i);
        verdict = "hollow";
    } else if (scenario == "nearly_empty" || scenario == "emptied") {
        for (uint64_t i = scenario == "emptied" ? 0 : 2; i < entries; i++)
            erase(*container, i);
        verdict = "hollow";
    } else if (scenario == "clear") {
        container->clear();
        verdict = "hollow";
    } else if (scenario == "churn") {
        for (uint64_t i = 0; i < entries / 10; i++) {
            erase(*container, i);
            insert(*container, i + entries);
        }
    } else if (scenario != "full" && !is_reserved) {
        unknown_scenario(scenario.c_str());
    }
    static Container other; // in static memory, which its destructor leaves only after main()
    if (scenario == "moved")
        other = std::move(*container);
    Container &looked_at = scenario == "moved" ? other : *container;
    truth truth = {name, array, looked_at.bucket_count(), looked_at.size(), TOMBSTONES_UNTOLD,
                   peak};
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    container.reset();
    if (scenario == "freed" || scenario == "full") // destroyed when full, it was never hollow
        print_truth(truth, verdict, "main-returned", true);
}

#endif
