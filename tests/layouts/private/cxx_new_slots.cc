// A C++ class template over new Slot[n]: each slot is constructed empty, and reset to that on
// erase.
#include <cstdint>
#include <memory>
#include <utility>

#include "scenario.h"

namespace
{

template <typename Key, typename Value> class FlatMap
{
  public:
    explicit FlatMap(std::size_t size = 32) : slots_(new Slot[size]), size_(size)
    {
    }

    Value &operator[](const Key &key)
    {
        if (count_ * 3 >= size_ * 2)
            Grow();
        Slot &slot = Find(key);
        if (!slot.used) {
            slot = Slot{true, key, Value{}};
            count_++;
        }
        return slot.value;
    }

    const Value *Get(const Key &key)
    {
        const Slot &slot = Find(key);
        return slot.used ? &slot.value : nullptr;
    }

    bool Erase(const Key &key)
    {
        Slot *slot = &Find(key);
        if (!slot->used)
            return false;
        *slot = Slot{};
        count_--;
        for (std::size_t i = Next(slot - slots_.get()); slots_[i].used; i = Next(i)) {
            Slot moving = std::exchange(slots_[i], Slot{});
            Find(moving.key) = moving;
        }
        return true;
    }

    shape Shape() const
    {
        shape result{};
        result.address = slots_.get();
        result.capacity = size_;
        result.live = count_;
        return result;
    }

  private:
    struct Slot {
        bool used = false;
        Key key{};
        Value value{};
    };

    std::size_t Next(std::size_t i) const
    {
        return (i + 1) & (size_ - 1);
    }

    Slot &Find(const Key &key)
    {
        std::uint64_t hash = (key ^ (key >> 28)) * 0x9fb21c651e98df25u;
        std::size_t i = (hash ^ (hash >> 35)) & (size_ - 1);
        while (slots_[i].used && !(slots_[i].key == key))
            i = Next(i);
        return slots_[i];
    }

    void Grow()
    {
        FlatMap bigger(size_ * 2);
        for (std::size_t i = 0; i < size_; i++) {
            if (slots_[i].used)
                bigger.Find(slots_[i].key) = std::move(slots_[i]);
        }
        bigger.count_ = count_;
        std::swap(*this, bigger);
    }

    std::unique_ptr<Slot[]> slots_;
    std::size_t size_;
    std::size_t count_ = 0;
};

using Map = FlatMap<std::uint64_t, std::uint64_t>;

void *Create()
{
    return new Map;
}

void Insert(void *table, std::uint64_t key, std::uint64_t value)
{
    (*static_cast<Map *>(table))[key] = value;
}

bool Find(void *table, std::uint64_t key, std::uint64_t *value)
{
    const std::uint64_t *found = static_cast<Map *>(table)->Get(key);
    if (found != nullptr)
        *value = *found;
    return found != nullptr;
}

bool Erase(void *table, std::uint64_t key)
{
    return static_cast<Map *>(table)->Erase(key);
}

void Destroy(void *table)
{
    delete static_cast<Map *>(table);
}

shape Shape(const void *table)
{
    return static_cast<const Map *>(table)->Shape();
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind{};
    kind.entries = 200000;
    kind.create = Create;
    kind.insert = Insert;
    kind.find = Find;
    kind.erase = Erase;
    kind.destroy = Destroy;
    kind.shape = Shape;
    return run_scenario(argc, argv, &kind);
}
