// Tables whose arrays take a gibibyte: of a kind that hashtrack knows, std::unordered_map, and of
// one that it does not. When the library is there, prints how many seconds a snapshot takes and how
// many of processor time; then what the monotonic clock says right before the end.
//
//     large_tables [MEBIBYTES]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <memory>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace
{
constexpr std::uint64_t TABLE_BYTES = 64u << 20;
constexpr std::uint64_t ENTRIES = 1u << 20;

double seconds(clockid_t clock)
{
    timespec time = {};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct slot {
    std::uint64_t key, value; // key 0: empty
};

// Linear probing, doubled at three quarters.
class open_table
{
  public:
    open_table() : slots(make(16)), capacity(16)
    {
    }

    void insert(std::uint64_t key)
    {
        if ((count + 1) * 4 > capacity * 3)
            grow();
        count++;
        slot_of(key) = {key, count};
    }

    std::uint64_t bytes() const
    {
        return capacity * sizeof(slot);
    }

  private:
    struct deleter {
        void operator()(slot *memory) const
        {
            free(memory);
        }
    };
    using array = std::unique_ptr<slot[], deleter>;

    static array make(std::uint64_t capacity)
    {
        auto *memory = static_cast<slot *>(calloc(capacity, sizeof(slot)));
        if (!memory)
            abort();
        return array(memory);
    }

    slot &slot_of(std::uint64_t key)
    {
        std::uint64_t at = (key * 0x9E3779B97F4A7C15u) >> 20;
        while (slots[at & (capacity - 1)].key != 0)
            at++;
        return slots[at & (capacity - 1)];
    }

    void grow()
    {
        array old = std::move(slots);
        std::uint64_t old_capacity = capacity;
        capacity *= 2;
        slots = make(capacity);
        for (std::uint64_t i = 0; i < old_capacity; i++)
            if (old[i].key != 0)
                slot_of(old[i].key) = old[i];
    }

    array slots;
    std::uint64_t capacity;
    std::uint64_t count = 0;
};
} // namespace

int main(int argc, char **argv)
{
    std::uint64_t bytes = (argc > 1 ? strtoull(argv[1], nullptr, 10) : 1024) << 20;
    std::vector<open_table> unknown(bytes / 2 / TABLE_BYTES);
    std::vector<std::unordered_map<std::uint64_t, std::uint64_t>> known(bytes / 2 / TABLE_BYTES);
    for (auto &table : unknown)
        for (std::uint64_t key = 1; table.bytes() < TABLE_BYTES; key++)
            table.insert(key * 7919);
    for (auto &table : known) {
        table.reserve(TABLE_BYTES / sizeof(void *));
        for (std::uint64_t key = 0; key < ENTRIES; key++)
            table[key * 7919] = key;
    }

    using snapshot = int(const char *);
    auto *take = reinterpret_cast<snapshot *>(dlsym(RTLD_DEFAULT, "hashtrack_snapshot"));
    double start = seconds(CLOCK_MONOTONIC), processor_start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (take && take("measured") == 0)
        printf("snapshot %.6f %.6f\n", seconds(CLOCK_MONOTONIC) - start,
               seconds(CLOCK_PROCESS_CPUTIME_ID) - processor_start);
    printf("end %.6f\n", seconds(CLOCK_MONOTONIC));
    fflush(stdout);
    _exit(0);
}
