// robin_hood::unordered_flat_map, which Debian does not package: a table of our own that lies in
// memory, grows and shrinks as that of version 3.11 does (robin_hood.h: Table, initData,
// rehashPowerOfTwo), but for its bytes, which hold a distance and nothing of the hash. The reader
// was also held against the real one. tables.h tells the scenarios.
#include "tables.h"

#include <algorithm>

class robin_hood_table
{
    using node = std::pair<uint64_t, uint64_t>;

    uint64_t multiplier = 0xc4ceb9fe1a85ec53u;
    node *nodes = nullptr;
    uint8_t *infos = nullptr;
    uint64_t elements = 0;
    uint64_t mask = 0;
    uint64_t most = 0;
    [[maybe_unused]] uint32_t info_step = 1, info_shift = 0;

    static uint64_t most_of(uint64_t capacity)
    {
        return capacity * 80 / 100;
    }

    static uint64_t slots_of(uint64_t capacity)
    {
        return capacity + std::min<uint64_t>(most_of(capacity), 255);
    }

    uint64_t home(uint64_t key) const
    {
        uint64_t hash = (key ^ key >> 32) * multiplier;
        return (hash ^ hash >> 33) & mask;
    }

    void create(uint64_t capacity)
    {
        uint64_t slots = slots_of(capacity);
        nodes = static_cast<node *>(malloc(slots * (sizeof(node) + 1) + 8));
        infos = reinterpret_cast<uint8_t *>(nodes + slots);
        memset(infos, 0, slots + 8);
        infos[slots] = 1; // stops iterators
        mask = capacity - 1;
        most = most_of(capacity);
        elements = 0;
    }

    void resize(uint64_t capacity)
    {
        node *old_nodes = nodes;
        uint8_t *old_infos = infos;
        uint64_t slots = nodes != nullptr ? slots_of(mask + 1) : 0;
        create(capacity);
        for (uint64_t i = 0; i < slots; i++)
            if (old_infos[i] != 0)
                insert(old_nodes[i]);
        free(old_nodes);
    }

    uint64_t find(uint64_t key) const
    {
        uint64_t at = nodes != nullptr ? home(key) : 0;
        for (unsigned distance = 1; nodes != nullptr && infos[at] >= distance; distance++, at++)
            if (nodes[at].first == key && infos[at] == distance)
                return at;
        return UINT64_MAX;
    }

  public:
    using key_type = uint64_t;
    using mapped_type = uint64_t;
    using value_type = node;

    robin_hood_table() = default;
    robin_hood_table(const robin_hood_table &other)
    {
        *this = other;
    }
    robin_hood_table(robin_hood_table &&other)
    {
        swap(other);
    }
    robin_hood_table &operator=(const robin_hood_table &other)
    {
        free(nodes);
        create(other.mask + 1);
        memcpy(static_cast<void *>(nodes), other.nodes, array_bytes());
        elements = other.elements;
        return *this;
    }
    ~robin_hood_table()
    {
        free(nodes);
    }

    void swap(robin_hood_table &other)
    {
        std::swap(nodes, other.nodes);
        std::swap(infos, other.infos);
        std::swap(elements, other.elements);
        std::swap(mask, other.mask);
        std::swap(most, other.most);
    }

    void insert(node n)
    {
        if (find(n.first) != UINT64_MAX)
            return;
        if (nodes == nullptr)
            create(8);
        else if (elements >= most)
            resize((mask + 1) * 2);
        uint64_t at = home(n.first);
        for (unsigned distance = 1;; distance++, at++) {
            if (infos[at] == 0) {
                infos[at] = static_cast<uint8_t>(distance);
                nodes[at] = n;
                elements++;
                return;
            }
            if (infos[at] < distance) {
                unsigned displaced = infos[at];
                infos[at] = static_cast<uint8_t>(distance);
                std::swap(nodes[at], n);
                distance = displaced;
            }
        }
    }

    void erase(uint64_t key)
    {
        uint64_t at = find(key);
        if (at == UINT64_MAX)
            return;
        for (; at + 1 < slots_of(mask + 1) && infos[at + 1] > 1; at++) {
            infos[at] = static_cast<uint8_t>(infos[at + 1] - 1);
            nodes[at] = nodes[at + 1];
        }
        infos[at] = 0;
        elements--;
    }

    void clear()
    {
        memset(infos, 0, slots_of(mask + 1));
        elements = 0;
    }

    void rehash(uint64_t size)
    {
        uint64_t capacity = 8;
        while (most_of(capacity) < std::max(size, elements))
            capacity *= 2;
        resize(capacity);
    }

    void reserve(uint64_t size)
    {
        rehash(size);
    }

    uint64_t size() const
    {
        return elements;
    }

    uint64_t bucket_count() const
    {
        return mask + 1;
    }

    uint64_t array_bytes() const
    {
        return slots_of(mask + 1) * (sizeof(node) + 1) + 8;
    }
};

struct described : standard_table<robin_hood_table> {
    static constexpr auto implementation = "robin_hood::unordered_map";
    static const unsigned array_word = 1;

    static uint64_t array_bytes(const robin_hood_table &t)
    {
        return t.array_bytes();
    }
};

int main(int argc, char **argv)
{
    scenarios<described>::run(argc > 1 ? argv[1] : "hollow");
}
