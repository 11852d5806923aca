/*
 * Heads of four bytes over nodes in a vector, by a hash that spreads unevenly: half of the keys go
 * to every second bucket alone. As many heads as a good hash would have made of fewer entries are
 * in use, and only the links tell how many there are. The last node takes the place of one that is
 * erased.
 */
#include <algorithm>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

constexpr uint32_t nothing = UINT32_MAX;

class Uneven
{
  public:
    Uneven()
    {
        respread(8);
    }

    bool set(uint64_t key, uint64_t value)
    {
        uint32_t at = where(key);
        if (at != nothing) {
            nodes_[at].item.second = value;
            return false;
        }
        nodes_.push_back({heads_[home(key)], {key, value}});
        heads_[home(key)] = (uint32_t)nodes_.size() - 1;
        if (nodes_.size() * 8 > heads_.size() * 7)
            respread(heads_.size() * 2);
        return true;
    }

    uint32_t where(uint64_t key) const
    {
        uint32_t at = heads_[home(key)];
        while (at != nothing && nodes_[at].item.first != key)
            at = nodes_[at].next;
        return at;
    }

    bool drop(uint64_t key)
    {
        uint32_t at = where(key);
        if (at == nothing)
            return false;
        *leading_to(at) = nodes_[at].next;
        uint32_t last = (uint32_t)nodes_.size() - 1;
        if (at != last) {
            *leading_to(last) = at;
            std::swap(nodes_[at], nodes_[last]);
        }
        nodes_.pop_back();
        return true;
    }

    uint64_t value(uint32_t at) const
    {
        return nodes_[at].item.second;
    }

    struct shape shape() const
    {
        struct shape s = {};
        s.address = heads_.data();
        s.others[0] = nodes_.data();
        s.capacity = heads_.size();
        s.live = nodes_.size();
        return s;
    }

  private:
    struct Node {
        uint32_t next;
        std::pair<uint64_t, uint64_t> item;
    };

    size_t home(uint64_t key) const
    {
        uint64_t mixed = (key ^ key >> 30) * 0x3c79ac492ba7b653u;
        mixed = (mixed ^ mixed >> 33) * 0x1c69b3f74ac4ae35u;
        return (mixed >> 27) * (1 + (mixed >> 26 & 1)) & (heads_.size() - 1);
    }

    uint32_t *leading_to(uint32_t at)
    {
        uint32_t *link = &heads_[home(nodes_[at].item.first)];
        while (*link != at)
            link = &nodes_[*link].next;
        return link;
    }

    void respread(size_t count)
    {
        heads_.resize(count);
        std::fill(heads_.begin(), heads_.end(), nothing);
        for (uint32_t at = 0; at < nodes_.size(); at++) {
            uint32_t *head = &heads_[home(nodes_[at].item.first)];
            nodes_[at].next = *head;
            *head = at;
        }
    }

    std::vector<uint32_t> heads_;
    std::vector<Node> nodes_;
};

void *create()
{
    return new Uneven;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    static_cast<Uneven *>(table)->set(key, value);
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const Uneven *nodes = static_cast<Uneven *>(table);
    uint32_t at = nodes->where(key);
    if (at != nothing)
        *value = nodes->value(at);
    return at != nothing;
}

bool erase(void *table, uint64_t key)
{
    return static_cast<Uneven *>(table)->drop(key);
}

void destroy(void *table)
{
    delete static_cast<Uneven *>(table);
}

struct shape shape_of(const void *table)
{
    return static_cast<const Uneven *>(table)->shape();
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
