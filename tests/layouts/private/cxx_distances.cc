// Robin hood hashing in a vector of slots that begin with the distance from home: -1 in the empty
// ones, and 0 in a good part of the others, so that no word of an empty slot is zero in it alone.
#include <cstdint>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

struct Slot {
    int distance = -1;
    std::uint32_t high = 0, low = 0; // of the key
    std::uint64_t value = 0;
};

struct Table {
    std::vector<Slot> slots = std::vector<Slot>(17);
    std::size_t entries = 0;
};

std::size_t next_prime(std::size_t n)
{
    for (n |= 1;; n += 2) {
        std::size_t d = 3;
        while (d * d <= n && n % d != 0)
            d += 2;
        if (d * d > n)
            return n;
    }
}

std::uint64_t key_of(const Slot &slot)
{
    return std::uint64_t(slot.high) << 32 | slot.low;
}

std::size_t home_of(std::uint64_t key, std::size_t capacity)
{
    key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
    key = (key ^ key >> 27) * 0x81dadef4bc2dd44du;
    return (key ^ key >> 33) % capacity;
}

void place(std::vector<Slot> *slots, Slot slot)
{
    std::size_t at = home_of(key_of(slot), slots->size());
    slot.distance = 0;
    for (;; at = (at + 1) % slots->size(), slot.distance++) {
        Slot &there = (*slots)[at];
        if (there.distance < 0) {
            there = slot;
            return;
        }
        if (there.distance < slot.distance)
            std::swap(there, slot);
    }
}

Slot *search(Table *table, std::uint64_t key)
{
    std::size_t at = home_of(key, table->slots.size());
    for (int distance = 0; table->slots[at].distance >= distance; distance++) {
        if (key_of(table->slots[at]) == key)
            return &table->slots[at];
        at = (at + 1) % table->slots.size();
    }
    return nullptr;
}

void *create()
{
    return new Table;
}

void insert(void *opaque, std::uint64_t key, std::uint64_t value)
{
    Table *table = static_cast<Table *>(opaque);
    Slot *found = search(table, key);
    if (found != nullptr) {
        found->value = value;
        return;
    }
    if ((table->entries + 1) * 2 > table->slots.size()) {
        std::vector<Slot> bigger(next_prime(table->slots.size() * 2));
        for (const Slot &slot : table->slots)
            if (slot.distance >= 0)
                place(&bigger, slot);
        table->slots.swap(bigger);
    }
    Slot slot;
    slot.high = std::uint32_t(key >> 32);
    slot.low = std::uint32_t(key);
    slot.value = value;
    place(&table->slots, slot);
    table->entries++;
}

bool find(void *opaque, std::uint64_t key, std::uint64_t *value)
{
    const Slot *found = search(static_cast<Table *>(opaque), key);
    if (found != nullptr)
        *value = found->value;
    return found != nullptr;
}

bool erase(void *opaque, std::uint64_t key)
{
    Table *table = static_cast<Table *>(opaque);
    Slot *found = search(table, key);
    if (found == nullptr)
        return false;
    std::size_t capacity = table->slots.size(), at = std::size_t(found - table->slots.data());
    for (;;) {
        std::size_t next = (at + 1) % capacity;
        if (table->slots[next].distance <= 0)
            break;
        table->slots[at] = table->slots[next];
        table->slots[at].distance--;
        at = next;
    }
    table->slots[at] = Slot();
    table->entries--;
    return true;
}

void destroy(void *opaque)
{
    delete static_cast<Table *>(opaque);
}

shape shape_of(const void *opaque)
{
    const Table *table = static_cast<const Table *>(opaque);
    shape shape = {};
    shape.address = table->slots.data();
    shape.capacity = table->slots.size();
    shape.live = table->entries;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind = {};
    kind.entries = 300000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
