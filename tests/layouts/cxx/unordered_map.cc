// std::unordered_* as a program uses them, of libstdc++ or of libc++: tables.h tells the scenarios.
#include "tables.h"

#include <unordered_map>
#include <unordered_set>

// `words_before`: what libstdc++ keeps before the array's address.
template <class Container, unsigned words_before = 0> struct unordered : standard_table<Container> {
#ifdef _LIBCPP_VERSION
    static constexpr auto implementation = "std::unordered_map (libc++)";
    static const unsigned array_word = 0;
#else
    static constexpr auto implementation = "std::unordered_map";
    static const unsigned array_word = words_before;
#endif

    static uint64_t array_bytes(const Container &container)
    {
        return container.bucket_count() * 8;
    }
};

// A hash, a comparison and an allocator that keep something in the object.
struct seeded_hash {
    size_t seed = 7;
    size_t operator()(uint64_t key) const
    {
        return key ^ seed;
    }
};

struct loose_equal {
    uint64_t ignored_bits = 0;
    bool operator()(uint64_t a, uint64_t b) const
    {
        return (a & ~ignored_bits) == (b & ~ignored_bits);
    }
};

using counting = std::unordered_map<uint64_t, uint64_t, std::hash<uint64_t>, std::equal_to<>,
                                    counting_allocator<std::pair<const uint64_t, uint64_t>>>;

// Two entries a bucket, twice as many as the advice can know of.
struct crowded : unordered<std::unordered_map<uint64_t, uint64_t>> {
    static const uint64_t entries = 600000;

    static void prepare(table &t)
    {
        t.max_load_factor(2);
    }
};

#if !defined(_LIBCPP_VERSION)
#include <memory_resource>
// Its buckets lie in big blocks of a pool, which are rounded up.
struct pooled : unordered<std::pmr::unordered_map<uint64_t, uint64_t>, 1> {
    struct table : std::pmr::unordered_map<uint64_t, uint64_t> {
        static std::pmr::memory_resource *pool()
        {
            static std::pmr::unsynchronized_pool_resource resource;
            return &resource;
        }
        table() : std::pmr::unordered_map<uint64_t, uint64_t>(pool())
        {
        }
    };
};
#endif

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "map";
    if (kind == "map")
        scenarios<unordered<std::unordered_map<uint64_t, uint64_t>>>::run(scenario);
    else if (kind == "set")
        scenarios<unordered<std::unordered_set<int>>>::run(scenario);
    else if (kind == "multimap")
        scenarios<unordered<std::unordered_multimap<void *, std::string>>>::run(scenario);
    else if (kind == "multiset")
        scenarios<unordered<std::unordered_multiset<uint64_t>>>::run(scenario);
    else if (kind == "strings")
        scenarios<unordered<std::unordered_map<std::string, bytes<256>>>>::run(scenario);
    else if (kind == "counting")
        scenarios<unordered<counting, 1>>::run(scenario);
    else if (kind == "crowded")
        scenarios<crowded>::run(scenario);
    else if (kind == "seeded")
        scenarios<unordered<std::unordered_set<uint64_t, seeded_hash, loose_equal>, 2>>::run(
            scenario);
#ifndef _LIBCPP_VERSION
    else if (kind == "pooled")
        scenarios<pooled>::run(scenario);
#endif
    else
        unknown_scenario(kind.c_str());
    return 0; // not implied where it is no main: in a plugin
}
