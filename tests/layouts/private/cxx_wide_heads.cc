/*
 * Heads of eight bytes in a vector of the standard library, which copies them when it is resized,
 * before they are set anew: numbers of nodes that lie without a gap in another vector, each with
 * the number of the next one of its bucket. The last node takes the place of one that is erased.
 */
#include <algorithm>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

constexpr size_t nothing = SIZE_MAX;

class Nodes
{
  public:
    Nodes()
    {
        respread(8);
    }

    bool set(uint64_t key, uint64_t value)
    {
        size_t at = where(key);
        if (at != nothing) {
            nodes_[at].item.second = value;
            return false;
        }
        nodes_.push_back({heads_[home(key)], {key, value}});
        heads_[home(key)] = nodes_.size() - 1;
        if (nodes_.size() * 8 > heads_.size() * 7)
            respread(heads_.size() * 2);
        return true;
    }

    size_t where(uint64_t key) const
    {
        size_t at = heads_[home(key)];
        while (at != nothing && nodes_[at].item.first != key)
            at = nodes_[at].next;
        return at;
    }

    bool drop(uint64_t key)
    {
        size_t at = where(key);
        if (at == nothing)
            return false;
        *leading_to(at) = nodes_[at].next;
        size_t last = nodes_.size() - 1;
        if (at != last) {
            *leading_to(last) = at;
            std::swap(nodes_[at], nodes_[last]);
        }
        nodes_.pop_back();
        return true;
    }

    uint64_t value(size_t at) const
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
        size_t next;
        std::pair<uint64_t, uint64_t> item;
    };

    size_t home(uint64_t key) const
    {
        uint64_t mixed = (key ^ key >> 30) * 0x3c79ac492ba7b653u;
        mixed = (mixed ^ mixed >> 33) * 0x1c69b3f74ac4ae35u;
        return (mixed >> 27) & (heads_.size() - 1);
    }

    size_t *leading_to(size_t at)
    {
        size_t *link = &heads_[home(nodes_[at].item.first)];
        while (*link != at)
            link = &nodes_[*link].next;
        return link;
    }

    void respread(size_t count)
    {
        heads_.resize(count);
        std::fill(heads_.begin(), heads_.end(), nothing);
        for (size_t at = 0; at < nodes_.size(); at++) {
            size_t *head = &heads_[home(nodes_[at].item.first)];
            nodes_[at].next = *head;
            *head = at;
        }
    }

    std::vector<size_t> heads_;
    std::vector<Node> nodes_;
};

void *create()
{
    return new Nodes;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    static_cast<Nodes *>(table)->set(key, value);
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const Nodes *nodes = static_cast<Nodes *>(table);
    size_t at = nodes->where(key);
    if (at != nothing)
        *value = nodes->value(at);
    return at != nothing;
}

bool erase(void *table, uint64_t key)
{
    return static_cast<Nodes *>(table)->drop(key);
}

void destroy(void *table)
{
    delete static_cast<Nodes *>(table);
}

struct shape shape_of(const void *table)
{
    return static_cast<const Nodes *>(table)->shape();
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
