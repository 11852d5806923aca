/*
 * Rows in a vector without a gap, the last one moved into each hole, and slots that hold a row's
 * hash and its number. An erased slot keeps the hash; its number becomes 1. Nobody counts the rows
 * but the vector.
 */
#include <memory>
#include <vector>

#include "scenario.h"

namespace
{

const uint32_t vacant = 0, gone = 1, first = 2;

struct Row {
    uint64_t key, value, stamp;
};

struct Slot {
    uint32_t hash, number;
};

class Rows
{
  public:
    Row *lookup(uint64_t key)
    {
        Slot *slot = slot_of(key);
        return slot ? &rows_[slot->number - first] : nullptr;
    }

    void add(uint64_t key, uint64_t value)
    {
        if ((used_ + 1) * 3 > slots_ * 2)
            rebuild();
        rows_.push_back({key, value, key ^ value});
        place(hash_of(key), (uint32_t)rows_.size() - 1 + first);
    }

    bool remove(uint64_t key)
    {
        Slot *slot = slot_of(key);
        if (!slot)
            return false;
        uint32_t number = slot->number, last = (uint32_t)rows_.size() - 1 + first;
        slot->number = gone;
        if (number != last) {
            slot_of(rows_.back().key)->number = number;
            rows_[number - first] = rows_.back();
        }
        rows_.pop_back();
        return true;
    }

    struct shape shape() const
    {
        struct shape s = {};
        s.address = index_.get();
        s.others[0] = rows_.data();
        s.capacity = slots_;
        s.live = rows_.size();
        s.tombstones = used_ - rows_.size();
        return s;
    }

  private:
    static uint32_t hash_of(uint64_t key)
    {
        key *= 0xd6e8feb86659fd93u;
        return (uint32_t)(key ^ (key >> 32));
    }

    Slot *slot_of(uint64_t key)
    {
        uint32_t hash = hash_of(key);
        for (size_t at = hash % (slots_ ? slots_ : 1); slots_ && index_[at].number != vacant;
             at = at + 1 == slots_ ? 0 : at + 1)
            if (index_[at].number != gone && index_[at].hash == hash &&
                rows_[index_[at].number - first].key == key)
                return &index_[at];
        return nullptr;
    }

    void place(uint32_t hash, uint32_t number)
    {
        size_t at = hash % slots_;
        while (index_[at].number != vacant)
            at = at + 1 == slots_ ? 0 : at + 1;
        index_[at] = {hash, number};
        used_++;
    }

    void rebuild()
    {
        std::unique_ptr<Slot[]> old = std::move(index_);
        size_t before = slots_;
        slots_ = rows_.size() * 3 + 11;
        index_ = std::make_unique<Slot[]>(slots_);
        used_ = 0;
        for (size_t i = 0; i < before; i++)
            if (old[i].number >= first)
                place(old[i].hash, old[i].number);
    }

    std::unique_ptr<Slot[]> index_;
    size_t slots_ = 0;
    size_t used_ = 0; /* those of erased rows included */
    std::vector<Row> rows_;
};

void *create()
{
    return new Rows;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    Rows *rows = static_cast<Rows *>(table);
    if (Row *there = rows->lookup(key))
        there->value = value;
    else
        rows->add(key, value);
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const Row *there = static_cast<Rows *>(table)->lookup(key);
    if (there)
        *value = there->value;
    return there != nullptr;
}

bool erase(void *table, uint64_t key)
{
    return static_cast<Rows *>(table)->remove(key);
}

void destroy(void *table)
{
    delete static_cast<Rows *>(table);
}

struct shape shape_of(const void *table)
{
    return static_cast<const Rows *>(table)->shape();
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 90000;
    kind.leaves_tombstones = true;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
