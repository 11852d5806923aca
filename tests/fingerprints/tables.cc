// Tables that grow in every kind of function that compilers name, inline or leave out differently.
// Compiled in many ways; each table must keep its fingerprint. VALUE is the type of the values.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#ifndef VALUE
#define VALUE long
#endif

static const int many = 20000;

// A member of a class template, called through another: both small enough to be inlined.
template <class Value> class Cache
{
  public:
    void remember(int key)
    {
        entries[key] = Value();
    }
    void fill(int from)
    {
        for (int i = from; i < from + many; i++)
            remember(i);
    }
    size_t size() const
    {
        return entries.size();
    }

  private:
    std::unordered_map<int, Value> entries;
};

// The last thing that a function does: at -O2 a jump, and the function is on no stack.
namespace registry
{
std::unordered_map<int, VALUE> by_number;

__attribute__((noinline)) void add_all(int from)
{
    for (int i = from; i < from + many; i++)
        by_number.emplace(i, VALUE());
    __asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void reload(int from)
{
    std::puts("reload");
    return add_all(from);
}

__attribute__((noinline)) void insert_one(std::unordered_map<std::string, VALUE> &map,
                                          const std::string &name)
{
    map.try_emplace(name, VALUE());
}
} // namespace registry

// Internal linkage.
namespace
{
struct Session {
    std::unordered_set<std::string> names;
    void open(int number)
    {
        names.insert("session " + std::to_string(number));
    }
};

struct Reserving {
    std::unordered_map<long, VALUE> map;
    void prepare()
    {
        map.rehash(many * 2);
    }
};
} // namespace

static std::unordered_map<int, VALUE> by_recursion;

static int descend(int depth)
{
    if (depth > 0)
        return descend(depth - 1) + depth;
    for (int i = 0; i < many; i++)
        by_recursion[i] = VALUE();
    return 0;
}

// A virtual function, called through a base class.
struct Sink {
    virtual ~Sink() = default;
    virtual void take(int number) = 0;
};

struct Counting final : Sink {
    std::unordered_map<int, VALUE> counts;
    void take(int number) override
    {
        counts[number] = VALUE();
    }
};

__attribute__((noinline)) static void feed(Sink &sink)
{
    for (int i = 0; i < many; i++)
        sink.take(i);
}

template <class Function> static void each(Function function)
{
    for (int i = 0; i < many; i++)
        function(i);
}

__attribute__((noinline)) static size_t with_lambda()
{
    auto map = new std::unordered_map<unsigned, VALUE>;
    each([&](int i) { (*map)[static_cast<unsigned>(i)] = VALUE(); });
    return map->size();
}

__attribute__((noinline)) static size_t with_std_function()
{
    auto map = new std::unordered_map<unsigned short, VALUE>;
    std::function<void(int)> insert = [map](int i) {
        (*map)[static_cast<unsigned short>(i)] = VALUE();
    };
    each(insert);
    return map->size();
}

// Filled before main().
static std::unordered_map<int, VALUE> before_main = [] {
    std::unordered_map<int, VALUE> map;
    for (int i = 0; i < many; i++)
        map[i] = VALUE();
    return map;
}();

int main()
{
    static Cache<VALUE> cache;
    cache.fill(1);
    registry::reload(1);
    static std::unordered_map<std::string, VALUE> named;
    for (int i = 0; i < many; i++)
        registry::insert_one(named, "number " + std::to_string(i));
    static Session session;
    for (int i = 0; i < many; i++)
        session.open(i);
    static Reserving reserving;
    reserving.prepare();
    descend(5);
    static Counting counting;
    feed(counting);
    size_t sum = with_lambda() + with_std_function();
    std::printf("%zu\n", sum + cache.size() + registry::by_number.size() + named.size() +
                             session.names.size() + by_recursion.size() + before_main.size());
    std::fflush(stdout);
    std::_Exit(0); // no destructor frees anything
}
