/*
 * Heads in a vector of the standard library: numbers of nodes that lie without a gap in another
 * vector, each with the number of the next one of its bucket. The last node takes the place of one
 * that is erased. What heads and links are (Number), and what a hash makes of a mixed key (Spread),
 * is the scenario's own.
 */
#ifndef HASHTRACK_NUMBERED_NODES_H
#define HASHTRACK_NUMBERED_NODES_H

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "scenario.h"

template <class Number, class Spread> class NumberedNodes
{
  public:
    static constexpr Number nothing = std::numeric_limits<Number>::max();

    NumberedNodes()
    {
        respread(8);
    }

    bool set(uint64_t key, uint64_t value)
    {
        Number at = where(key);
        if (at != nothing) {
            nodes_[at].item.second = value;
            return false;
        }
        nodes_.push_back({heads_[home(key)], {key, value}});
        heads_[home(key)] = (Number)(nodes_.size() - 1);
        if (nodes_.size() * 8 > heads_.size() * 7)
            respread(heads_.size() * 2);
        return true;
    }

    Number where(uint64_t key) const
    {
        Number at = heads_[home(key)];
        while (at != nothing && nodes_[at].item.first != key)
            at = nodes_[at].next;
        return at;
    }

    bool drop(uint64_t key)
    {
        Number at = where(key);
        if (at == nothing)
            return false;
        *leading_to(at) = nodes_[at].next;
        Number last = (Number)(nodes_.size() - 1);
        if (at != last) {
            *leading_to(last) = at;
            std::swap(nodes_[at], nodes_[last]);
        }
        nodes_.pop_back();
        return true;
    }

    uint64_t value(Number at) const
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
        Number next;
        std::pair<uint64_t, uint64_t> item;
    };

    size_t home(uint64_t key) const
    {
        uint64_t mixed = (key ^ key >> 30) * 0x3c79ac492ba7b653u;
        mixed = (mixed ^ mixed >> 33) * 0x1c69b3f74ac4ae35u;
        return Spread()(mixed) & (heads_.size() - 1);
    }

    Number *leading_to(Number at)
    {
        Number *link = &heads_[home(nodes_[at].item.first)];
        while (*link != at)
            link = &nodes_[*link].next;
        return link;
    }

    void respread(size_t count)
    {
        heads_.resize(count);
        std::fill(heads_.begin(), heads_.end(), nothing);
        for (Number at = 0; at < nodes_.size(); at++) {
            Number *head = &heads_[home(nodes_[at].item.first)];
            nodes_[at].next = *head;
            *head = at;
        }
    }

    std::vector<Number> heads_;
    std::vector<Node> nodes_;
};

/* Runs the scenario on such a table. */
template <class Nodes> int run_numbered_nodes(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 200000;
    kind.create = [] { return static_cast<void *>(new Nodes); };
    kind.insert = [](void *table, uint64_t key, uint64_t value) {
        static_cast<Nodes *>(table)->set(key, value);
    };
    kind.find = [](void *table, uint64_t key, uint64_t *value) {
        const Nodes *nodes = static_cast<Nodes *>(table);
        auto at = nodes->where(key);
        if (at != Nodes::nothing)
            *value = nodes->value(at);
        return at != Nodes::nothing;
    };
    kind.erase = [](void *table, uint64_t key) { return static_cast<Nodes *>(table)->drop(key); };
    kind.destroy = [](void *table) { delete static_cast<Nodes *>(table); };
    kind.shape = [](const void *table) { return static_cast<const Nodes *>(table)->shape(); };
    return run_scenario(argc, argv, &kind);
}

#endif
