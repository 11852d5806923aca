// ankerl::unordered_dense::map, which Debian does not package: a table of our own that lies in
// memory, grows and shrinks as that of version 4.9 does (ankerl/unordered_dense.h: table,
// allocate_buckets_from_shift). The reader was also held against the real versions 1.4 to 4.9.
// tables.h tells the scenarios.
#include "tables.h"

#include <vector>

class dense_table
{
    struct bucket {
        uint32_t distance_and_fingerprint = 0;
        uint32_t index = 0;
    };

    std::vector<std::pair<uint64_t, uint64_t>> values;
    std::vector<bucket> buckets;
    size_t most = 0;
    uint32_t mask = 0;
    float max_load_factor = 0.8F;

    static uint64_t hash(uint64_t key)
    {
        return (key ^ key >> 32) * 0x9ddfea08eb382d69u;
    }

    void place(bucket b, uint64_t at)
    {
        while (buckets[at].distance_and_fingerprint != 0) {
            if (buckets[at].distance_and_fingerprint < b.distance_and_fingerprint)
                std::swap(buckets[at], b);
            b.distance_and_fingerprint += 256;
            at = (at + 1) & mask;
        }
        buckets[at] = b;
    }

    bucket first_bucket(uint64_t key, uint32_t index) const
    {
        return {256 | static_cast<uint32_t>(hash(key) & 255), index};
    }

    uint64_t home(uint64_t key) const
    {
        return hash(key) >> 8 & mask;
    }

    void set_buckets(uint64_t count)
    {
        std::vector<bucket> created(count);
        buckets = std::move(created); // the old ones go before the new ones are filled
        mask = static_cast<uint32_t>(count - 1);
        most = static_cast<size_t>(static_cast<float>(count) * max_load_factor);
        for (uint32_t i = 0; i < values.size(); i++)
            place(first_bucket(values[i].first, i), home(values[i].first));
    }

    uint64_t count_for(uint64_t size) const
    {
        uint64_t count = 4;
        while (static_cast<size_t>(static_cast<float>(count) * max_load_factor) < size)
            count *= 2;
        return count;
    }

    uint64_t find(uint64_t key) const
    {
        uint64_t at = buckets.empty() ? 0 : home(key);
        while (!buckets.empty() && buckets[at].distance_and_fingerprint != 0) {
            if (values[buckets[at].index].first == key)
                return at;
            at = (at + 1) & mask;
        }
        return UINT64_MAX;
    }

  public:
    using key_type = uint64_t;
    using mapped_type = uint64_t;
    using value_type = std::pair<uint64_t, uint64_t>;

    void swap(dense_table &other)
    {
        std::swap(*this, other);
    }

    void insert(const value_type &value)
    {
        if (find(value.first) != UINT64_MAX)
            return;
        values.push_back(value);
        if (values.size() > most)
            set_buckets(buckets.empty() ? 4 : buckets.size() * 2);
        else
            place(first_bucket(value.first, static_cast<uint32_t>(values.size() - 1)),
                  home(value.first));
    }

    void erase(uint64_t key)
    {
        uint64_t at = find(key);
        if (at == UINT64_MAX)
            return;
        uint32_t index = buckets[at].index;
        if (index != values.size() - 1) {
            buckets[find(values.back().first)].index = index;
            values[index] = values.back();
        }
        values.pop_back();
        for (uint64_t next = (at + 1) & mask; buckets[next].distance_and_fingerprint >= 512;
             at = next, next = (next + 1) & mask)
            buckets[at] = {buckets[next].distance_and_fingerprint - 256, buckets[next].index};
        buckets[at] = {};
    }

    void clear()
    {
        values.clear();
        std::fill(buckets.begin(), buckets.end(), bucket());
    }

    void rehash(uint64_t size)
    {
        uint64_t count = count_for(std::max<uint64_t>(size, values.size()));
        if (count == buckets.size())
            return;
        values.shrink_to_fit();
        set_buckets(count);
    }

    void reserve(uint64_t size)
    {
        values.reserve(size);
        rehash(size);
    }

    uint64_t size() const
    {
        return values.size();
    }

    uint64_t bucket_count() const
    {
        return buckets.size();
    }

    uint64_t array_bytes() const
    {
        return buckets.size() * sizeof(bucket) + values.capacity() * sizeof(value_type);
    }
};

struct described : standard_table<dense_table> {
    static constexpr auto implementation = "ankerl::unordered_dense";
    static const unsigned array_word = 3; // behind the vector of values

    static uint64_t array_bytes(const dense_table &t)
    {
        return t.array_bytes();
    }
};

int main(int argc, char **argv)
{
    scenarios<described>::run(argc > 1 ? argv[1] : "hollow");
}
