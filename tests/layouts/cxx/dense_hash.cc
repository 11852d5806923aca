// google::dense_hash_map and dense_hash_set, which shrink by themselves: tables.h tells the
// scenarios.
#include "tables.h"

#include <sparsehash/dense_hash_map>
#include <sparsehash/dense_hash_set>

// The array's address lies behind the keys that stand for empty and deleted.
template <class Container, unsigned word> struct dense : standard_table<Container> {
    using key_type = typename Container::key_type;
    static constexpr auto implementation = "google::dense_hash_map";
    static const unsigned array_word = word;

    static void prepare(Container &container)
    {
        container.set_empty_key(key_of<key_type>(~0ull));
        container.set_deleted_key(key_of<key_type>(~0ull - 1));
    }
    static void reserve(Container &container, uint64_t n)
    {
        container.resize(n);
    }
    static void shrink(Container &container)
    {
        container.resize(0);
    }
    static uint64_t array_bytes(const Container &container)
    {
        return container.bucket_count() * sizeof(typename Container::value_type);
    }
};

template <class Container, unsigned word> struct swept : dense<Container, word> {
    static uint64_t tombstones(const Container &container)
    {
        return dense<Container, word>::entries - container.size();
    }
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "swept", kind = argc > 2 ? argv[2] : "map";
    using map = google::dense_hash_map<uint64_t, uint64_t>;
    if (kind == "map" && scenario == "hollow")
        scenarios<swept<map, 10>>::run(scenario);
    else if (kind == "map")
        scenarios<dense<map, 10>>::run(scenario);
    else if (kind == "set")
        scenarios<dense<google::dense_hash_set<int>, 9>>::run(scenario);
    else if (kind == "strings")
        scenarios<dense<google::dense_hash_map<std::string, bytes<100>, std::hash<std::string>>,
                        28>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
