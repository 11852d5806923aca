// Separate chaining by the standard library: a vector of lists, which a rehash fills anew.
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

class Chained
{
  public:
    using Item = std::pair<std::uint64_t, std::uint64_t>;

    void Set(std::uint64_t key, std::uint64_t value)
    {
        for (Item &item : Bucket(key)) {
            if (item.first == key) {
                item.second = value;
                return;
            }
        }
        if (size_ + 1 > buckets_.size())
            Rehash(buckets_.size() * 2);
        Bucket(key).emplace_back(key, value);
        ++size_;
    }

    const Item *Get(std::uint64_t key)
    {
        for (const Item &item : Bucket(key))
            if (item.first == key)
                return &item;
        return nullptr;
    }

    bool Remove(std::uint64_t key)
    {
        auto &bucket = Bucket(key);
        for (auto it = bucket.begin(); it != bucket.end(); ++it) {
            if (it->first == key) {
                bucket.erase(it);
                --size_;
                return true;
            }
        }
        return false;
    }

    struct shape Shape() const
    {
        struct shape shape = {};
        shape.address = buckets_.data();
        shape.capacity = buckets_.size();
        shape.live = size_;
        return shape;
    }

  private:
    std::list<Item> &Bucket(std::uint64_t key)
    {
        std::uint64_t hash = key * 0xc6a4a7935bd1e995u;
        hash ^= hash >> 47;
        return buckets_[hash % buckets_.size()];
    }

    void Rehash(std::size_t size)
    {
        std::vector<std::list<Item>> old(size);
        old.swap(buckets_);
        for (auto &bucket : old) {
            while (!bucket.empty()) {
                auto &target = Bucket(bucket.front().first);
                target.splice(target.begin(), bucket, bucket.begin());
            }
        }
    }

    std::vector<std::list<Item>> buckets_{16};
    std::size_t size_ = 0;
};

void *Create()
{
    return new Chained;
}

void Insert(void *table, std::uint64_t key, std::uint64_t value)
{
    static_cast<Chained *>(table)->Set(key, value);
}

bool Find(void *table, std::uint64_t key, std::uint64_t *value)
{
    const Chained::Item *item = static_cast<Chained *>(table)->Get(key);
    if (item != nullptr)
        *value = item->second;
    return item != nullptr;
}

bool Erase(void *table, std::uint64_t key)
{
    return static_cast<Chained *>(table)->Remove(key);
}

void Destroy(void *table)
{
    delete static_cast<Chained *>(table);
}

struct shape Shape(const void *table)
{
    return static_cast<const Chained *>(table)->Shape();
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 200000;
    kind.create = Create;
    kind.insert = Insert;
    kind.find = Find;
    kind.erase = Erase;
    kind.destroy = Destroy;
    kind.shape = Shape;
    return run_scenario(argc, argv, &kind);
}
