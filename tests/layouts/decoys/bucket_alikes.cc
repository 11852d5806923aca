// What holds small vectors, or lists, in an array that grows, and is no table of buckets.
#include <algorithm>
#include <cstdint>
#include <list>
#include <numeric>
#include <vector>

#include "decoy.h"

namespace
{

constexpr std::size_t kRows = 100000;

using Graph = std::vector<std::vector<std::uint32_t>>;

// As many edges as come by chance.
std::vector<std::uint32_t> Edges()
{
    std::vector<std::uint32_t> edges;
    while (decoy_random() % 5 < 2)
        edges.push_back(static_cast<std::uint32_t>(decoy_random() % kRows));
    return edges;
}

// A graph that is copied whenever it has no room, list by list, into twice as many rows.
void CopiedGraph()
{
    Graph graph(64);
    std::size_t rows = 0;
    while (rows < kRows) {
        if (rows == graph.size()) {
            Graph wider(2 * graph.size());
            for (std::size_t i = 0; i < rows; i++)
                wider[i].assign(graph[i].begin(), graph[i].end());
            graph.swap(wider);
        }
        graph[rows++] = Edges();
    }
    decoy_look("graph that is copied", graph.data());
    for (auto &edges : graph)
        if (decoy_random() % 50 != 0)
            std::vector<std::uint32_t>().swap(edges);
    decoy_look("graph that is copied, cut", graph.data());
}

// The same, its rows in another order each time.
void RenumberedGraph()
{
    Graph graph(64);
    std::size_t rows = 0;
    while (rows < kRows) {
        if (rows == graph.size()) {
            Graph wider(2 * graph.size());
            std::vector<std::size_t> order(rows);
            std::iota(order.begin(), order.end(), 0);
            for (std::size_t i = rows; i > 1; i--)
                std::swap(order[i - 1], order[decoy_random() % i]);
            for (std::size_t i = 0; i < rows; i++)
                wider[order[i]].assign(graph[i].begin(), graph[i].end());
            graph.swap(wider);
        }
        graph[rows++] = Edges();
    }
    decoy_look("graph that is renumbered", graph.data());
    for (auto &edges : graph)
        if (decoy_random() % 50 != 0)
            edges.clear();
    decoy_look("graph that is renumbered, cut", graph.data());
}

// A graph of rows with a length and a room, a fifth more each time, whose object counts its edges.
struct Row {
    std::uint32_t *edges;
    std::uint32_t count, room;
};

struct CountedGraph {
    Row *rows;
    std::uint32_t nodes, edges;
};

void AddEdge(Row &row, std::uint32_t edge)
{
    if (row.count == row.room) {
        row.room = row.room == 0 ? 2 : 2 * row.room;
        row.edges = static_cast<std::uint32_t *>(must(realloc(row.edges, row.room * 4)));
    }
    row.edges[row.count++] = edge;
}

void CountedEdges()
{
    auto *graph = new CountedGraph{static_cast<Row *>(must(calloc(64, sizeof(Row)))), 64, 0};
    for (std::uint32_t node = 0; node < kRows; node++) {
        if (node == graph->nodes) {
            std::uint32_t nodes = node * 6 / 5;
            Row *rows = static_cast<Row *>(must(calloc(nodes, sizeof(Row))));
            for (std::uint32_t i = 0; i < node; i++) {
                for (std::uint32_t nth = 0; nth < graph->rows[i].count; nth++)
                    AddEdge(rows[i], graph->rows[i].edges[nth]);
                free(graph->rows[i].edges);
            }
            free(graph->rows);
            graph->rows = rows;
            graph->nodes = nodes;
        }
        // One for most.
        if (node % 7 != 0) {
            AddEdge(graph->rows[node], node + 1);
            graph->edges++;
        }
    }
    decoy_look("graph whose edges are counted", graph->rows);
    for (std::uint32_t i = 0; i < graph->nodes; i++)
        if (i % 50 != 0) {
            graph->edges -= graph->rows[i].count;
            graph->rows[i].count = 0;
        }
    decoy_look("graph whose edges are counted, cut", graph->rows);
    for (std::uint32_t i = 0; i < graph->nodes; i++)
        free(graph->rows[i].edges);
    free(graph->rows);
    delete graph;
}

// Lists of waiting jobs by number, of which most are empty.
void ListsById()
{
    std::vector<std::list<std::uint64_t>> lists;
    for (std::size_t i = 0; i < kRows; i++) {
        lists.emplace_back();
        while (decoy_random() % 5 < 2)
            lists.back().push_back(decoy_random());
    }
    decoy_look("lists by number", lists.data());
    for (auto &list : lists)
        if (decoy_random() % 50 != 0)
            list.clear();
    decoy_look("lists by number, served", lists.data());
}

// A sorted array with gaps in a block whose size is rounded up: what it has room for and what it
// holds stand beside its pointer.
struct Gapped {
    std::size_t room = 96, used = 0;
    std::uint64_t *items = nullptr;
};

std::uint64_t *Block(std::size_t room)
{
    std::size_t bytes = 1024;
    while (bytes < room * sizeof(std::uint64_t))
        bytes *= 2;
    return static_cast<std::uint64_t *>(must(calloc(1, bytes)));
}

void GappedArray()
{
    auto *gapped = new Gapped;
    gapped->items = Block(gapped->room);
    while (gapped->used < kRows) {
        // As many come as there are, and all are spread anew.
        std::vector<std::uint64_t> all;
        for (std::size_t i = 0; i < gapped->room; i++)
            if (gapped->items[i] != 0)
                all.push_back(gapped->items[i]);
        std::size_t wanted = std::max<std::size_t>(48, 2 * all.size());
        while (all.size() < wanted)
            all.push_back(decoy_random());
        std::sort(all.begin(), all.end());
        std::size_t room = 2 * gapped->room;
        std::uint64_t *wider = Block(room);
        for (std::size_t i = 0; i < all.size(); i++)
            wider[i * room / all.size()] = all[i];
        free(gapped->items);
        *gapped = {room, all.size(), wider};
    }
    decoy_look("sorted array with gaps", gapped->items);
    for (std::size_t i = 0; i < gapped->room; i++)
        if (gapped->items[i] != 0 && decoy_random() % 50 != 0) {
            gapped->items[i] = 0;
            gapped->used--;
        }
    decoy_look("sorted array with gaps, emptied", gapped->items);
    free(gapped->items);
    delete gapped;
}

} // namespace

int main(int argc, char **argv)
{
    static const decoy_case cases[] = {
        {"copied-graph", CopiedGraph},   {"renumbered-graph", RenumberedGraph},
        {"counted-edges", CountedEdges}, {"lists-by-id", ListsById},
        {"gapped-array", GappedArray},   {nullptr, nullptr}};
    return decoy_main(argc, argv, cases);
}
