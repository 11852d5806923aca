/*
 * LLVM's DenseMap, DenseSet and SmallDenseMap: a power of two of slots, the key first. Two keys
 * that the program may not use stand for empty and for erased. The object that points at the slots
 * counts both: as many slots as it says begin with the one, and as many with the other.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define SLOTS_MIN      64
#define SLOT_BYTES_MAX 16384
#define PROBED_SLOTS   8
#define COUNT_UNIT_MIN 4 /* no slot is smaller; 2-byte keys alone need no more than 64 Ki slots */

/* llvm/ADT/DenseMapInfo.h: keys of `bytes` bytes at the beginning of a slot. */
struct reserved_keys {
    unsigned bytes;
    uint64_t empty, tombstone;
};

/* Integers: the largest number, and the one below it or the smallest. */
static const struct reserved_keys reserved_integers[] = {
    {8, INT64_MAX, INT64_MAX - 1},   /* long, until LLVM 15 */
    {8, INT64_MAX, 1ULL << 63},      /* long long; long since LLVM 16 */
    {4, UINT32_MAX, UINT32_MAX - 1}, /* unsigned; clang's SourceLocation */
    {4, INT32_MAX, 1U << 31},        /* int */
    {2, UINT16_MAX, UINT16_MAX - 1}, {2, INT16_MAX, 1U << 15},
};
#define INTEGERS (sizeof(reserved_integers) / sizeof(reserved_integers[0]))

/* Pointers: -1 and -2 shifted out of the low bits that may be in use, 12 of them since LLVM 10, and
 * fewer before and in PointerIntPair. With no shift it is uint64_t, StringRef and ArrayRef. */
#define SHIFTS 13
#define KINDS  (SHIFTS + INTEGERS)

static struct reserved_keys reserved_keys(unsigned kind)
{
    if (kind < SHIFTS)
        return (struct reserved_keys){8, UINT64_MAX << kind, (UINT64_MAX - 1) << kind};
    return reserved_integers[kind - SHIFTS];
}

static uint64_t key_at(const unsigned char *piece, size_t offset, unsigned bytes)
{
    uint64_t key = 0;
    memcpy(&key, piece + offset, bytes);
    return key;
}

struct slot_scan {
    uint64_t slot_bytes;
    struct reserved_keys keys;
    uint64_t empty, tombstones;
    uint64_t second_reserved; /* empty slots whose second word is reserved, too: a pair of keys */
    uint64_t slots, at_home;  /* numbers in the slot that llvm::DenseMapInfo gives them */
};

#define INTEGER_FACTOR   37u /* of llvm::DenseMapInfo<unsigned> */
#define MOST_INDEX_BYTES 4u  /* of a slot that may be one number of an entry */

static bool is_reserved_word(uint64_t word)
{
    uint64_t negative = 0 - word;
    return (is_power_of_two(negative) && negative < 1ULL << SHIFTS) ||
           (uint32_t)word == UINT32_MAX || (uint32_t)word == INT32_MAX || word == INT64_MAX;
}

static bool count_keys(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct slot_scan *scan = context;
    for (size_t at = 0; at < bytes; at += scan->slot_bytes) {
        uint64_t key = key_at(piece, at, scan->keys.bytes);
        scan->at_home += key != scan->keys.empty && (key * INTEGER_FACTOR & (scan->slots - 1)) ==
                                                        (offset + at) / scan->slot_bytes;
        scan->tombstones += key == scan->keys.tombstone;
        if (key != scan->keys.empty)
            continue;
        scan->empty++;
        if (scan->slot_bytes >= 16)
            scan->second_reserved += is_reserved_word(word_u64(piece, at + 8));
    }
    return true;
}

/* What the object says, be it a DenseMap or a SmallDenseMap. */
struct map {
    uint64_t slots;
    uint64_t live, tombstones;
};

struct search {
    const struct block *block;
    struct map map;
    struct slot_scan found; /* as counted, when the object fits */
};

/* A slot is empty as long as one in eight must be; else it grows. DenseMapBase::
 * InsertIntoBucketImpl(). */
static bool map_makes_sense(const struct map *map, const struct block *block)
{
    return is_power_of_two(map->slots) && map->slots >= SLOTS_MIN &&
           block->bytes % map->slots == 0 && block->bytes / map->slots >= COUNT_UNIT_MIN &&
           block->bytes / map->slots <= SLOT_BYTES_MAX && map->live * 4 < map->slots * 3 &&
           map->live + map->tombstones < map->slots - map->slots / 8;
}

/* The kinds of keys whose empty one stands in the first piece of the slots. */
struct kind_search {
    uint64_t slot_bytes;
    uint32_t seen;
};

static bool find_kinds(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct kind_search *search = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += search->slot_bytes) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            struct reserved_keys keys = reserved_keys(kind);
            if (search->slot_bytes % keys.bytes == 0 && key_at(piece, at, keys.bytes) == keys.empty)
                search->seen |= 1U << kind;
        }
        if (at / search->slot_bytes >= SLOTS_MIN && search->seen != 0)
            return false;
    }
    return false; /* an eighth of all is empty: what the first piece does not show is not there */
}

/* Whether the empty key stands in the middle of the first slots, too: then they are smaller ones.
 */
static bool are_several(const struct layout_view *view, const struct search *search)
{
    const struct slot_scan *scan = &search->found;
    uint64_t at = search->block->address + scan->slot_bytes / 2;
    for (unsigned i = 0; i < PROBED_SLOTS; i++, at += scan->slot_bytes) {
        unsigned char key[8];
        if (!layout_read(view, at, key, scan->keys.bytes) ||
            key_at(key, 0, scan->keys.bytes) != scan->keys.empty)
            return false;
    }
    return true;
}

