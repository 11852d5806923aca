/*
 * Spans of 64 slots: a byte for each leads to an entry in a small block of the span's own, which
 * grows by eight and has its free entries in a list; so an empty slot costs a byte. Linear probing
 * over all spans, and erasing moves those behind back. The spans stay as many as they were. Nothing
 * of a span stands again in the next array: entries are moved to other blocks.
 */
#include <cstring>
#include <memory>

#include "scenario.h"

namespace
{

constexpr unsigned slots_of_span = 64;
constexpr uint8_t nothing = 0xff;

struct entry {
    uint64_t key, value;
};

struct span {
    uint8_t places[slots_of_span];
    entry *entries;
    uint8_t room, first_free;

    span() : entries(nullptr), room(0), first_free(0)
    {
        std::memset(places, nothing, sizeof places);
    }

    ~span()
    {
        delete[] entries;
    }

    entry &put(unsigned slot)
    {
        if (first_free == room) {
            entry *more = new entry[room + 8u];
            if (room > 0)
                std::memcpy(static_cast<void *>(more), entries, room * sizeof(entry));
            for (unsigned i = room; i < room + 8u; i++)
                more[i].key = i + 1; /* the next free one */
            delete[] entries;
            entries = more;
            room = static_cast<uint8_t>(room + 8u);
        }
        places[slot] = first_free;
        first_free = static_cast<uint8_t>(entries[places[slot]].key);
        return entries[places[slot]];
    }

    void take(unsigned slot)
    {
        entries[places[slot]].key = first_free;
        first_free = places[slot];
        places[slot] = nothing;
    }
};

class span_map
{
  public:
    bool find(uint64_t key, uint64_t *value) const
    {
        uint64_t at = slot_of(key);
        if (!is_used(at))
            return false;
        *value = at_slot(at).value;
        return true;
    }

    void insert(uint64_t key, uint64_t value)
    {
        if (entries_ * 4 >= slots_ * 3)
            grow();
        uint64_t at = slot_of(key);
        if (!is_used(at)) {
            put(at) = entry{key, value};
            entries_++;
        }
        at_slot(at).value = value;
    }

    bool erase(uint64_t key)
    {
        uint64_t gap = slot_of(key);
        if (!is_used(gap))
            return false;
        take(gap);
        entries_--;
        for (uint64_t at = next(gap); is_used(at); at = next(at)) {
            entry moved = at_slot(at);
            uint64_t home = hash(moved.key) & (slots_ - 1);
            if (((at - home) & (slots_ - 1)) < ((at - gap) & (slots_ - 1)))
                continue;
            take(at);
            put(gap) = moved;
            gap = at;
        }
        return true;
    }

    struct shape shape() const
    {
        struct shape shape = {};
        shape.address = reinterpret_cast<const char *>(spans_.get()) - sizeof(size_t);
        shape.capacity = slots_;
        shape.live = entries_;
        return shape;
    }

  private:
    static uint64_t hash(uint64_t key)
    {
        key ^= key >> 27;
        key *= 0x3c79ac492ba7b653u;
        key ^= key >> 33;
        key *= 0x1c69b3f74ac4ae35u;
        return key ^ key >> 27;
    }

    uint64_t next(uint64_t slot) const
    {
        return (slot + 1) & (slots_ - 1);
    }

    bool is_used(uint64_t slot) const
    {
        return spans_[slot / slots_of_span].places[slot % slots_of_span] != nothing;
    }

    entry &at_slot(uint64_t slot) const
    {
        const span &one = spans_[slot / slots_of_span];
        return one.entries[one.places[slot % slots_of_span]];
    }

    entry &put(uint64_t slot)
    {
        return spans_[slot / slots_of_span].put(slot % slots_of_span);
    }

    void take(uint64_t slot)
    {
        spans_[slot / slots_of_span].take(slot % slots_of_span);
    }

    uint64_t slot_of(uint64_t key) const
    {
        uint64_t at = hash(key) & (slots_ - 1);
        while (is_used(at) && at_slot(at).key != key)
            at = next(at);
        return at;
    }

    void grow()
    {
        std::unique_ptr<span[]> old = std::move(spans_);
        uint64_t before = slots_;
        slots_ *= 2;
        spans_ = std::make_unique<span[]>(slots_ / slots_of_span);
        for (uint64_t slot = 0; slot < before; slot++) {
            const span &one = old[slot / slots_of_span];
            uint8_t place = one.places[slot % slots_of_span];
            if (place != nothing)
                put(slot_of(one.entries[place].key)) = one.entries[place];
        }
    }

    uint64_t entries_ = 0, slots_ = slots_of_span;
    std::unique_ptr<span[]> spans_ = std::make_unique<span[]>(1);
};

span_map *map_of(const void *table)
{
    return static_cast<span_map *>(const_cast<void *>(table));
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 700000;
    kind.never_grows = true; /* its growths are not seen, as a rule */
    kind.may_be_seen_growing = true;
    kind.create = []() -> void * { return new span_map; };
    kind.insert = [](void *table, uint64_t key, uint64_t value) {
        map_of(table)->insert(key, value);
    };
    kind.find = [](void *table, uint64_t key, uint64_t *value) {
        return map_of(table)->find(key, value);
    };
    kind.erase = [](void *table, uint64_t key) { return map_of(table)->erase(key); };
    kind.destroy = [](void *table) { delete map_of(table); };
    kind.shape = [](const void *table) { return map_of(table)->shape(); };
    return run_scenario(argc, argv, &kind);
}
