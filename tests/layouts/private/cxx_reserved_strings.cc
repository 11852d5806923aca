// Sessions by name, in as many slots as there may ever be. Each slot is constructed with an empty
// string, which points at itself, and reset to that on erase: the letters of a short name but the
// first stay where they were. std::hash of the name, of which the library's part is a call, goes
// through a mix of this program's own.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenario.h"

namespace
{

constexpr std::size_t SLOTS = 131072;

struct Slot {
    std::string name;
    std::uint64_t value = 0;
    bool used = false;
};

struct Sessions {
    std::vector<Slot> slots = std::vector<Slot>(SLOTS);
    std::size_t count = 0;
};

std::string name_of(std::uint64_t key)
{
    return key % 2 ? "s" + std::to_string(key) : "session/of/subscriber/" + std::to_string(key);
}

APART std::size_t place_of(const std::string &name)
{
    std::size_t hash = std::hash<std::string>()(name) + 0x51ed270b7a1f39c5u;
    hash ^= (hash << 7) + (hash >> 3) + 0x2c1b3c6d;
    hash ^= (std::hash<std::string>()(name) >> 9) + (hash << 5) + (hash >> 11);
    return hash & (SLOTS - 1);
}

std::size_t look_up(const Sessions &all, const std::string &name)
{
    std::size_t at = place_of(name);
    while (all.slots[at].used && all.slots[at].name != name)
        at = (at + 1) % SLOTS;
    return at;
}

void *create()
{
    return new Sessions;
}

void insert(void *table, std::uint64_t key, std::uint64_t value)
{
    auto *all = static_cast<Sessions *>(table);
    const std::string name = name_of(key);
    Slot &slot = all->slots[look_up(*all, name)];
    if (!slot.used) {
        slot.name = name;
        slot.used = true;
        all->count++;
    }
    slot.value = value;
}

bool find(void *table, std::uint64_t key, std::uint64_t *value)
{
    auto *all = static_cast<Sessions *>(table);
    const Slot &slot = all->slots[look_up(*all, name_of(key))];
    if (slot.used)
        *value = slot.value;
    return slot.used;
}

// What follows is moved back.
bool erase(void *table, std::uint64_t key)
{
    auto *all = static_cast<Sessions *>(table);
    std::size_t hole = look_up(*all, name_of(key));
    if (!all->slots[hole].used)
        return false;
    all->count--;
    for (std::size_t next = (hole + 1) % SLOTS; all->slots[next].used; next = (next + 1) % SLOTS) {
        std::size_t home = place_of(all->slots[next].name);
        if ((next - home) % SLOTS < (next - hole) % SLOTS)
            continue;
        all->slots[hole] = std::move(all->slots[next]);
        hole = next;
    }
    all->slots[hole] = Slot();
    return true;
}

void destroy(void *table)
{
    delete static_cast<Sessions *>(table);
}

shape shape_of(const void *table)
{
    auto *all = static_cast<const Sessions *>(table);
    shape result{};
    result.address = all->slots.data();
    result.capacity = SLOTS;
    result.live = all->count;
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
