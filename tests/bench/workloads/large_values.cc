// absl::flat_hash_map with values of 256 bytes in the slots, under churn: `large_values ROUNDS`.
#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <cstdlib>

int main(int argc, char **argv)
{
    const uint64_t rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10;
    const uint64_t entries = 60000;
    uint64_t found = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        absl::flat_hash_map<uint64_t, std::array<uint64_t, 32>> map;
        for (uint64_t key = 0; key < entries; key++)
            map[key * 7 + round].fill(key);
        for (uint64_t key = 0; key < entries; key++)
            if (key % 10 != 0)
                map.erase(key * 7 + round);
        for (uint64_t key = 0; key < entries; key++)
            found += map.count(key * 7 + round);
    }
    return found != rounds * entries / 10;
}
