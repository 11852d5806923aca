// What the fixtures of C++ tables have in common: the scenarios, and a description of a container
// with the standard library's interface. A fixture tells of each kind of table, by a struct derived
// from standard_table, what is different about it.
#ifndef TABLES_H
#define TABLES_H

#include "truth.h"

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

static const uint64_t kept_of = 50;

// Keys that are the addresses of blocks of their own.
inline uint64_t *block_of(uint64_t i)
{
    static std::vector<std::unique_ptr<uint64_t>> blocks;
    while (blocks.size() <= i)
        blocks.push_back(std::make_unique<uint64_t>(blocks.size()));
    return blocks[i].get();
}

template <class Key> Key key_of(uint64_t i)
{
    if constexpr (std::is_same_v<Key, std::string>)
        return "a key that does not fit into the string object " + std::to_string(i);
    else if constexpr (std::is_same_v<Key, uint64_t *>)
        return block_of(i);
    else if constexpr (std::is_pointer_v<Key>)
        return reinterpret_cast<Key>((i + 1) * 2654435761u);
    else
        return static_cast<Key>(i * 2654435761u);
}

template <size_t size, size_t alignment = 1> struct alignas(alignment) bytes {
    char content[size] = {};
};

// Counts what a container allocates, for the capacity scenario.
inline uint64_t counted_bytes;

template <class T> struct counting_allocator {
    using value_type = T;
    uint64_t *count = &counted_bytes; // something that it keeps in the container's object

    counting_allocator() = default;
    template <class U> counting_allocator(const counting_allocator<U> &other) : count(other.count)
    {
    }
    T *allocate(size_t n)
    {
        *count += n * sizeof(T);
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T *p, size_t n)
    {
        *count -= n * sizeof(T);
        std::allocator<T>().deallocate(p, n);
    }
    template <class U> bool operator==(const counting_allocator<U> &other) const
    {
        return count == other.count;
    }
    template <class U> bool operator!=(const counting_allocator<U> &other) const
    {
        return count != other.count;
    }
};

template <class Container> struct standard_table {
    using table = Container;
    using key_type = typename Container::key_type;
    static const bool is_set = std::is_same_v<key_type, typename Container::value_type>;

    static const uint64_t entries = 300000;

    static void prepare(table &)
    {
    }
    static void insert(table &t, uint64_t i)
    {
        if constexpr (is_set)
            t.insert(key_of<key_type>(i));
        else
            t.insert({key_of<key_type>(i), typename Container::mapped_type()});
    }
    static void erase(table &t, uint64_t i)
    {
        t.erase(key_of<key_type>(i));
    }
    static void reserve(table &t, uint64_t n)
    {
        t.reserve(n);
    }
    static void shrink(table &t)
    {
        t.rehash(0);
    }
    static uint64_t capacity(const table &t)
    {
        return t.bucket_count();
    }
    static uint64_t tombstones(const table &)
    {
        return TOMBSTONES_UNTOLD;
    }
};

