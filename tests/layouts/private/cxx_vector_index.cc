/*
 * Vectors of the standard library: buckets of numbers, and entries that are swapped with the last
 * when they are erased.
 */
#include <vector>

#include "scenario.h"

namespace
{

class Index
{
  public:
    Index() : buckets_(16, -1)
    {
    }

    void put(uint64_t key, uint64_t value)
    {
        int at = lookup(key);
        if (at >= 0) {
            entries_[(size_t)at].value = value;
            return;
        }
        if (entries_.size() >= buckets_.size())
            rebuild(buckets_.size() * 2);
        size_t bucket = spread(key) % buckets_.size();
        entries_.push_back({key, buckets_[bucket], value});
        buckets_[bucket] = (int)entries_.size() - 1;
    }

    int lookup(uint64_t key) const
    {
        int at = buckets_[spread(key) % buckets_.size()];
        while (at >= 0 && entries_[(size_t)at].key != key)
            at = entries_[(size_t)at].next;
        return at;
    }

    bool remove(uint64_t key)
    {
        int at = lookup(key);
        if (at < 0)
            return false;
        int last = (int)entries_.size() - 1;
        *link_to(at) = entries_[(size_t)at].next;
        if (at != last) {
            *link_to(last) = at;
            entries_[(size_t)at] = entries_[(size_t)last];
        }
        entries_.pop_back();
        return true;
    }

    uint64_t value(int at) const
    {
        return entries_[(size_t)at].value;
    }

    struct shape shape() const
    {
        struct shape s = {};
        s.address = buckets_.data();
        s.others[0] = entries_.data();
        s.capacity = buckets_.size();
        s.live = entries_.size();
        return s;
    }

  private:
    struct Entry {
        uint64_t key;
        int next;
        uint64_t value;
    };

    static size_t spread(uint64_t key)
    {
        key += 0x632be59bd9b4e019u;
        key = (key ^ (key >> 29)) * 0xe95f3c2c1d6a9d27u;
        return (key ^ (key >> 32)) >> 3;
    }

    int *link_to(int number)
    {
        int *link = &buckets_[spread(entries_[(size_t)number].key) % buckets_.size()];
        while (*link != number)
            link = &entries_[(size_t)*link].next;
        return link;
    }

    void rebuild(size_t count)
    {
        buckets_.assign(count, -1);
        for (size_t i = 0; i < entries_.size(); i++) {
            size_t bucket = spread(entries_[i].key) % count;
            entries_[i].next = buckets_[bucket];
            buckets_[bucket] = (int)i;
        }
    }

    std::vector<int> buckets_;
    std::vector<Entry> entries_;
};

void *create()
{
    return new Index;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    static_cast<Index *>(table)->put(key, value);
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const Index *index = static_cast<Index *>(table);
    int at = index->lookup(key);
    if (at >= 0)
        *value = index->value(at);
    return at >= 0;
}

bool erase(void *table, uint64_t key)
{
    return static_cast<Index *>(table)->remove(key);
}

void destroy(void *table)
{
    delete static_cast<Index *>(table);
}

struct shape shape_of(const void *table)
{
    return static_cast<const Index *>(table)->shape();
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 200000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
