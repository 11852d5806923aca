// std::vector and its relatives: full, sparse, cleared, reordered between growths.
#include <algorithm>
#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "decoy.h"

namespace
{

constexpr std::size_t kCount = 300000;

bool OneIn(unsigned n)
{
    return decoy_random() % n == 0;
}

void FullWords()
{
    std::vector<std::uint64_t> vector;
    for (std::size_t i = 0; i < kCount; i++)
        vector.push_back(decoy_random());
    decoy_look("vector of words", vector.data());
    vector.clear();
    decoy_look("vector of words, cleared", vector.data());
}

void SparsePointers()
{
    std::vector<void *> vector;
    for (std::size_t i = 0; i < kCount; i++)
        vector.push_back(decoy_random() % 10 < 7 ? nullptr : decoy_object());
    decoy_look("vector of pointers, 70 % null", vector.data());
    for (void *&pointer : vector)
        pointer = OneIn(50) ? pointer : nullptr;
    decoy_look("vector of pointers, 99 % null", vector.data());
}

void SparseDoubles()
{
    std::vector<double> vector;
    for (std::size_t i = 0; i < kCount; i++)
        vector.push_back(decoy_random() % 10 < 7 ? 0.0 : static_cast<double>(decoy_random()));
    decoy_look("vector of doubles, 70 % zero", vector.data());
    std::fill(vector.begin(), vector.end(), 0.0);
    decoy_look("vector of doubles, all zero", vector.data());
}

struct Row {
    std::uint64_t id, parent;
    void *owner;
    std::uint32_t flags, count;
};

void Structs()
{
    std::vector<Row> vector;
    for (std::size_t i = 0; i < kCount; i++)
        vector.push_back({i, OneIn(3) ? decoy_random() : 0, OneIn(2) ? decoy_object() : nullptr, 0,
                          static_cast<std::uint32_t>(OneIn(4))});
    decoy_look("vector of structs with empty fields", vector.data());
    for (Row &row : vector)
        row = OneIn(50) ? row : Row{};
    decoy_look("vector of structs, wiped", vector.data());
}

void EmptiedOwners()
{
    std::vector<std::unique_ptr<std::uint64_t>> vector;
    for (std::size_t i = 0; i < kCount; i++)
        vector.push_back(std::make_unique<std::uint64_t>(i));
    decoy_look("vector of unique_ptr", vector.data());
    for (auto &owner : vector) {
        if (!OneIn(50))
            owner.reset();
    }
    decoy_look("vector of unique_ptr, 98 % reset", vector.data());
}

// A growth copies; the shuffle right after it moves every word, as a rehash would.
void ShuffledAfterGrowth()
{
    std::vector<void *> vector;
    for (std::size_t i = 0; i < kCount; i++) {
        std::size_t capacity = vector.capacity();
        vector.push_back(OneIn(3) ? nullptr : decoy_object());
        if (vector.capacity() != capacity) {
            for (std::size_t j = vector.size(); j > 1; j--)
                std::swap(vector[j - 1], vector[decoy_random() % j]);
        }
    }
    decoy_look("vector shuffled after each growth", vector.data());
    for (void *&pointer : vector)
        pointer = OneIn(50) ? pointer : nullptr;
    decoy_look("vector shuffled, then 98 % null", vector.data());
}

void SortedBetweenGrowths()
{
    std::vector<std::uint64_t> vector;
    for (std::size_t i = 0; i < kCount; i++) {
        vector.push_back(OneIn(3) ? 0 : decoy_random());
        if (i % 50000 == 49999)
            std::sort(vector.begin(), vector.end());
    }
    decoy_look("vector sorted between growths", vector.data());
    std::fill(vector.begin(), vector.end(), 0);
    decoy_look("vector sorted, then zeroed", vector.data());
}

// A growth that puts the new elements first: each old word is found again, elsewhere.
void InsertedInFront()
{
    std::vector<void *> vector;
    std::vector<void *> batch(1500);
    while (vector.size() < kCount / 2) {
        for (void *&pointer : batch)
            pointer = OneIn(4) ? nullptr : decoy_object();
        vector.insert(vector.begin(), batch.begin(), batch.end());
    }
    decoy_look("vector grown at its front", vector.data());
    for (void *&pointer : vector)
        pointer = OneIn(50) ? pointer : nullptr;
    decoy_look("vector grown at its front, then 98 % null", vector.data());
}

// The map of a deque is half empty and recentred when it grows.
void DequeMap()
{
    std::deque<std::uint64_t> deque;
    for (std::size_t i = 0; i < 4 * kCount; i++) {
        deque.push_back(i);
        deque.push_front(i);
    }
    decoy_look("deque", &deque.front());
    deque.resize(1000);
    decoy_look("deque, shrunk", &deque.front());
}

void Columns()
{
    std::vector<std::uint64_t> ids;
    std::vector<double> scores;
    std::vector<std::uint8_t> states;
    for (std::size_t i = 0; i < 2 * kCount; i++) {
        ids.push_back(OneIn(3) ? 0 : decoy_random());
        scores.push_back(OneIn(2) ? 0.0 : 1.5);
        states.push_back(static_cast<std::uint8_t>(decoy_random() % 3));
    }
    decoy_look("column of ids", ids.data());
    decoy_look("column of scores", scores.data());
    decoy_look("column of states", states.data());
    std::fill(ids.begin(), ids.end(), 0);
    std::fill(states.begin(), states.end(), 0);
    decoy_look("column of ids, wiped", ids.data());
    decoy_look("column of states, wiped", states.data());
}

void UndoStack()
{
    std::vector<std::string> stack;
    for (std::size_t i = 0; i < kCount / 2; i++)
        stack.push_back("inserted a line of text " + std::to_string(i));
    decoy_look("undo stack", stack.data());
    while (stack.size() > 100)
        stack.pop_back();
    decoy_look("undo stack, unwound", stack.data());
}

void BitVector()
{
    std::vector<bool> bits;
    for (std::size_t i = 0; i < 32 * kCount; i++)
        bits.push_back(i % 97 == 0);
    decoy_look("vector<bool>", reinterpret_cast<const void *>(bits.begin()._M_p));
}

void Queue()
{
    std::vector<std::uint64_t> heap;
    for (std::size_t i = 0; i < kCount; i++) {
        heap.push_back(decoy_random());
        std::push_heap(heap.begin(), heap.end());
    }
    decoy_look("binary heap", heap.data());
    while (heap.size() > kCount / 50) {
        std::pop_heap(heap.begin(), heap.end());
        heap.back() = 0;
        heap.pop_back();
    }
    decoy_look("binary heap, drained", heap.data());
}

void Adjacency()
{
    std::vector<std::vector<std::uint32_t>> graph;
    for (std::size_t i = 0; i < kCount / 3; i++) {
        graph.emplace_back();
        if (OneIn(2))
            graph.back().push_back(static_cast<std::uint32_t>(decoy_random() % (i + 1)));
    }
    decoy_look("adjacency lists", graph.data());
    for (auto &edges : graph) {
        if (!OneIn(50))
            std::vector<std::uint32_t>().swap(edges);
    }
    decoy_look("adjacency lists, cut", graph.data());
}

} // namespace

int main(int argc, char **argv)
{
    static const decoy_case cases[] = {{"full-words", FullWords},
                                       {"sparse-pointers", SparsePointers},
                                       {"sparse-doubles", SparseDoubles},
                                       {"structs", Structs},
                                       {"emptied-owners", EmptiedOwners},
                                       {"shuffled", ShuffledAfterGrowth},
                                       {"sorted", SortedBetweenGrowths},
                                       {"inserted-in-front", InsertedInFront},
                                       {"deque", DequeMap},
                                       {"columns", Columns},
                                       {"undo-stack", UndoStack},
                                       {"bit-vector", BitVector},
                                       {"heap", Queue},
                                       {"adjacency", Adjacency},
                                       {nullptr, nullptr}};
    return decoy_main(argc, argv, cases);
}
