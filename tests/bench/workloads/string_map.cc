// std::unordered_map<std::string, std::string> under churn: `string_map ROUNDS`.
#include <cstdlib>
#include <string>
#include <unordered_map>

int main(int argc, char **argv)
{
    const unsigned long rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
    const unsigned long entries = 100000;
    unsigned long found = 0;
    for (unsigned long round = 0; round < rounds; round++) {
        std::unordered_map<std::string, std::string> map;
        for (unsigned long i = 0; i < entries; i++)
            map.emplace("the key of entry " + std::to_string(i),
                        "the value of round " + std::to_string(round));
        for (unsigned long i = 0; i < entries; i += 2)
            map.erase("the key of entry " + std::to_string(i));
        for (unsigned long i = 0; i < entries; i++)
            found += map.count("the key of entry " + std::to_string(i));
    }
    return found != rounds * (entries / 2);
}
