// A table in the memory layout of Folly's F14, which Debian 12 does not have: chunks, object and
// growth policy are those of F14ValueMap and F14VectorMap (Folly 2026-08, container/detail/
// F14Table.h and F14Policy.h), the code is not. Kinds: value, vector.
#include "tables.h"

// Keys to values, all of 8 bytes.
template <bool IsVector> class table
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
        std::swap(values, other.values);
        std::swap(chunks, other.chunks);
        std::swap(size_and_shift, other.size_and_shift);
        std::swap(begin, other.begin);
        return *this;
    }
    ~table()
    {
        free(chunks);
    }

    uint64_t size() const
    {
        return size_and_shift >> 8;
    }
    uint64_t bucket_count() const
    {
        return chunks ? chunk_count() * per_chunk : 0;
    }
    const void *array() const
    {
        return chunks;
    }

    void reserve(uint64_t n)
    {
        rehash(n);
    }

    void insert(const value_type &item)
    {
        const auto [key, value] = item;
        if (chunks && find(key).first)
            return;
        uint64_t capacity = bucket_count();
        if (size() >= capacity)
            rehash(capacity + capacity / 4 + capacity / 8 + capacity / 32 + per_chunk);
        uint32_t index = static_cast<uint32_t>(size());
        if (IsVector) {
            values[index].key = key;
            values[index].value = value;
        }
        place(key, value, index);
        size_and_shift += 1 << 8;
    }

    void erase(uint64_t key)
    {
        auto [chunk, i] = find(key);
        if (!chunk)
            return;
        uint64_t home = hash(key) & (chunk_count() - 1);
        bool is_hosted = chunk != chunks + home * chunk_bytes;
        chunk[i] = 0;
        if (is_hosted) {
            chunk[control] -= 0x10;
            for (uint64_t at = home; chunks + at * chunk_bytes != chunk; at = next(at, key))
                chunks[at * chunk_bytes + outbound]--;
        }
        size_and_shift -= 1 << 8;
        if (IsVector)
            move_last(index_in(chunk, i));
        else
            begin = size() == 0 ? 0 : first_item();
    }

    void clear() // above 16 chunks, which is what the scenario has
    {
        free(chunks);
        chunks = nullptr;
        begin = size_and_shift = 0;
        values = nullptr;
    }

  private:
    struct entry {
        uint64_t key, value;
    };
    static const unsigned control = 14, outbound = 15;
    static const unsigned tags = IsVector ? 12 : 14, per_chunk = tags - 2;
    static const uint64_t chunk_bytes = IsVector ? 64 : 256; // room for 15 items of 16 bytes

    uint64_t chunk_count() const
    {
        return 1ull << (size_and_shift & 0xff);
    }
    static uint64_t hash(uint64_t key)
    {
        key *= 0x9e3779b97f4a7c15u;
        return key ^ key >> 32;
    }
    static uint8_t tag(uint64_t key)
    {
        return static_cast<uint8_t>(hash(key) >> 56 | 0x80);
    }
    uint64_t next(uint64_t at, uint64_t key) const
    {
        return (at + 2u * tag(key) + 1) & (chunk_count() - 1);
    }
    uint32_t index_in(const uint8_t *chunk, unsigned i) const
    {
        uint32_t index;
        memcpy(&index, chunk + 16 + i * 4, sizeof(index));
        return index;
    }
    uint64_t key_in(const uint8_t *chunk, unsigned i) const
    {
        uint64_t key;
        if (IsVector)
            return values[index_in(chunk, i)].key;
        memcpy(&key, chunk + 16 + i * 16, sizeof(key));
        return key;
    }

    std::pair<uint8_t *, unsigned> find(uint64_t key) const
    {
        for (uint64_t at = hash(key) & (chunk_count() - 1);; at = next(at, key)) {
            uint8_t *chunk = chunks + at * chunk_bytes;
            for (unsigned i = 0; i < tags; i++)
                if (chunk[i] == tag(key) && key_in(chunk, i) == key)
                    return {chunk, i};
            if (chunk[outbound] == 0)
                return {nullptr, 0};
        }
    }

    void place(uint64_t key, uint64_t value, uint32_t index)
    {
        uint64_t home = hash(key) & (chunk_count() - 1);
        for (uint64_t at = home;; at = next(at, key)) {
            uint8_t *chunk = chunks + at * chunk_bytes;
            for (unsigned i = 0; i < tags; i++) {
                if (chunk[i] != 0)
                    continue;
                chunk[i] = tag(key);
                chunk[control] += at == home ? 0 : 0x10;
                entry item = {key, value};
                uint8_t *place = chunk + 16 + i * (IsVector ? 4 : 16);
                memcpy(place, IsVector ? static_cast<void *>(&index) : &item, IsVector ? 4 : 16);
                begin = reinterpret_cast<uint64_t>(place);
                return;
            }
            chunk[outbound]++;
        }
    }

    // The last value takes the place of the one that goes.
    void move_last(uint32_t hole)
    {
        uint32_t last = static_cast<uint32_t>(size());
        if (hole == last)
            return;
        auto [chunk, i] = find(values[last].key);
        values[hole] = values[last];
        memcpy(chunk + 16 + i * 4, &hole, sizeof(hole));
    }

    // Not the one Folly would begin with, but one that is there.
    uint64_t first_item() const
    {
        uint64_t at = (begin - reinterpret_cast<uint64_t>(chunks)) / chunk_bytes;
        for (;; at = (at + chunk_count() - 1) & (chunk_count() - 1))
            for (unsigned i = 0; i < tags; i++)
                if (chunks[at * chunk_bytes + i] != 0)
                    return reinterpret_cast<uint64_t>(chunks + at * chunk_bytes + 16 + i * 16);
    }

    void rehash(uint64_t wanted)
    {
        table old;
        std::swap(old.chunks, chunks);
        std::swap(old.values, values);
        std::swap(old.size_and_shift, size_and_shift);
        uint64_t shift = 1;
        while (per_chunk << shift < wanted)
            shift++;
        size_and_shift = old.size() << 8 | shift;
        uint64_t index_bytes = chunk_bytes << shift;
        uint64_t bytes = index_bytes + (IsVector ? bucket_count_for(shift) * sizeof(entry) : 0);
        chunks = static_cast<uint8_t *>(aligned_alloc(16, (bytes + 15) & ~15ull));
        for (uint64_t i = 0; i < chunk_count(); i++)
            memset(chunks + i * chunk_bytes, 0, 16);
        set_scale();
        if (IsVector) {
            values = reinterpret_cast<entry *>(chunks + index_bytes);
            memcpy(values, old.values, old.size() * sizeof(entry));
        }
        for (uint64_t at = 0; old.chunks && at < old.chunk_count(); at++) {
            uint8_t *chunk = old.chunks + at * chunk_bytes;
            for (unsigned i = 0; i < tags; i++) {
                if (chunk[i] == 0)
                    continue;
                entry item = {old.key_in(chunk, i), 0};
                if (!IsVector)
                    memcpy(&item, chunk + 16 + i * 16, sizeof(item));
                place(item.key, item.value, IsVector ? old.index_in(chunk, i) : 0);
            }
        }
    }
    static uint64_t bucket_count_for(uint64_t shift)
    {
        return per_chunk << shift;
    }

    // Entries before it grows, a chunk; for indexes in a number of its own.
    void set_scale()
    {
        uint64_t shift = size_and_shift & 0xff, step = shift < 12 ? 0 : shift - 12;
        uint16_t scale = static_cast<uint16_t>(per_chunk << (shift - step));
        if (IsVector)
            memcpy(chunks + 12, &scale, sizeof(scale));
        else
            chunks[control] |= per_chunk;
    }

    entry *values = nullptr;
    uint8_t *chunks = nullptr;
    uint64_t size_and_shift = 0;
    uint64_t begin = 0; // where iterating begins, which F14VectorMap does not need
};

template <bool IsVector> struct kind : standard_table<table<IsVector>> {
    static const void *array(const table<IsVector> &t)
    {
        return t.array();
    }
    static void shrink(table<IsVector> &t)
    {
        t.reserve(t.size() + 1);
    }
    static uint64_t array_bytes(const table<IsVector> &t)
    {
        return t.bucket_count() * 17;
    }
};

struct value : kind<false> {
    static constexpr auto implementation = "folly::F14ValueMap";
};

struct vector : kind<true> {
    static constexpr auto implementation = "folly::F14VectorMap";
};

int main(int argc, char **argv)
{
    std::string scenario = argc > 1 ? argv[1] : "hollow", kind = argc > 2 ? argv[2] : "value";
    if (kind == "value")
        scenarios<value>::run(scenario);
    else if (kind == "vector")
        scenarios<vector>::run(scenario);
    else
        unknown_scenario(kind.c_str());
}
