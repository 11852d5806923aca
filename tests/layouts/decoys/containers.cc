// Containers of C++ with elements of 1 to 64 bytes, and what the standard library allocates on the
// side: deques, heaps, flat maps, bit vectors, small strings, buffers of stable sorts.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory_resource>
#include <numeric>
#include <queue>
#include <set>
#include <string>
#include <valarray>
#include <vector>

#include "decoy.h"
#include "sizes.h"

namespace
{

template <std::size_t kBytes> struct Element {
    std::array<char, kBytes> bytes;
    static Element Of(std::size_t number)
    {
        Element element;
        write_element(element.bytes.data(), kBytes, number);
        return element;
    }
    bool operator<(const Element &other) const
    {
        return bytes < other.bytes;
    }
    bool operator==(const Element &other) const
    {
        return bytes == other.bytes;
    }
};

// Calls Build<kBytes>() for the element size that is asked for.
template <template <std::size_t> class Build> void Dispatch(struct sizes sizes)
{
    switch (sizes.element) {
    case 1:
        return Build<1>::Run(sizes);
    case 2:
        return Build<2>::Run(sizes);
    case 4:
        return Build<4>::Run(sizes);
    case 8:
        return Build<8>::Run(sizes);
    case 12:
        return Build<12>::Run(sizes);
    case 16:
        return Build<16>::Run(sizes);
    case 24:
        return Build<24>::Run(sizes);
    case 32:
        return Build<32>::Run(sizes);
    case 48:
        return Build<48>::Run(sizes);
    default:
        return Build<64>::Run(sizes);
    }
}

template <std::size_t kBytes> struct PushedVector {
    static void Run(struct sizes sizes)
    {
        std::vector<Element<kBytes>> vector;
        for (std::size_t i = 0; vector.size() * kBytes < sizes.total; i++)
            vector.push_back(decoy_random() % 3 ? Element<kBytes>::Of(i) : Element<kBytes>{});
        look_at_size("vector", sizes, vector.data());
        std::fill(vector.begin() + vector.size() / 50, vector.end(), Element<kBytes>{});
        look_at_size("vector, mostly default values", sizes, vector.data());
        vector.resize(vector.size() / 50);
        look_at_size("vector, resized", sizes, vector.data());
    }
};

template <std::size_t kBytes> struct EraseRemoved {
    static void Run(struct sizes sizes)
    {
        std::vector<Element<kBytes>> vector;
        for (std::size_t i = 0; vector.size() * kBytes < sizes.total * 3 / 4;) {
            for (std::size_t until = i + 200; i < until; i++)
                vector.push_back(Element<kBytes>::Of(i));
            if (decoy_random() % 8 == 0) { // unordered erase: the last one takes the place
                for (int k = 0; k < 50; k++) {
                    vector[decoy_random() % vector.size()] = vector.back();
                    vector.pop_back();
                }
            }
        }
        look_at_size("vector with erased places refilled", sizes, vector.data());
        vector.erase(std::remove_if(vector.begin(), vector.end(),
                                    [](const Element<kBytes> &) { return decoy_random() % 50; }),
                     vector.end());
        look_at_size("vector, erased and removed", sizes, vector.data());
    }
};

template <std::size_t kBytes> struct FlatMap {
    static void Run(struct sizes sizes)
    {
        sizes.total = std::min(sizes.total, std::size_t{256} << 10); // insertion takes square time
        std::vector<Element<kBytes>> sorted;
        for (std::size_t i = 0; sorted.size() * kBytes < sizes.total * 3 / 4; i++) {
            Element<kBytes> element = Element<kBytes>::Of(decoy_random());
            auto place = std::lower_bound(sorted.begin(), sorted.end(), element);
            sorted.insert(place, element);
        }
        look_at_size("flat map", sizes, sorted.data());
        sorted.erase(sorted.begin() + sorted.size() / 50, sorted.end());
        look_at_size("flat map, erased", sizes, sorted.data());
    }
};

template <std::size_t kBytes> struct PriorityQueue {
    struct Open : std::priority_queue<Element<kBytes>> {
        const void *data() const
        {
            return this->c.data();
        }
    };
    static void Run(struct sizes sizes)
    {
        Open queue;
        while (queue.size() * kBytes < sizes.total * 3 / 4) {
            queue.push(Element<kBytes>::Of(decoy_random() % 100000));
            if (decoy_random() % 4 == 0)
                queue.pop();
        }
        look_at_size("priority queue", sizes, queue.data());
        while (queue.size() * kBytes > sizes.total / 4)
            queue.pop();
        look_at_size("priority queue, popped", sizes, queue.data());
    }
};

template <std::size_t kBytes> struct StableSort {
    static void Run(struct sizes sizes)
    {
        // The temporary buffer is allocated and freed within each sort.
        std::vector<Element<kBytes>> kept;
        for (std::size_t bytes = 4096; bytes <= sizes.total; bytes *= 2) {
            std::vector<Element<kBytes>> next(bytes / kBytes);
            std::copy(kept.begin(), kept.end(), next.begin());
            for (std::size_t i = kept.size(); i < next.size(); i += 1 + decoy_random() % 2)
                next[i] = Element<kBytes>::Of(decoy_random());
            std::stable_sort(next.begin(), next.end());
            kept = std::move(next);
        }
        look_at_size("stably sorted vector", sizes, kept.data());
        std::fill(kept.begin(), kept.end() - kept.size() / 60, Element<kBytes>{});
        look_at_size("stably sorted vector, drained", sizes, kept.data());
    }
};

template <std::size_t kBytes> struct SwappedColumns {
    static void Run(struct sizes sizes)
    {
        std::vector<Element<kBytes>> rows, other;
        for (std::size_t count = 128; count * kBytes <= sizes.total; count *= 2) {
            other.assign(count, Element<kBytes>{});
            for (std::size_t i = 0; i < count; i++) { // a gather by a random index
                if (decoy_random() % 3)
                    other[i] =
                        rows.empty() ? Element<kBytes>::Of(i) : rows[decoy_random() % rows.size()];
            }
            rows.swap(other);
        }
        look_at_size("gathered column", sizes, rows.data());
        std::fill(rows.begin() + 30, rows.end(), Element<kBytes>{});
        look_at_size("gathered column, filtered", sizes, rows.data());
    }
};

void PushedVectors()
{
    for_sizes(Dispatch<PushedVector>);
}
void EraseRemoveds()
{
    for_sizes(Dispatch<EraseRemoved>);
}
void FlatMaps()
{
    for_sizes(Dispatch<FlatMap>);
}
void PriorityQueues()
{
    for_sizes(Dispatch<PriorityQueue>);
}
void StableSorts()
{
    for_sizes(Dispatch<StableSort>);
}
void GatheredColumns()
{
    for_sizes(Dispatch<SwappedColumns>);
}

void Strings()
{
    std::vector<std::string> strings;
    std::string text;
    for (std::size_t i = 0; i < 200000; i++) {
        strings.push_back(i % 4 ? std::string() : std::to_string(i) + std::string(i % 40, 'x'));
        text += strings.back();
    }
    decoy_look("vector of strings", strings.data());
    decoy_look("long string", text.data());
    for (std::string &string : strings)
        std::string().swap(string);
    text.assign("short");
    decoy_look("vector of strings, emptied", strings.data());
    decoy_look("long string, assigned a short one", text.data());
}

void NestedVectors()
{
    std::vector<std::vector<int>> buckets(64);
    for (std::size_t count = 64; count <= 65536; count *= 4) { // distributed by remainder
        std::vector<std::vector<int>> next(count);
        for (std::vector<int> &bucket : buckets) {
            for (int value : bucket)
                next[static_cast<std::size_t>(value) % count].push_back(value);
        }
        for (std::size_t i = 0; i < count / 2; i++) {
            int value = static_cast<int>(decoy_random() % 1000000);
            next[static_cast<std::size_t>(value) % count].push_back(value);
        }
        buckets = std::move(next);
    }
    // A hash table of a kind: what is asked is only that it is not called hollow while it is full.
    decoy_look("vector of vectors", buckets.data());
}

void BitVectors()
{
    std::vector<bool> bits;
    for (std::size_t i = 0; i < 20000000; i++)
        bits.push_back(decoy_random() % 16 == 0);
    decoy_look("vector<bool>", reinterpret_cast<void *>(bits.begin()._M_p));
    for (std::size_t i = 0; i < bits.size(); i++)
        bits[i] = i % 5000 == 0;
    decoy_look("vector<bool>, mostly false", reinterpret_cast<void *>(bits.begin()._M_p));
}

void Deques()
{
    std::deque<std::uint64_t> deque;
    for (std::size_t i = 0; i < 3000000; i++) {
        if (decoy_random() % 3)
            deque.push_back(decoy_random());
        else
            deque.push_front(0);
    }
    void *map; // std::_Deque_impl begins with it
    std::memcpy(&map, static_cast<void *>(&deque), sizeof map);
    decoy_look("map of std::deque", map);
    while (deque.size() > 1000)
        deque.pop_front();
    decoy_look("map of std::deque, popped", map);
}

void MonotonicArena()
{
    std::vector<void *> seen;
    struct Upstream : std::pmr::memory_resource {
        void *last = nullptr;
        void *do_allocate(std::size_t bytes, std::size_t) override
        {
            return last = must(std::calloc(1, bytes));
        }
        void do_deallocate(void *memory, std::size_t, std::size_t) override
        {
            std::free(memory);
        }
        bool do_is_equal(const memory_resource &other) const noexcept override
        {
            return this == &other;
        }
    } upstream;
    std::pmr::monotonic_buffer_resource arena(4096, &upstream);
    std::pmr::set<std::uint64_t> set(&arena);
    for (std::size_t i = 0; i < 100000; i++)
        set.insert(decoy_random());
    decoy_look("monotonic arena", upstream.last);
    set.clear();
    decoy_look("monotonic arena, its set cleared", upstream.last);
}

void Valarrays()
{
    std::valarray<double> samples(64);
    while (samples.size() < 1000000) { // padded with zeros to twice the length, reversed by bits
        std::valarray<double> next(0.0, samples.size() * 2);
        for (std::size_t i = 0; i < samples.size(); i++) {
            std::size_t reversed = 0;
            for (std::size_t bit = 1, from = i; bit < samples.size(); bit *= 2, from /= 2)
                reversed = reversed * 2 + from % 2;
            next[reversed] = samples[i] + static_cast<double>(decoy_random() % 100);
        }
        samples.swap(next);
    }
    decoy_look("samples in bit-reversed order", &samples[0]);
    samples = 0.0;
    samples[3] = 1.0;
    decoy_look("samples, silent", &samples[0]);
}

} // namespace

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"cxx-pushed-vector", PushedVectors},
        {"cxx-erase-remove", EraseRemoveds},
        {"cxx-flat-map", FlatMaps},
        {"cxx-priority-queue", PriorityQueues},
        {"cxx-stable-sort", StableSorts},
        {"cxx-gathered-column", GatheredColumns},
        {"cxx-strings", Strings},
        {"cxx-nested-vectors", NestedVectors},
        {"cxx-bit-vector", BitVectors},
        {"cxx-deque", Deques},
        {"cxx-monotonic-arena", MonotonicArena},
        {"cxx-valarray", Valarrays},
        {nullptr, nullptr},
    };
    return sizes_main(argc, argv, cases);
}
