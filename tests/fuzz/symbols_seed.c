/* What the hostile files of fuzz_owners.c begin as: every kind of entry that the analyzer reads,
 * in few bytes. Compiled without libc, in C and as C++. */
#ifdef __cplusplus
#define HIDDEN                                                                                     \
    namespace hidden                                                                               \
    {
#define END }
#else
#define HIDDEN
#define END
#endif

HIDDEN

struct handle;

struct entry {
    struct entry *next;
    long key, value;
};

union either {
    long number;
    struct entry *entry;
};

struct table {
    struct entry **buckets;
    unsigned long bucket_count, live;
    union either extra;
};

struct registry {
    char name[16];
    struct table tables[4];
    struct registry *others[2][3];
    struct handle *handle;
    unsigned flag : 3;
};

static struct registry everything;
static struct registry *first = &everything;
static __thread struct table of_thread;
static void *anything;

static inline __attribute__((always_inline)) long place_of(const struct table *table, long key)
{
    return key * 31 % (long)table->bucket_count;
}

static inline __attribute__((always_inline)) struct entry *look_up(struct table *table, long key)
{
    struct entry *entry = table->buckets[place_of(table, key)];
    while (entry && entry->key != key)
        entry = entry->next;
    return entry;
}

__attribute__((noinline)) static long count(struct table *table, long (*weigh)(struct entry *))
{
    static struct table cache[2];
    struct table local = *table;
    long sum = 0;
    for (unsigned long i = 0; i < local.bucket_count; i++) {
        struct entry *entry = look_up(&local, (long)i);
        sum += entry ? weigh(entry) : 0;
    }
    cache[sum & 1] = local;
    anything = &cache[0];
    return sum + (long)cache[1].live;
}

static long weigh_one(struct entry *entry)
{
    return entry->value;
}

END

#ifdef __cplusplus
    namespace std
{
    template <typename Key, typename Value> class unordered_map
    {
      public:
        Value *buckets;
        unsigned long bucket_count;
        template <typename Other> Value &at(const Other &key)
        {
            return buckets[static_cast<unsigned long>(key) % bucket_count];
        }
    };
    template <typename Type> class vector
    {
      public:
        Type *begin, *end, *room;
    };
} // namespace std

class Service
{
  public:
    virtual long answer(int question);
    std::unordered_map<int, hidden::entry> sessions;
    std::vector<std::unordered_map<long, long>> more;
    static Service *instance;
    enum class State { idle, busy } state;
};

Service *Service::instance;
static Service services[3];

long Service::answer(int question)
{
    struct Local {
        long twice(long number)
        {
            return 2 * number;
        }
    } local;
    auto ask = [this](int key) { return sessions.at(key).value; };
    instance = &services[question & 1];
    return local.twice(ask(question));
}
using namespace hidden;
extern "C"
#endif
    long
    entry_point(long key)
{
    struct entry *found = look_up(&first->tables[key & 3], key);
    of_thread.live += found ? 1 : 0;
    return count(&everything.tables[1], weigh_one) + (long)of_thread.live;
}
