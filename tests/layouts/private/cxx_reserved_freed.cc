// A table of a fixed size, of numbers that a mix of this program's own puts into their slots, with
// a name as value. Local to main, it is gone before the last snapshot; nobody saw it growing.
#include <cstdint>
#include <string>
#include <vector>

#include "scenario.h"

namespace
{

constexpr std::size_t SLOTS = 131072;

struct Slot {
    std::uint64_t key = 0; // 0: empty
    std::string name;
};

struct Orders {
    std::vector<Slot> slots = std::vector<Slot>(SLOTS);
    std::size_t count = 0;
};

APART std::size_t place_of(const Slot &slot)
{
    std::uint64_t hash = (0x6a09e667f3bcc909u ^ slot.key) * 0xd1342543de82ef95u;
    hash ^= hash >> 27;
    return hash * 0xaef17502108ef2d9u % SLOTS;
}

Slot *look_up(Orders &orders, std::uint64_t key)
{
    Slot wanted;
    wanted.key = key;
    for (std::size_t at = place_of(wanted);; at = (at + 1) % SLOTS)
        if (orders.slots[at].key == 0 || orders.slots[at].key == key)
            return &orders.slots[at];
}

void *create()
{
    return new Orders;
}

void insert(void *table, std::uint64_t key, std::uint64_t value)
{
    auto *orders = static_cast<Orders *>(table);
    Slot *slot = look_up(*orders, key);
    orders->count += slot->key == 0;
    slot->key = key;
    slot->name = "order " + std::to_string(value);
}

bool find(void *table, std::uint64_t key, std::uint64_t *value)
{
    const Slot *slot = look_up(*static_cast<Orders *>(table), key);
    if (slot->key != 0)
        *value = std::stoull(slot->name.substr(6));
    return slot->key != 0;
}

// What follows is moved back.
bool erase(void *table, std::uint64_t key)
{
    auto *orders = static_cast<Orders *>(table);
    Slot *hole = look_up(*orders, key);
    if (hole->key == 0)
        return false;
    orders->count--;
    std::size_t at = static_cast<std::size_t>(hole - orders->slots.data());
    for (std::size_t next = (at + 1) % SLOTS; orders->slots[next].key != 0;
         next = (next + 1) % SLOTS) {
        std::size_t home = place_of(orders->slots[next]);
        if ((next + SLOTS - home) % SLOTS < (next + SLOTS - at) % SLOTS)
            continue;
        orders->slots[at] = std::move(orders->slots[next]);
        at = next;
    }
    orders->slots[at] = Slot();
    return true;
}

void destroy(void *table)
{
    delete static_cast<Orders *>(table);
}

shape shape_of(const void *table)
{
    auto *orders = static_cast<const Orders *>(table);
    shape result{};
    result.address = orders->slots.data();
    result.capacity = SLOTS;
    result.live = orders->count;
    return result;
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind{};
    kind.entries = 70000;
    kind.never_grows = true;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