/* An array filled with one number may be anything. Of an empty map the slots must be wider than the
 * key, and not filled with it, or the number one that nobody takes for a filling. */
static bool fills_nothing_else(const struct layout_view *view, const struct slot_scan *scan)
{
    if (scan->keys.bytes == 8 && scan->keys.empty < UINT64_MAX && scan->keys.empty > INT64_MAX)
        return true;
    /* An index of -1 beside a hash is how many tables mark a slot without an entry. */
    if (scan->keys.bytes == 4 && scan->keys.empty == UINT32_MAX && scan->slot_bytes == 8)
        return false;
    size_t width = scan->keys.bytes;
    return scan->slot_bytes >= 2 * width && view->head_bytes >= 2 * width &&
           memcmp(view->head, view->head + width, width) != 0;
}

/* A set of numbers that ends with -1 where it is empty looks like the index of a table that keeps
 * its entries elsewhere: there numbers lie anywhere, here most of them in their own slots. */
static bool may_be_index(const struct search *search)
{
    const struct slot_scan *scan = &search->found;
    bool is_minus_one = scan->keys.empty == UINT64_MAX >> (64 - 8 * scan->keys.bytes);
    return scan->slot_bytes <= MOST_INDEX_BYTES && is_minus_one &&
           scan->at_home * 4 < search->map.live;
}

static bool counts_agree(const struct layout_view *view, struct search *search)
{
    uint64_t slot_bytes = search->block->bytes / search->map.slots;
    uint64_t empty = search->map.slots - search->map.live - search->map.tombstones;
    struct kind_search kinds = {.slot_bytes = slot_bytes};
    layout_scan(view, search->block->address, search->block->bytes, slot_bytes, find_kinds, &kinds);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if ((kinds.seen >> kind & 1) == 0)
            continue;
        search->found = (struct slot_scan){
            .slot_bytes = slot_bytes, .keys = reserved_keys(kind), .slots = search->map.slots};
        if (layout_scan(view, search->block->address, search->block->bytes, slot_bytes, count_keys,
                        &search->found) &&
            search->found.empty == empty && search->found.tombstones == search->map.tombstones &&
            !may_be_index(search))
            return empty < search->map.slots ||
                   (fills_nothing_else(view, &search->found) && !are_several(view, search));
    }
    return false;
}

/* llvm/ADT/DenseMap.h, class DenseMap: the slots, and three counters of 32 bits. */
static bool dense_map_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    uint32_t counters[3];
    if (!layout_read(view, address + 8, counters, sizeof(counters)))
        return false;
    search->map =
        (struct map){.slots = counters[2], .live = counters[0], .tombstones = counters[1]};
    return map_makes_sense(&search->map, search->block) && counts_agree(view, search);
}

/* class SmallDenseMap: a bit that is set while the slots lie in the object, 31 bits of entries, the
 * tombstones, then the slots and how many they are. */
#define SMALL_SLOTS_AT 8

static bool small_dense_map_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    uint32_t counters[2], slots;
    if (!layout_read(view, address, counters, sizeof(counters)) || (counters[0] & 1) != 0 ||
        !layout_read_u32(view, address + 16, &slots))
        return false;
    search->map = (struct map){.slots = slots, .live = counters[0] >> 1, .tombstones = counters[1]};
    return map_makes_sense(&search->map, search->block) && counts_agree(view, search);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    if (view->blocks == NULL || block->bytes % (SLOTS_MIN * COUNT_UNIT_MIN) != 0)
        return false;
    uint64_t object = layout_object(view, block->address, 0, dense_map_fits, &search);
    if (object == 0)
        object = layout_object(view, block->address, SMALL_SLOTS_AT, small_dense_map_fits, &search);
    if (object == 0)
        return false;

    const struct slot_scan *found = &search.found;
    out->header = object;
    out->capacity = search.map.slots;
    out->live = search.map.live;
    out->tombstones = search.map.tombstones;
    out->slot_bytes = found->slot_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    /* A pointer key is 8 bytes, unless every empty slot shows that a second one follows. */
    bool is_pointer =
        found->keys.bytes == 8 && found->keys.empty < UINT64_MAX && found->keys.empty > INT64_MAX;
    if (is_pointer && found->slot_bytes > 8 && found->second_reserved < found->empty) {
        out->value_bytes = found->slot_bytes - 8;
        out->known |= DUMP_KNOWN_VALUE_BYTES;
    }
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* DenseMapBase::reserve(): getMinBucketToReserveForEntries(), a power of two above four thirds of
 * the entries, then grow(), which makes no fewer than 64. */
static uint64_t capacity_for(uint64_t live)
{
    if (live == 0)
        return 0;
    uint64_t capacity = next_power_of_two(live * 4 / 3 + 2);
    return capacity < 64 ? 64 : capacity;
}

const struct layout layout_llvm_dense_map = {
    .name = "LLVM DenseMap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    .load_after_growth = 0.375,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks, leaves tombstones",
    .recreate = "decltype(m) fresh; fresh.reserve(m.size()); fresh.insert(m.begin(), m.end()); "
                "m = std::move(fresh);",
    .source = "LLVM 14.0.6, llvm/ADT/DenseMap.h and DenseMapInfo.h; the same in LLVM 20",
};
