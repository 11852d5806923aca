// Buckets that are vectors of entries. A rehash copies the entries into new ones; to erase, the
// last entry of the bucket takes the place, and the bucket keeps its memory.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenario.h"

namespace
{

struct Record {
    std::uint64_t key;
    std::uint64_t value;
    std::uint32_t hits;
};

struct Registry {
    std::string name = "registry";
    std::size_t entries = 0;
    std::vector<std::vector<Record>> buckets;

    Registry() : buckets(8)
    {
    }

    std::vector<Record> &at(std::uint64_t key)
    {
        return buckets[index(key, buckets.size())];
    }

    static std::size_t index(std::uint64_t key, std::size_t count)
    {
        std::uint64_t x = key + 0x9e3779b97f4a7c15u;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        return (x ^ (x >> 31)) & (count - 1);
    }

    void grow()
    {
        std::vector<std::vector<Record>> next(buckets.size() * 2);
        for (const auto &bucket : buckets)
            for (const Record &record : bucket)
                next[index(record.key, next.size())].push_back(record);
        buckets = std::move(next);
    }
};

void *create()
{
    return new Registry;
}

void insert(void *table, std::uint64_t key, std::uint64_t value)
{
    Registry &r = *static_cast<Registry *>(table);
    for (Record &record : r.at(key)) {
        if (record.key == key) {
            record.value = value;
            return;
        }
    }
    if (r.entries >= r.buckets.size() * 3 / 2)
        r.grow();
    r.at(key).push_back({key, value, 0});
    r.entries++;
}

bool find(void *table, std::uint64_t key, std::uint64_t *value)
{
    for (Record &record : static_cast<Registry *>(table)->at(key)) {
        if (record.key == key) {
            *value = record.value;
            record.hits++;
            return true;
        }
    }
    return false;
}

bool erase(void *table, std::uint64_t key)
{
    Registry &r = *static_cast<Registry *>(table);
    auto &bucket = r.at(key);
    auto found = std::find_if(bucket.begin(), bucket.end(),
                              [key](const Record &record) { return record.key == key; });
    if (found == bucket.end())
        return false;
    *found = bucket.back();
    bucket.pop_back();
    r.entries--;
    return true;
}

void destroy(void *table)
{
    delete static_cast<Registry *>(table);
}

struct shape shape_of(const void *table)
{
    const Registry &r = *static_cast<const Registry *>(table);
    struct shape shape = {};
    shape.address = r.buckets.data();
    shape.capacity = r.buckets.size();
    shape.live = r.entries;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 250000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
