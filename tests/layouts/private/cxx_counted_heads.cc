// Heads that are owning pointers, made by new[]: in front of them the compiler keeps how many they
// are, to destroy each. There are as many of them as no power of two is.
#include <cstdint>
#include <memory>
#include <utility>

#include "scenario.h"

namespace
{

struct Guest {
    uint64_t key = 0;
    uint64_t value = 0;
    uint64_t visits[3] = {};
    std::unique_ptr<Guest> next;
};

using Head = std::unique_ptr<Guest>;

class Lodge
{
  public:
    size_t rooms = 81;
    size_t guests = 0;
    std::unique_ptr<Head[]> heads{new Head[rooms]};

    Head &head(uint64_t key)
    {
        key = (key ^ (key >> 32)) * 0xd6e8feb86659fd93u;
        return heads[(key ^ (key >> 29)) % rooms];
    }

    Head &search(uint64_t key)
    {
        Head *head_of = &head(key);
        while (*head_of && (*head_of)->key != key)
            head_of = &(*head_of)->next;
        return *head_of;
    }

    void enlarge()
    {
        size_t before = rooms;
        std::unique_ptr<Head[]> old(new Head[rooms * 3 + 2]);
        std::swap(old, heads);
        rooms = rooms * 3 + 2;
        for (size_t i = 0; i < before; i++) {
            while (old[i]) {
                Head guest = std::move(old[i]);
                old[i] = std::move(guest->next);
                Head &to = head(guest->key);
                guest->next = std::move(to);
                to = std::move(guest);
            }
        }
    }
};

void *create()
{
    return new Lodge;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    auto *lodge = static_cast<Lodge *>(table);
    Head &found = lodge->search(key);
    if (found) {
        found->value = value;
        return;
    }
    auto guest = std::make_unique<Guest>();
    guest->key = key;
    guest->value = value;
    found = std::move(guest);
    if (++lodge->guests > lodge->rooms)
        lodge->enlarge();
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    Head &found = static_cast<Lodge *>(table)->search(key);
    if (found)
        *value = found->value;
    return found != nullptr;
}

bool erase(void *table, uint64_t key)
{
    auto *lodge = static_cast<Lodge *>(table);
    Head &found = lodge->search(key);
    if (!found)
        return false;
    Head gone = std::move(found);
    found = std::move(gone->next);
    lodge->guests--;
    return true;
}

void destroy(void *table)
{
    delete static_cast<Lodge *>(table);
}

struct shape shape_of(const void *table)
{
    const auto *lodge = static_cast<const Lodge *>(table);
    struct shape shape = {};
    shape.address = lodge->heads.get();
    shape.capacity = lodge->rooms;
    shape.live = lodge->guests;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 150000;
    kind.destroy_empties = true;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
