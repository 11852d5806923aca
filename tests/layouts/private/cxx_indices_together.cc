/*
 * Two tables of the standard library's vectors that are filled together: the buckets of each are
 * cleared and get a larger array, blank when the old one goes, and the numbers that one had are in
 * the other's buckets and in the links of the entries as well.
 */
#include <vector>

#include "scenario.h"

namespace
{

template <class Entry> class Indexed
{
  public:
    Entry *lookup(uint64_t key)
    {
        int at = number_of(key);
        return at < 0 ? nullptr : &entries_[(size_t)at].entry;
    }

    void put(const Entry &entry)
    {
        if (entries_.size() * 2 >= buckets_.size())
            rebuild();
        entries_.push_back({entry, -1});
        hang((int)entries_.size() - 1);
    }

    bool remove(uint64_t key)
    {
        int at = number_of(key), last = (int)entries_.size() - 1;
        if (at < 0)
            return false;
        unhang(at);
        if (at != last) {
            unhang(last);
            entries_[(size_t)at].entry = entries_[(size_t)last].entry;
            hang(at);
        }
        entries_.pop_back();
        return true;
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
    struct Linked {
        Entry entry;
        int next;
    };

    static uint64_t spread(uint64_t key)
    {
        key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
        return key ^ (key >> 29);
    }

    int &head_of(int number)
    {
        return buckets_[spread(entries_[(size_t)number].entry.key) % buckets_.size()];
    }

    int number_of(uint64_t key) const
    {
        int at = buckets_.empty() ? -1 : buckets_[spread(key) % buckets_.size()];
        while (at >= 0 && entries_[(size_t)at].entry.key != key)
            at = entries_[(size_t)at].next;
        return at;
    }

    void hang(int number)
    {
        int &head = head_of(number);
        entries_[(size_t)number].next = head;
        head = number;
    }

    void unhang(int number)
    {
        int *link = &head_of(number);
        while (*link != number)
            link = &entries_[(size_t)*link].next;
        *link = entries_[(size_t)number].next;
    }

    void rebuild()
    {
        size_t count = 23; /* three or four steps more than before */
        while (count < entries_.capacity() * 3)
            count = count * 5 / 4 | 1;
        buckets_.clear();
        buckets_.resize(count, -1);
        for (size_t i = 0; i < entries_.size(); i++)
            hang((int)i);
    }

    std::vector<int> buckets_;
    std::vector<Linked> entries_;
};

struct Record {
    uint64_t key, value, owner, more[6];
};

struct Name {
    uint32_t key;
};

/* The last growth of the records is theirs alone. */
const uint64_t most_names = 40000;

/* What was ever put in stays in the other one. */
struct Both {
    Indexed<Record> records;
    Indexed<Name> names;
};

void *create()
{
    return new Both;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    Both *both = static_cast<Both *>(table);
    if (Record *there = both->records.lookup(key))
        there->value = value;
    else
        both->records.put({key, value, key + 1, {}});
    uint32_t name = (uint32_t)key;
    if (both->names.shape().live < most_names && !both->names.lookup(name))
        both->names.put({name});
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const Record *there = static_cast<Both *>(table)->records.lookup(key);
    if (there)
        *value = there->value;
    return there != nullptr;
}

bool erase(void *table, uint64_t key)
{
    return static_cast<Both *>(table)->records.remove(key);
}

void destroy(void *table)
{
    delete static_cast<Both *>(table);
}

struct shape shape_of(const void *table)
{
    return static_cast<const Both *>(table)->records.shape();
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 60000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
