// QHash, QMultiHash and QSet of Qt 5 and of Qt 6: the same program for both. Scenarios: full,
// removed (one by one, to 2 %), erased (through an iterator, to 2 %), reserve, churn, copy, freed,
// capacity; kinds: map, strings, wide, multi, set.
#include "truth.h"

#include <QHash>
#include <QMultiHash>
#include <QSet>
#include <QString>
#include <cstring>
#include <malloc.h>
#include <string>

static const unsigned kept_of = 50;

struct Wide {
    char bytes[256];
};

// What the kinds differ in: how an entry is added, and by which key it is found.
struct Map : QHash<int, quint64> {
    static const unsigned entries = 300000;
    void add(unsigned i)
    {
        insert(int(i * 2654435761u), i);
    }
    void drop(unsigned i)
    {
        remove(int(i * 2654435761u));
    }
};
struct Strings : QHash<QString, QString> {
    static const unsigned entries = 200000;
    static QString name(unsigned i)
    {
        return QStringLiteral("session ") + QString::number(i);
    }
    void add(unsigned i)
    {
        insert(name(i), QString());
    }
    void drop(unsigned i)
    {
        remove(name(i));
    }
};
struct WideMap : QHash<quint64, Wide> {
    static const unsigned entries = 40000;
    void add(unsigned i)
    {
        insert(i, Wide());
    }
    void drop(unsigned i)
    {
        remove(i);
    }
};
struct Multi : QMultiHash<int, QString> { // each key once: Qt 6 counts keys in its slots
    static const unsigned entries = 200000;
    void add(unsigned i)
    {
        insert(int(i), QString());
    }
    void drop(unsigned i)
    {
        remove(int(i));
    }
};
struct Set : QSet<quint64> {
    static const unsigned entries = 300000;
    void add(unsigned i)
    {
        insert(i);
    }
    void drop(unsigned i)
    {
        remove(i);
    }
};

#if QT_VERSION >= QT_VERSION_CHECK(6, 0, 0)
static const char implementation[] = "QHash (Qt 6)";
static const size_t array_at = 32;      // QHashPrivate::Data::spans
static const size_t count_bytes = 8;    // of new[], in front of the spans
static const unsigned slots_a_unit = 2; // capacity() is the entries that fit
static const bool remove_shrinks = false;
static uint64_t array_bytes(uint64_t capacity)
{
    return 8 + capacity / 128 * 144; // qhash.h: Span, and the count of new[]
}
#else
static const char implementation[] = "QHash (Qt 5)";
static const size_t array_at = 8; // QHashData::buckets
static const size_t count_bytes = 0;
static const unsigned slots_a_unit = 1;
static const bool remove_shrinks = true;
static uint64_t array_bytes(uint64_t capacity)
{
    return 8 * capacity;
}
#endif

template <class Hash> static uint64_t capacity_of(const Hash &hash)
{
    return uint64_t(hash.capacity()) * slots_a_unit;
}

template <class Hash> static truth truth_of(const Hash &hash, uint64_t peak)
{
    const char *data, *array;
    std::memcpy(&data, static_cast<const void *>(&hash), sizeof(data));
    std::memcpy(&array, data + array_at, sizeof(array));
    return truth{implementation,        array - count_bytes, capacity_of(hash),
                 uint64_t(hash.size()), TOMBSTONES_UNTOLD,   peak};
}

// Bytes of glibc's heap that the program holds, the allocator's headers included.
static uint64_t held_bytes()
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// Slots and bytes after squeeze().
static void print_capacities()
{
    for (unsigned live : {0u, 1u, 16u, 33u, 64u, 65u, 100u, 1000u, 5000u, 20000u}) {
        Map hash;
        for (unsigned i = 0; i < 100000; i++)
            hash.add(i);
        auto it = hash.begin();
        while (unsigned(hash.size()) > live)
            it = hash.erase(it);
        uint64_t before = capacity_of(hash);
        hash.squeeze();
        uint64_t after = capacity_of(hash);
        print_capacity(implementation, live, before, array_bytes(before), after,
                       array_bytes(after));
    }
}

template <class Hash> static void run(const std::string &scenario)
{
    auto hash = new Hash;
    const unsigned entries = Hash::entries;
    const char *verdict = "ok";
    if (scenario == "reserve") {
        hash->reserve(int(entries));
        for (unsigned i = 0; i < entries / 300; i++)
            hash->add(i);
        verdict = "over-reserved";
    } else {
        for (unsigned i = 0; i < entries; i++)
            hash->add(i);
    }
    if (scenario == "removed" || scenario == "freed") {
        for (unsigned i = 0; i < entries; i++)
            if (i % kept_of != 0)
                hash->drop(i);
        verdict = remove_shrinks ? "ok" : "hollow";
    } else if (scenario == "erased") {
        unsigned i = 0;
        for (auto it = hash->begin(); it != hash->end(); i++)
            it = i % kept_of != 0 ? hash->erase(it) : std::next(it);
        verdict = "hollow";
    } else if (scenario == "churn") {
        for (unsigned i = 0; i < entries; i++) {
            hash->drop(i);
            hash->add(i + entries);
        }
    } else if (scenario == "copy") {
        Hash shared = *hash;
        hash->drop(1); // detaches: a copy of the same capacity
        truth other = truth_of(shared, entries);
        truth own = truth_of(*hash, entries);
        HASHTRACK_SNAPSHOT("end");
        print_truth(other, "ok", "end", false);
        print_truth(own, "ok", "end", false);
        return;
    } else if (scenario != "full" && scenario != "reserve") {
        unknown_scenario(scenario.c_str());
    }
    truth truth = truth_of(*hash, scenario == "reserve" ? entries / 300 : entries);
    HASHTRACK_SNAPSHOT("end");
    if (scenario == "erased") {
        uint64_t before = held_bytes();
        hash->squeeze();
        print_truth_and_saving(truth, verdict, "end", false, before - held_bytes());
    } else {
        print_truth(truth, verdict, "end", false);
    }
    delete hash;
    if (scenario == "freed" && !remove_shrinks)
        print_truth(truth, verdict, "main-returned", true);
}

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "erased", kind = argc > 2 ? argv[2] : "map";
    if (scenario == "capacity")
        print_capacities();
    else if (kind == "map")
        run<Map>(scenario);
    else if (kind == "strings")
        run<Strings>(scenario);
    else if (kind == "wide")
        run<WideMap>(scenario);
    else if (kind == "multi")
        run<Multi>(scenario);
    else if (kind == "set")
        run<Set>(scenario);
    else
        unknown_scenario(kind.c_str());
}
