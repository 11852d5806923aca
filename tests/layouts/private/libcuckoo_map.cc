// libcuckoo (Debian's package): four slots a bucket, a byte of each hash and a flag beside them.
// The table itself counts its entries lock by lock, so that no word of its object does. With a third
// argument its memory is filled before it is used, so that nothing tells what is in the slots.
#include <libcuckoo/cuckoohash_map.hh>

#include "scenario.h"

// Where the largest block that it allocated begins: the buckets, after all locks.
static void *largest;
static std::size_t largest_bytes;

template <typename T> struct Noting : std::allocator<T> {
    template <typename U> struct rebind {
        typedef Noting<U> other;
    };

    Noting() = default;
    template <typename U> Noting(const Noting<U> &)
    {
    }

    T *allocate(std::size_t count)
    {
        T *memory = std::allocator<T>::allocate(count);
        if (count * sizeof(T) >= largest_bytes) {
            largest = memory;
            largest_bytes = count * sizeof(T);
        }
        return memory;
    }
};

typedef std::pair<const std::uint64_t, std::uint64_t> Entry;
typedef libcuckoo::cuckoohash_map<std::uint64_t, std::uint64_t, std::hash<std::uint64_t>,
                                  std::equal_to<std::uint64_t>, Noting<Entry>>
    Map;

static void *create()
{
    return new Map(64);
}

static void insert(void *table, std::uint64_t key, std::uint64_t value)
{
    static_cast<Map *>(table)->insert_or_assign(key, value);
}

static bool find(void *table, std::uint64_t key, std::uint64_t *value)
{
    return static_cast<Map *>(table)->find(key, *value);
}

static bool erase(void *table, std::uint64_t key)
{
    return static_cast<Map *>(table)->erase(key);
}

static void destroy(void *table)
{
    delete static_cast<Map *>(table);
}

static struct shape shape_of(const void *table)
{
    Map &map = *static_cast<Map *>(const_cast<void *>(table));
    struct shape shape = {};
    auto locked = map.lock_table();
    shape.address = largest;
    shape.capacity = locked.capacity();
    shape.live = locked.size();
    return shape;
}

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 200000;
    kind.destroy_empties = true;
    kind.counts_nowhere = argc > 3;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
