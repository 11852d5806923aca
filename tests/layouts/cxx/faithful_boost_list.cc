// boost::unordered_map of Boost 1.74 to 1.79, which Debian's headers of 1.81 cannot stand beside: a
// table of our own that lies in memory, grows and shrinks as that one does with keys that are
// integers (detail/implementation.hpp: table, node, rehash_impl). The reader was also held against
// the real one. tables.h tells the scenarios.
#include "tables.h"

#include <algorithm>

class list_table
{
    struct node {
        node *next = nullptr;
        uint64_t bucket_info = 0;
        std::pair<const uint64_t, uint64_t> value;
    };

    [[maybe_unused]] uint64_t functions = 0; // which of two sets of hash and comparison is in use
    uint64_t count = 17;
    uint64_t elements = 0;
    float max_load_factor = 1;
    uint64_t max_load = 0;
    node **buckets = nullptr; // one more than the count: the list's head

    static uint64_t next_prime(uint64_t n)
    {
        static const uint64_t primes[] = {
            17,   29,   37,   53,   67,   79,    97,    131,   193,   257,    389,    521,   769,
            1031, 1543, 2053, 3079, 6151, 12289, 24593, 49157, 98317, 196613, 393241, 786433};
        return *std::lower_bound(std::begin(primes), std::end(primes) - 1, n);
    }

    // The head has the place of a node's next pointer.
    node *head() const
    {
        return reinterpret_cast<node *>(&buckets[count]);
    }

    void link(node *n)
    {
        uint64_t bucket = n->value.first % count;
        n->bucket_info = bucket;
        if (buckets[bucket] != nullptr) {
            n->next = buckets[bucket]->next;
            buckets[bucket]->next = n;
            return;
        }
        n->next = head()->next;
        if (n->next != nullptr)
            buckets[n->next->bucket_info] = n;
        head()->next = n;
        buckets[bucket] = head();
    }

    void create_buckets(uint64_t new_count)
    {
        auto created = static_cast<node **>(::operator new((new_count + 1) * sizeof(node *)));
        node *first = buckets != nullptr ? head()->next : nullptr;
        ::operator delete(buckets); // before the new ones are filled
        std::fill(created, created + new_count, nullptr);
        buckets = created;
        count = new_count;
        max_load = static_cast<uint64_t>(max_load_factor * static_cast<float>(count));
        head()->next = nullptr;
        for (node *n = first; n != nullptr;) {
            node *next = n->next;
            link(n);
            n = next;
        }
    }

    node *before(uint64_t key) const
    {
        uint64_t bucket = key % count;
        node *n = buckets != nullptr ? buckets[bucket] : nullptr;
        while (n != nullptr && n->next != nullptr && n->next->value.first != key)
            n = n->next->bucket_info == bucket ? n->next : nullptr;
        return n != nullptr && n->next != nullptr ? n : nullptr;
    }

  public:
    using key_type = uint64_t;
    using mapped_type = uint64_t;
    using value_type = std::pair<const uint64_t, uint64_t>;

    list_table() = default;
    list_table(const list_table &other)
    {
        *this = other;
    }
    list_table(list_table &&other)
    {
        swap(other);
    }
    list_table &operator=(const list_table &other)
    {
        clear();
        reserve(other.elements);
        for (node *n = other.elements ? other.head()->next : nullptr; n != nullptr; n = n->next)
            insert(n->value);
        return *this;
    }
    ~list_table()
    {
        for (node *n = buckets != nullptr ? head()->next : nullptr; n != nullptr;) {
            node *next = n->next; // delete_buckets() leaves the buckets as they are
            delete n;
            n = next;
        }
        ::operator delete(buckets);
    }

    void swap(list_table &other)
    {
        std::swap(count, other.count);
        std::swap(elements, other.elements);
        std::swap(max_load, other.max_load);
        std::swap(buckets, other.buckets);
    }

    void insert(const value_type &value)
    {
        if (before(value.first) != nullptr)
            return;
        if (buckets == nullptr)
            create_buckets(count);
        else if (elements + 1 > max_load)
            create_buckets(next_prime(std::max(elements + 1, elements + elements / 2) + 1));
        link(new node{nullptr, 0, value});
        elements++;
    }

    void erase(uint64_t key)
    {
        node *previous = before(key);
        if (previous == nullptr)
            return;
        node *n = previous->next, *next = n->next;
        previous->next = next;
        uint64_t bucket = key % count;
        bool was_last = next == nullptr || next->bucket_info != bucket;
        if (was_last && buckets[bucket] == previous)
            buckets[bucket] = nullptr;
        if (was_last && next != nullptr)
            buckets[next->bucket_info] = previous;
        delete n;
        elements--;
    }

    void clear()
    {
        node *first = elements ? head()->next : nullptr;
        if (elements != 0)
            std::fill(buckets, buckets + count + 1, nullptr);
        while (first != nullptr) {
            node *next = first->next;
            delete first;
            first = next;
        }
        elements = 0;
    }

    void rehash(uint64_t least)
    {
        if (elements == 0) {
            ::operator delete(buckets);
            buckets = nullptr;
            count = next_prime(least);
        } else {
            create_buckets(next_prime(std::max(least, elements + 1)));
        }
    }

    void reserve(uint64_t n)
    {
        rehash(n);
        if (buckets == nullptr)
            create_buckets(count);
    }

    uint64_t size() const
    {
        return elements;
    }

    uint64_t bucket_count() const
    {
        return buckets != nullptr ? count : 0;
    }
};

struct described : standard_table<list_table> {
    static constexpr auto implementation = "boost::unordered_map (until 1.79)";
    static const unsigned array_word = 5;

    static uint64_t array_bytes(const list_table &t)
    {
        return t.bucket_count() == 0 ? 0 : (t.bucket_count() + 1) * 8;
    }
};

int main(int argc, char **argv)
{
    scenarios<described>::run(argc > 1 ? argv[1] : "hollow");
}
