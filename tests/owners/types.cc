/* Tables of many types, each of a capacity of its own; some grow while another one works. */
#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace
{
struct Point {
    int x, y;
};
} // namespace

/* Builds a table as it is made, which is inside a function of the table that it goes into. */
struct Room {
    std::unordered_set<uint16_t> guests;
    Room()
    {
        guests.reserve(5000);
    }
};

template <typename Key, typename Value> class Cache
{
  public:
    std::unordered_map<Key, Value> entries;
};

struct Hash {
    std::size_t operator()(long key) const
    {
        return static_cast<std::size_t>(key) * 31;
    }
};

static std::unordered_map<std::string, std::vector<int>> g_map;
static std::unordered_multimap<int, std::string> g_multimap;
static std::unordered_set<std::string> g_set;
static std::unordered_multiset<uint64_t> g_multiset;
static std::unordered_map<int, Room> g_rooms;
static std::unordered_map<int, std::unordered_map<int, char>> g_maps;
static std::unordered_map<long, int, Hash> g_hashed;
static std::unordered_map<int, Point> g_hidden;
static Cache<short, bool> g_cache;

static void tell(std::size_t capacity, const char *type)
{
    printf("%zu %s\n", capacity, type);
}

int main()
{
    for (int i = 0; i < 20000; i++)
        g_map[std::to_string(i)].push_back(i);
    tell(g_map.bucket_count(), "std::unordered_map<std::string, std::vector<int>>");
    for (int i = 0; i < 40000; i++)
        g_multimap.emplace(i, "value");
    tell(g_multimap.bucket_count(), "std::unordered_multimap<int, std::string>");
    for (int i = 0; i < 80000; i++)
        g_set.insert(std::to_string(i));
    tell(g_set.bucket_count(), "std::unordered_set<std::string>");
    for (int i = 0; i < 160000; i++)
        g_multiset.insert(static_cast<uint64_t>(i));
    tell(g_multiset.bucket_count(), "std::unordered_multiset<unsigned long>");
    g_rooms[1].guests.insert(1);
    tell(g_rooms[1].guests.bucket_count(), "std::unordered_set<unsigned short>");
    g_maps[1].reserve(7000);
    g_maps[1][1] = 1;
    tell(g_maps[1].bucket_count(), "std::unordered_map<int, char>");
    g_hashed.reserve(9000);
    g_hashed[1] = 1;
    tell(g_hashed.bucket_count(), "std::unordered_map<long, int>");
    g_hidden.reserve(11000);
    g_hidden[1] = Point{1, 2};
    tell(g_hidden.bucket_count(), "std::unordered_map<int, (anonymous namespace)::Point>");
    g_cache.entries.reserve(13000);
    g_cache.entries[1] = true;
    tell(g_cache.entries.bucket_count(), "std::unordered_map<short, bool>");
    return 0;
}
