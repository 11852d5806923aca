// A vector of slots that nothing counts but its two pointers to the end. Ids lie in it where they
// are, so that each growth leaves all of them in their places.
#include <cstdint>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    bool is_used = false;
};

struct Table {
    std::vector<Slot> slots = std::vector<Slot>(16);
    std::size_t entries = 0;
};

Slot *search(std::vector<Slot> *slots, std::uint64_t key)
{
    std::size_t at = key % slots->size();
    while ((*slots)[at].is_used && (*slots)[at].key != key)
        at = (at + 1) % slots->size();
    return &(*slots)[at];
}

void *create()
{
    return new Table;
}

void insert(void *opaque, std::uint64_t key, std::uint64_t value)
{
    Table *table = static_cast<Table *>(opaque);
    if ((table->entries + 1) * 4 > table->slots.size() * 3) {
        std::vector<Slot> bigger(table->slots.size() * 2);
        for (const Slot &slot : table->slots)
            if (slot.is_used)
                *search(&bigger, slot.key) = slot;
        table->slots.swap(bigger);
    }
    Slot *slot = search(&table->slots, key);
    table->entries += !slot->is_used;
    *slot = Slot{key, value, true};
}

bool find(void *opaque, std::uint64_t key, std::uint64_t *value)
{
    Slot *slot = search(&static_cast<Table *>(opaque)->slots, key);
    *value = slot->value;
    return slot->is_used;
}

// What was put off its place because of this entry moves up.
bool erase(void *opaque, std::uint64_t key)
{
    Table *table = static_cast<Table *>(opaque);
    Slot *slot = search(&table->slots, key);
    if (!slot->is_used)
        return false;
    std::size_t at = std::size_t(slot - table->slots.data()), capacity = table->slots.size();
    *slot = Slot();
    table->entries--;
    for (std::size_t next = (at + 1) % capacity;
         table->slots[next].is_used && table->slots[next].key % capacity != next;
         next = (next + 1) % capacity) {
        Slot moved = std::exchange(table->slots[next], Slot());
        *search(&table->slots, moved.key) = moved;
    }
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
    kind.entries = 150000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
