// The hashed indices of boost::multi_index_container: tables.h tells the scenarios.
#include "tables.h"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/identity.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>

namespace multi_index = boost::multi_index;

struct order {
    uint64_t id;
    std::string client;
    double price;
};

using numbers = multi_index::multi_index_container<
    uint64_t, multi_index::indexed_by<multi_index::hashed_unique<multi_index::identity<uint64_t>>>>;

// Two hashed indices, of which the first one is the table that is told of.
using orders = multi_index::multi_index_container<
    order,
    multi_index::indexed_by<
        multi_index::hashed_unique<multi_index::member<order, uint64_t, &order::id>>,
        multi_index::hashed_non_unique<multi_index::member<order, std::string, &order::client>>,
        multi_index::ordered_non_unique<multi_index::member<order, double, &order::price>>>>;

// One to seven orders of each client: the nodes of three and more with one key are linked
// otherwise.
using clients = multi_index::multi_index_container<
    order,
    multi_index::indexed_by<
        multi_index::hashed_non_unique<multi_index::member<order, std::string, &order::client>>,
        multi_index::hashed_unique<multi_index::member<order, uint64_t, &order::id>>>>;

template <class Container> struct hashed_index : standard_table<Container> {
    static constexpr auto implementation = "boost::multi_index hashed index";
    using base = standard_table<Container>;
    using value = typename Container::value_type;

    static order order_of(uint64_t i)
    {
        return order{i, "client " + std::to_string(i * i % 7 + i / 7 * 7), double(i % 977)};
    }
    static void insert(Container &t, uint64_t i)
    {
        if constexpr (std::is_same_v<value, order>)
            t.insert(order_of(i));
        else
            base::insert(t, i);
    }
    static void erase(Container &t, uint64_t i)
    {
        if constexpr (std::is_same_v<Container, clients>)
            t.template get<1>().erase(i);
        else if constexpr (std::is_same_v<value, order>)
            t.erase(i);
        else
            base::erase(t, i);
    }
    // rehash() returns when all entries have room.
    static void shrink(Container &t)
    {
        Container fresh;
        for (const value &v : t)
            fresh.insert(v);
        t.swap(fresh);
    }
    // The object counts the words of its array before their address.
    static const void *array(const Container &t)
    {
        auto word = reinterpret_cast<const uint64_t *>(&t);
        while (*word != t.bucket_count() + 1)
            word++;
        return reinterpret_cast<const void *>(word[1]);
    }
    static uint64_t array_bytes(const Container &t)
    {
        return (t.bucket_count() + 1) * 8;
    }
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "numbers";
    if (kind == "numbers")
        scenarios<hashed_index<numbers>>::run(scenario);
    else if (kind == "orders")
        scenarios<hashed_index<orders>>::run(scenario);
    else if (kind == "clients")
        scenarios<hashed_index<clients>>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
