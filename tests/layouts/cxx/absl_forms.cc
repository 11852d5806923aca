// A table in the memory layouts of Abseil's that Debian 12 does not have, and of phmap's: the
// block, the object, the growth policy and the rules for tombstones are theirs (raw_hash_set.h of
// LTS 2025-08 and 2026-08; parallel-hashmap 2.0.0, phmap.h), the code is not. Kinds: 2025, 2026,
// phmap.
#include "tables.h"

enum form { FORM_2025, FORM_2026, FORM_PHMAP };

static const uint8_t empty = 0x80, deleted = 0xfe, sentinel = 0xff;
static const uint64_t group = 16;

// Keys to values, all of 8 bytes.
template <form Form> class table
{
  public:
    using key_type = uint64_t;
    using mapped_type = uint64_t;
    using value_type = std::pair<const uint64_t, uint64_t>;

    table() = default;
    table(table &&other)
    {
        *this = std::move(other);
    }
    table &operator=(table &&other)
    {
        std::swap(object, other.object);
        std::swap(block, other.block);
        std::swap(capacity, other.capacity);
        std::swap(live, other.live);
        std::swap(left, other.left);
        return *this;
    }
    ~table()
    {
        free(block);
    }

    uint64_t size() const
    {
        return live;
    }
    uint64_t bucket_count() const
    {
        return capacity;
    }
    const void *array() const
    {
        return block;
    }

    void reserve(uint64_t n)
    {
        uint64_t wanted = n + (n - 1) / 7, next = 1;
        while (next < wanted)
            next = next * 2 + 1;
        rehash(next);
    }

    void insert(const value_type &item)
    {
        const auto [key, value] = item;
        if (capacity == 0)
            rehash(group - 1);
        if (find(key) != capacity)
            return;
        uint64_t at = first_free(key);
        if (left == 0 && controls()[at] != deleted) {
            // So few live ones that it is the tombstones which are in the way: Abseil puts them in
            // order where they are.
            rehash(live <= capacity / 32 * 25 ? capacity : capacity * 2 + 1);
            at = first_free(key);
        }
        left -= controls()[at] == empty;
        put(at, key, value);
        live++;
        update_object();
    }

    void erase(uint64_t key)
    {
        uint64_t at = find(key);
        if (at == capacity)
            return;
        bool was_never_full = full_around(at) < group;
        set_control(at, was_never_full ? empty : deleted);
        left += was_never_full;
        has_deleted = has_deleted || !was_never_full;
        live--;
        update_object();
    }

    void clear()
    {
        memset(controls(), empty, capacity + group);
        controls()[capacity] = sentinel;
        block_last();
        live = 0;
        left = limit();
        update_object();
    }

  private:
    static const uint64_t clones = Form == FORM_PHMAP ? 16 : 15;
    // The 2026 form leaves out slots at the end where that makes a block fit better.
    static const uint64_t blocked = Form == FORM_2026 ? 3 : 0;
    static const uint64_t seed = 0x15;

    // Rounded up so that slots of 8 bytes' alignment follow.
    static uint64_t controls_at(uint64_t capacity)
    {
        if (Form == FORM_PHMAP)
            return 0;
        if (Form == FORM_2025)
            return 8;
        return (((capacity <= 127 ? 1 : 8) + capacity + group + 7) & ~7ull) - capacity - group;
    }
    static uint64_t slots_at(uint64_t capacity)
    {
        return (controls_at(capacity) + capacity + 1 + clones + 7) & ~7ull;
    }
    uint8_t *controls()
    {
        return block + controls_at(capacity);
    }
    uint64_t *slot(uint64_t i)
    {
        return reinterpret_cast<uint64_t *>(block + slots_at(capacity) + i * 16);
    }
    uint64_t limit() const
    {
        return capacity - capacity / 8 - blocked;
    }
    static uint64_t hash(uint64_t key)
    {
        key *= 0x9e3779b97f4a7c15u;
        return key ^ key >> 29;
    }

    void set_control(uint64_t i, uint8_t byte)
    {
        controls()[i] = byte;
        if (i < clones)
            controls()[capacity + 1 + i] = byte;
    }
    void block_last()
    {
        for (uint64_t i = 0; i < blocked; i++)
            controls()[capacity - 1 - i] = sentinel;
    }
    void put(uint64_t at, uint64_t key, uint64_t value)
    {
        set_control(at, hash(key) >> 57);
        slot(at)[0] = key;
        slot(at)[1] = value;
    }

    // Calls visit(place) for the places of one group after the other, until a group has stopped it:
    // a missing key is sure only at the end of a group.
    template <class Visit> void probe(uint64_t key, Visit visit)
    {
        uint64_t at = hash(key) & capacity, step = 0;
        for (bool is_done = false; !is_done; at = (at + (step += group)) & capacity)
            for (uint64_t i = 0; i < group; i++)
                if (((at + i) & capacity) != capacity)
                    is_done = visit((at + i) & capacity) || is_done;
    }
    uint64_t find(uint64_t key)
    {
        uint64_t found = capacity;
        probe(key, [&](uint64_t at) {
            if (controls()[at] < empty && slot(at)[0] == key)
                found = at;
            return found != capacity || controls()[at] == empty;
        });
        return found;
    }
    uint64_t first_free(uint64_t key)
    {
        uint64_t found = capacity;
        probe(key, [&](uint64_t at) {
            bool is_free = controls()[at] == empty || controls()[at] == deleted;
            if (is_free && found == capacity)
                found = at;
            return is_free;
        });
        return found;
    }
    // A group that was never full was never probed beyond.
    uint64_t full_around(uint64_t at)
    {
        uint64_t after = 0, before = 0;
        while (after < group && controls()[(at + after) & capacity] != empty)
            after++;
        while (before < group && controls()[(at - 1 - before) & capacity] != empty)
            before++;
        return after + before;
    }

    void rehash(uint64_t new_capacity)
    {
        uint8_t *old_block = block;
        uint64_t old_capacity = capacity, old_live = live;
        uint64_t bytes = slots_at(new_capacity) + (new_capacity - blocked) * 16;
        auto fresh = static_cast<uint8_t *>(malloc(bytes));
        table old;
        old.block = old_block;
        old.capacity = old_capacity;
        block = fresh;
        capacity = new_capacity;
        has_deleted = false;
        clear();
        for (uint64_t i = 0; i < old_capacity; i++) {
            if (old.controls()[i] < empty) {
                put(first_free(old.slot(i)[0]), old.slot(i)[0], old.slot(i)[1]);
                left--;
            }
        }
        live = old_live;
        update_object(); // and the old block goes, with `old`
    }

    void update_object()
    {
        auto controls_address = reinterpret_cast<uint64_t>(controls());
        auto slots_address = reinterpret_cast<uint64_t>(slot(0));
        const uint64_t deleted_bit = has_deleted ? 1ull << 63 : 0;
        uint64_t shift = __builtin_ctzll(capacity + 1);
        if (Form == FORM_PHMAP) {
            uint64_t words[] = {controls_address, slots_address, live, capacity, 0, left};
            memcpy(object, words, sizeof(words));
        } else if (Form == FORM_2025) {
            uint64_t growth = left | deleted_bit;
            memcpy(block, &growth, 8);
            uint64_t words[] = {capacity, live << 17 | seed, controls_address, slots_address};
            memcpy(object, words, sizeof(words));
        } else {
            uint64_t words[] = {live << 15 | blocked << 12 | seed << 6 | shift, controls_address};
            memcpy(object, words, sizeof(words));
            uint64_t lower = left < 127 ? left : 127;
            uint64_t growth = (left - lower) | lower << 56 | deleted_bit;
            if (capacity <= 127)
                controls()[-1] = static_cast<uint8_t>(growth >> 56);
            else
                memcpy(controls() - 8, &growth, 8);
        }
    }

    uint64_t object[6] = {};
    uint8_t *block = nullptr;
    uint64_t capacity = 0, live = 0, left = 0;
    bool has_deleted = false;
};

template <form Form> struct kind : standard_table<table<Form>> {
    static const void *array(const table<Form> &t)
    {
        return t.array();
    }
    static void shrink(table<Form> &t)
    {
        t.reserve(t.size() + 1);
    }
    static uint64_t array_bytes(const table<Form> &t)
    {
        return t.bucket_count() * 17;
    }
};

struct absl_2025 : kind<FORM_2025> {
    static constexpr auto implementation = "absl::flat_hash_map";
};

struct absl_2026 : kind<FORM_2026> {
    static constexpr auto implementation = "absl::flat_hash_map";
};

struct phmap : kind<FORM_PHMAP> {
    static constexpr auto implementation = "phmap::flat_hash_map";
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "2025";
    if (kind == "2025")
        scenarios<absl_2025>::run(scenario);
    else if (kind == "2026")
        scenarios<absl_2026>::run(scenario);
    else if (kind == "phmap")
        scenarios<phmap>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
