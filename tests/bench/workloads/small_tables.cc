// Twenty thousand absl::flat_hash_map of 100 entries, built and freed: `small_tables ROUNDS`.
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

int main(int argc, char **argv)
{
    const uint64_t rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2;
    uint64_t found = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        std::vector<absl::flat_hash_map<uint64_t, uint64_t>> maps(20000);
        for (uint64_t i = 0; i < maps.size(); i++)
            for (uint64_t key = 0; key < 100; key++)
                maps[i][key * 7919 + i] = key;
        for (const auto &map : maps)
            found += map.size();
    }
    return found != rounds * 20000 * 100;
}
