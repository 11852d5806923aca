/* Tables of std::unordered_map in static variables of all kinds, each of a size of its own. */
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "owners.h"

using Table = std::unordered_map<uint64_t, uint64_t>;

struct Cache {
    uint64_t hits = 0;
    Table sessions;
    struct {
        int level = 1;
        Table by_name;
    } index;
};

struct Derived : Cache {
    Table extra;
};

static Table g_plain;
static Cache g_cache;
static Cache g_shards[5];
static Derived g_derived;
__attribute__((used)) static Cache *g_server;
static std::unique_ptr<Cache> g_unique;
static std::shared_ptr<Cache> g_shared;
static std::vector<Cache> g_vector;
static std::map<int, Cache> g_by_number;
static thread_local Table t_local;
__attribute__((used)) static void *g_opaque;

namespace app
{
namespace
{
Table hidden;
}
Table visible;
struct Registry {
    static Cache instance_;
    static Table &named()
    {
        static Table names;
        return names;
    }
};
Cache Registry::instance_;
} // namespace app

static Table &lookup()
{
    static Table cache;
    return cache;
}

struct Node {
    Node *next = nullptr;
    Cache cache;
};
__attribute__((used)) static struct {
    int count;
    Node *first;
} g_list;

/* globals wait: says "ready" and waits until its input ends. */
int main(int argc, char **)
{
    g_server = new Cache;
    g_unique = std::make_unique<Cache>();
    g_shared = std::make_shared<Cache>();
    g_vector.resize(40);
    g_opaque = new Table;
    g_list.first = new Node;
    g_list.first->next = new Node;

    fill(g_plain, "g_plain");
    fill(g_cache.sessions, "g_cache.sessions");
    fill(g_cache.index.by_name, "g_cache.index.by_name");
    fill(g_shards[3].sessions, "g_shards[3].sessions");
    fill(g_derived.sessions, "g_derived.sessions");
    fill(g_derived.extra, "g_derived.extra");
    fill(g_server->sessions, "g_server->sessions");
    fill(g_unique->sessions, "g_unique->sessions");
    fill(g_shared->sessions, "in *g_shared");
    fill(g_vector[7].sessions, "g_vector[7].sessions");
    fill(g_by_number[9].sessions, "g_by_number[...]");
    fill(t_local, "t_local");
    fill(*static_cast<Table *>(g_opaque), "g_opaque");
    fill(app::hidden, "app::(anonymous namespace)::hidden");
    fill(app::visible, "app::visible");
    fill(app::Registry::instance_.sessions, "app::Registry::instance_.sessions");
    fill(app::Registry::named(), "app::Registry::named()::names");
    fill(lookup(), "lookup()::cache");
    fill(g_list.first->next->cache.sessions, "g_list.first->next->cache.sessions");
    if (argc > 1) {
        std::puts("ready");
        std::fflush(stdout);
        std::getchar();
    }
    return 0;
}