// `Kind` also has: implementation, its name in the report; array_word, which word of the object
// holds the address of the main array, or array(table), a place inside it, which is asked for while
// there are entries; array_bytes(table), of all its arrays.
template <class Kind> struct scenarios {
    using table = typename Kind::table;

    template <class K> static auto find_array(const table &t, K *) -> decltype(K::array(t))
    {
        return K::array(t);
    }
    static const void *find_array(const table &t, ...)
    {
        const void *array;
        std::memcpy(&array, reinterpret_cast<const char *>(&t) + 8 * Kind::array_word, 8);
        return array;
    }
    static const void *array_of(const table &t)
    {
        return find_array(t, static_cast<Kind *>(nullptr));
    }

    static table *filled(uint64_t entries)
    {
        auto t = new table;
        Kind::prepare(*t);
        for (uint64_t i = 0; i < entries; i++)
            Kind::insert(*t, i);
        return t;
    }

    static const void *array_of_filled(const table &t)
    {
        return t.size() > 0 ? array_of(t) : nullptr;
    }

    static void sweep(table &t, uint64_t entries, uint64_t kept)
    {
        for (uint64_t i = 0; i < entries; i++)
            if (i % (entries / kept) != 0)
                Kind::erase(t, i);
    }

    static truth truth_of(const table &t, uint64_t peak, const void *array)
    {
        return truth{Kind::implementation, array, Kind::capacity(t), t.size(),
                     Kind::tombstones(t),  peak};
    }

    static void tell(const table &t, const char *verdict, uint64_t peak)
    {
        print_truth(truth_of(t, peak, array_of(t)), verdict, "end", false);
    }

    static void tell_hollow(const table &t, const void *array)
    {
        print_truth(truth_of(t, Kind::entries, array), "hollow", "end", false);
    }

    // One table, and what becomes of it.
    static void one(const std::string &scenario)
    {
        uint64_t entries = Kind::entries, peak = entries;
        table *t = filled(scenario == "reserve" ? 0 : entries);
        const void *array = array_of_filled(*t);
        const char *verdict = "ok";
        if (scenario == "hollow" || scenario == "freed") {
            sweep(*t, entries, entries / kept_of);
            verdict = "hollow";
        } else if (scenario == "shrunk") { // by itself, when it is next inserted into
            sweep(*t, entries, entries / 10);
            Kind::insert(*t, entries);
        } else if (scenario == "clear") {
            t->clear();
            verdict = "hollow";
        } else if (scenario == "reserve") {
            Kind::reserve(*t, entries);
            peak = entries / 300;
            for (uint64_t i = 0; i < peak; i++)
                Kind::insert(*t, i);
            verdict = "over-reserved";
        } else if (scenario == "churn") {
            for (uint64_t i = 0; i < entries; i++) {
                Kind::erase(*t, i);
                Kind::insert(*t, i + entries);
            }
        } else if (scenario != "full") {
            unknown_scenario(scenario.c_str());
        }
        truth truth = truth_of(*t, peak, t->size() > 0 ? array_of(*t) : array);
        HASHTRACK_SNAPSHOT("end");
        print_truth(truth, verdict, "end", false);
        if (scenario == "freed" || scenario == "full") // destroyed when full, it was never hollow
            print_truth(truth, verdict, "main-returned", true);
        delete t;
    }

    // The object is another one than that which grew; of a copy the array, too.
    static void moved()
    {
        std::unique_ptr<table> t(filled(Kind::entries));
        sweep(*t, Kind::entries, Kind::entries / kept_of);
        static table other; // in static memory, which its destructor leaves only after main()
        Kind::prepare(other);
        other = std::move(*t);
        HASHTRACK_SNAPSHOT("end");
        tell_hollow(other, array_of(other));
    }

    // A copy of a hollow table may get as many slots as that has, which it never needed, or as many
    // as it needs.
    static void copied()
    {
        if constexpr (std::is_copy_constructible_v<table>) {
            std::unique_ptr<table> t(filled(Kind::entries));
            sweep(*t, Kind::entries, Kind::entries / kept_of);
            table copy(*t);
            HASHTRACK_SNAPSHOT("end");
            tell_hollow(*t, array_of(*t));
            tell(copy, Kind::capacity(copy) == Kind::capacity(*t) ? "over-reserved" : "ok",
                 Kind::entries);
        } else {
            unknown_scenario("copied");
        }
    }

    // Four threads fill a table each, at the same time and by the same code.
    static void threads()
    {
        table *tables[4];
        std::vector<std::thread> all;
        for (table *&t : tables)
            all.emplace_back([&t] {
                t = filled(Kind::entries);
                sweep(*t, Kind::entries, Kind::entries / kept_of);
            });
        for (std::thread &thread : all)
            thread.join();
        HASHTRACK_SNAPSHOT("end");
        for (table *t : tables)
            tell_hollow(*t, array_of(*t));
    }

    // Small tables of one place, of two entries each that were 200, and that stay to the end.
    static void many(uint64_t count)
    {
        static std::vector<table *> tables;
        for (uint64_t n = 0; n < count; n++) {
            tables.push_back(filled(200));
            for (uint64_t i = 2; i < 200; i++)
                Kind::erase(*tables.back(), i);
        }
        HASHTRACK_SNAPSHOT("end");
        print_many(Kind::implementation, count, Kind::capacity(*tables[0]), 2,
                   Kind::array_bytes(*tables[0]));
    }

    // Hardly anything left: 0, 1 and 2 entries.
    static void few()
    {
        table *tables[3];
        const void *arrays[3];
        for (uint64_t kept = 0; kept < 3; kept++) {
            tables[kept] = filled(Kind::entries);
            arrays[kept] = array_of(*tables[kept]);
            for (uint64_t i = kept; i < Kind::entries; i++)
                Kind::erase(*tables[kept], i);
        }
        HASHTRACK_SNAPSHOT("end");
        for (uint64_t kept = 0; kept < 3; kept++)
            tell_hollow(*tables[kept], arrays[kept]);
    }

    // Wherever the object lies, and wherever the array came from.
    static void places()
    {
        if constexpr (!std::is_copy_constructible_v<table>)
            return unknown_scenario("places");
        else
            copied_and_moved();
    }

    static void copied_and_moved()
    {
        struct owner {
            uint64_t before = 1;
            table member;
            uint64_t after = 2;
        };
        uint64_t entries = Kind::entries / 4;
        static table in_static_memory;
        static owner inside_another;
        std::unique_ptr<table> original(filled(entries)), moved(filled(entries));
        std::unique_ptr<table> swapped(filled(entries));
        table copied(*original), on_a_stack(std::move(*moved));
        Kind::prepare(in_static_memory);
        in_static_memory.swap(*swapped);
        inside_another.member = *original;
        HASHTRACK_SNAPSHOT("end");
        const table *const full[] = {original.get(), &copied, &on_a_stack, &in_static_memory,
                                     &inside_another.member};
        for (const table *t : full)
            tell(*t, "ok", entries);
    }

    // Made for many, given few, and gone when the function returns.
    [[gnu::noinline]] static truth use_local()
    {
        table t;
        Kind::prepare(t);
        Kind::reserve(t, Kind::entries);
        const uint64_t few = Kind::entries / 300;
        for (uint64_t i = 0; i < few; i++)
            Kind::insert(t, i);
        return truth_of(t, few, array_of(t));
    }

    static void local()
    {
        print_truth(use_local(), "over-reserved", "main-returned", true);
    }

    static void tell_rebuilt(const void *array, const char *how)
    {
        printf("DECOY {\"what\": \"rebuilt by %s\", \"address\": \"%p\"}\n", how, array);
    }

    struct cache {
        uint64_t requests = 1;
        std::unique_ptr<table> sessions;
    };

    // What sweep() left.
    static table *fresh_of(uint64_t left)
    {
        auto fresh = new table;
        Kind::prepare(*fresh);
        for (uint64_t i = 0; i < Kind::entries; i += Kind::entries / left)
            Kind::insert(*fresh, i);
        return fresh;
    }

    [[gnu::noinline]] static void replace(cache &owner, uint64_t left)
    {
        owner.sessions.reset(fresh_of(left));
    }

    // A hollow table's array goes because the table was rebuilt, in an array too small to be seen.
    static void rebuilt()
    {
        if constexpr (!std::is_move_assignable_v<table>)
            return unknown_scenario("rebuilt");
        else
            rebuilt_each_way();
    }

    static void rebuilt_each_way()
    {
        const uint64_t left = 40;
        auto owner = std::make_unique<cache>();
        for (int way = 0; way < 4; way++) {
            owner->sessions.reset(filled(Kind::entries));
            sweep(*owner->sessions, Kind::entries, left);
            const void *array = array_of(*owner->sessions);
            if (way == 0) {
                std::unique_ptr<table> fresh(fresh_of(left));
                std::swap(*owner->sessions, *fresh);
                tell_rebuilt(array, "a swap");
            } else if (way == 1) {
                std::unique_ptr<table> fresh(fresh_of(left));
                *owner->sessions = std::move(*fresh);
                tell_rebuilt(array, "an assignment");
            } else if (way == 2) {
                replace(*owner, left);
                tell_rebuilt(array, "a new object");
            } else {
                Kind::shrink(*owner->sessions);
                tell_rebuilt(array, "its own call");
            }
        }
    }

    // What the advised fix leaves.
    static void capacity()
    {
        for (uint64_t live : {0, 1, 5, 12, 13, 100, 1000, 6000, 20000, 54321}) {
            std::unique_ptr<table> t(filled(Kind::entries));
            for (uint64_t i = live; i < Kind::entries; i++)
                Kind::erase(*t, i);
            uint64_t before = Kind::capacity(*t), bytes = Kind::array_bytes(*t);
            Kind::shrink(*t);
            print_capacity(Kind::implementation, live, before, bytes, Kind::capacity(*t),
                           Kind::array_bytes(*t));
        }
    }

    static void run(const std::string &scenario)
    {
        if (scenario == "capacity")
            capacity();
        else if (scenario == "few")
            few();
        else if (scenario == "local")
            local();
        else if (scenario == "rebuilt")
            rebuilt();
        else if (scenario == "places")
            places();
        else if (scenario == "moved")
            moved();
        else if (scenario == "copied")
            copied();
        else if (scenario == "threads")
            threads();
        else if (scenario == "many")
            many(3000); // more than a snapshot asks about one by one: FEW_ARRAYS
        else if (scenario == "very_many")
            many(20000);
        else
            one(scenario);
    }
};

#endif
