// Buckets in a vector that is resized to a prime below twice the last one, so that the vector,
// which doubles, has room for more. All nodes are taken out before. A node keeps its hash.
#include <cstdint>
#include <vector>

#include "scenario.h"

namespace
{

struct Node {
    Node *next;
    std::uint64_t hash, key, value;
};

struct Bucket {
    Node *first = nullptr;
    std::uint64_t number = 0;
    bool is_mixed = false;
};

const std::size_t primes[] = {509, 1013, 2017, 4027, 8039, 16067, 32099, 64187, 128341, 256661};

struct Table {
    std::vector<Bucket> buckets;
    std::size_t which = 0, nodes = 0;
};

std::uint64_t hash_of(std::uint64_t key)
{
    key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    key = (key ^ key >> 27) * 0x81dadef4bc2dd44du;
    return key ^ key >> 33;
}

Bucket &bucket_of(Table *table, std::uint64_t hash)
{
    return table->buckets[hash % table->buckets.size()];
}

void put(Table *table, Node *node)
{
    Bucket &bucket = bucket_of(table, node->hash);
    node->next = bucket.first;
    bucket.first = node;
    bucket.is_mixed = bucket.number++ > 0;
}

void grow(Table *table)
{
    Node *all = nullptr;
    for (Bucket &bucket : table->buckets) {
        while (Node *node = bucket.first) {
            bucket.first = node->next;
            node->next = all;
            all = node;
        }
        bucket = Bucket();
    }
    table->buckets.resize(primes[++table->which]);
    while (Node *node = all) {
        all = node->next;
        put(table, node);
    }
}

void *create()
{
    Table *table = new Table;
    table->buckets.resize(primes[0]);
    return table;
}

Node **search(Table *table, std::uint64_t key)
{
    Node **at = &bucket_of(table, hash_of(key)).first;
    while (*at != nullptr && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

void insert(void *opaque, std::uint64_t key, std::uint64_t value)
{
    Table *table = static_cast<Table *>(opaque);
    Node *node = *search(table, key);
    if (node != nullptr) {
        node->value = value;
        return;
    }
    if (table->nodes >= table->buckets.size())
        grow(table);
    put(table, new Node{nullptr, hash_of(key), key, value});
    table->nodes++;
}

bool find(void *opaque, std::uint64_t key, std::uint64_t *value)
{
    Node *node = *search(static_cast<Table *>(opaque), key);
    if (node != nullptr)
        *value = node->value;
    return node != nullptr;
}

bool erase(void *opaque, std::uint64_t key)
{
    Table *table = static_cast<Table *>(opaque);
    Node **at = search(table, key), *node = *at;
    if (node == nullptr)
        return false;
    *at = node->next;
    bucket_of(table, node->hash).number--;
    delete node;
    table->nodes--;
    return true;
}

void destroy(void *opaque)
{
    Table *table = static_cast<Table *>(opaque);
    for (Bucket &bucket : table->buckets)
        while (Node *node = bucket.first) {
            bucket.first = node->next;
            delete node;
        }
    delete table;
}

shape shape_of(const void *opaque)
{
    const Table *table = static_cast<const Table *>(opaque);
    shape shape = {};
    shape.address = table->buckets.data();
    shape.capacity = table->buckets.size();
    shape.live = table->nodes;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind = {};
    kind.entries = 120000;
    kind.never_grows = true; // as far as is to be seen: its nodes are taken out before
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
