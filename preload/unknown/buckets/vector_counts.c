/*
 * Lengths that the table's object counts: see vector_counts.h. No state, no lock, no allocation.
 */
#include "vector_counts.h"

#include "slot_profile.h"
#include "vector_columns.h"

#define MOST_HEADER     16u /* new[] keeps the number of elements there */
#define LEAST_SLOTS     256u
#define LEAST_OCCUPIED  64u   /* of fewer vectors any number beside the pointer may be the length */
#define LEAST_SUM       64u   /* smaller numbers stand near everything */
#define LEAST_LONE_SUM  2048u /* where no word names the buckets */
#define GLIMPSE_BYTES   4096u /* of slots in the middle, by which most arrays are refused */
#define MOST_HOLDERS    4u    /* objects that are asked for the sum */
#define REACH           128u  /* from the pointer to the array, in one object */
#define MOST_ROOM       64u   /* larger rooms are counted together */
#define LEAST_BEYOND    8u    /* vectors with more room than the number that none has */
#define SAMPLED_VECTORS 32u   /* whose blocks are looked at */
/* Of the vectors sampled one in so many may be in no block that is known. */
#define MOST_STRANGERS 4u
#define LEAST_ENTRY    4u

static const uint8_t slot_sizes[] = {16, 24, 32, 40, 48, 56, 64};

/* --- the size of a slot and its pointer, by a few of them --- */

static bool may_be_vectors(const unsigned char *slots, size_t bytes, uint32_t slot_bytes,
                           uint32_t pointer)
{
    uint32_t vectors = 0;
    for (size_t at = 0; at + slot_bytes <= bytes; at += slot_bytes) {
        uint64_t word = word_u64(slots, at + pointer);
        if (word >= VECTOR_LEAST_ADDRESS && !slot_profile_is_pointer(word))
            return false;
        vectors += word >= VECTOR_LEAST_ADDRESS;
    }
    return vectors > 0;
}

/* --- the object --- */

static bool names_buckets(const struct vectors *vectors, const struct block *block,
                          const unsigned char *words, uint32_t at)
{
    uint64_t number = word_u32(words, at);
    if (number == vectors->slots || number + 1 == vectors->slots)
        return true;
    return at % 8 == 0 && word_u64(words, at) == vector_columns_start(vectors, block) +
                                                     vectors->slots * vectors->slot_bytes;
}

/* Whether the object around that pointer to the array counts so many entries. Where it counts just
 * the pointers each leads to one entry, and the number beside it says how often that was used. */
static bool counts(const struct layout_view *view, const struct vectors *vectors,
                   const struct block *block, uint64_t place, uint64_t sum)
{
    unsigned char words[2 * REACH];
    bool is_counted = false, is_named = false, are_single = false;
    uint64_t start = (place & ~(uint64_t)7) - REACH;
    uint32_t from = 0, end = sizeof(words);
    if (!layout_read(view, start, words, sizeof(words))) {
        from = REACH; /* the object may begin where memory does, or end there */
        if (!layout_read(view, start + from, words + from, REACH / 2))
            return false;
        end = REACH + REACH / 2;
    }
    for (uint32_t at = from; at < end; at += 4) {
        if (at == REACH || at == REACH + 4)
            continue; /* the pointer itself */
        is_named = is_named || names_buckets(vectors, block, words, at);
        is_counted = is_counted || word_u32(words, at) == sum;
        are_single = are_single || word_u32(words, at) == vectors->occupied;
    }
    return is_counted && (!are_single || sum == vectors->occupied) &&
           (is_named || sum >= LEAST_LONE_SUM);
}

static bool are_counted(const struct layout_view *view, const struct vectors *vectors,
                        const struct block *block, uint64_t sum)
{
    if (!view->blocks || sum < LEAST_SUM || sum > UINT32_MAX || sum == vectors->slots)
        return false;
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++) {
        uint64_t place =
            view->blocks->pointer_to(view->blocks, vector_columns_start(vectors, block), nth);
        if (place == 0)
            break;
        if (!block_has(block, place) && counts(view, vectors, block, place, sum))
            return true;
    }
    return false;
}

/* --- the other column --- */

struct rooms {
    const struct vectors *vectors;
    const struct vector_column *length, *room;
    uint64_t length_unit; /* of one entry */
    uint64_t divisor;
    uint64_t slots_with[MOST_ROOM + 1]; /* room for so many; the last: for more */
    bool has_others; /* lengths that are no multiples of what all rooms are multiples of */
    bool is_counting;
};

static bool look_at_rooms(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct rooms *rooms = context;
    const struct vectors *vectors = rooms->vectors;
    (void)offset;
    for (size_t at = 0; at + vectors->slot_bytes <= bytes; at += vectors->slot_bytes) {
        uint64_t pointer;
        if (!vector_columns_pointer(vectors, piece + at, &pointer))
            continue;
        uint64_t length =
            vector_columns_value(vectors, rooms->length, piece + at) / rooms->length_unit;
        uint64_t room = vector_columns_value(vectors, rooms->room, piece + at);
        if (rooms->room->is_end && rooms->length->is_end)
            room /= rooms->length_unit;
        if (length > room)
            return false;
        if (!rooms->is_counting) {
            rooms->divisor = common_divisor(room, rooms->divisor);
            continue;
        }
        uint64_t times = room / rooms->divisor;
        rooms->slots_with[times < MOST_ROOM ? times : MOST_ROOM]++;
        rooms->has_others = rooms->has_others || length % rooms->divisor != 0;
    }
    return true;
}

/* Whether some number of entries is never met, though larger ones are. Vectors get room for more by
 * steps; how many entries are in them goes from one to the next. */
static bool has_gap(const struct rooms *rooms)
{
    uint64_t beyond = rooms->slots_with[MOST_ROOM];
    for (uint32_t times = MOST_ROOM - 1; times > 0; times--) {
        if (rooms->slots_with[times] == 0 && beyond >= LEAST_BEYOND)
            return true;
        beyond += rooms->slots_with[times];
    }
    return false;
}

/* Whether the column says for how many entries there is room. */
static bool is_room(const struct layout_view *view, const struct block *block,
                    const struct vectors *vectors, const struct vector_column *length,
                    uint64_t length_unit, const struct vector_column *room)
{
    struct rooms rooms = {
        .vectors = vectors, .length = length, .room = room, .length_unit = length_unit};
    for (int pass = 0; pass < 2; pass++) {
        rooms.is_counting = pass == 1;
        if (!layout_scan(view, vector_columns_start(vectors, block),
                         vectors->slots * vectors->slot_bytes, vectors->slot_bytes, look_at_rooms,
                         &rooms) ||
            rooms.divisor == 0)
            return false;
    }
    return has_gap(&rooms) || (rooms.divisor > 1 && rooms.has_others);
}

/* --- the blocks --- */

/* What glibc gives for a request: eight bytes more, a multiple of 16, 32 at least, and up to 16
 * more where what would be left is too small for a block. */
#define CHUNK_HEAD   8u
#define MOST_SPARE   40u
#define MOST_FOR_ANY 48u /* a request of one byte may have got as much */

struct blocks {
    uint32_t looked, strangers;
    uint64_t least_entry, most_entry; /* bytes for which all blocks are as large as their room */
};

/* Looks at some of the blocks. False where one has no room for what is in it. `room`: NULL, or the
 * column that says how much there is. */
static bool look_at_blocks(const struct layout_view *view, const struct block *block,
                           const struct vectors *vectors, const struct vector_column *length,
                           const struct vector_column *room, struct blocks *out)
{
    unsigned char slot[VECTOR_MOST_SLOT];
    uint64_t step = vectors->slots / (8 * SAMPLED_VECTORS) + 1, before = 0;
    *out = (struct blocks){.least_entry = 1, .most_entry = UINT64_MAX};
    for (uint64_t nth = 0; nth < vectors->slots && out->looked < SAMPLED_VECTORS; nth += step) {
        uint64_t pointer;
        if (!layout_read(view, vector_columns_start(vectors, block) + nth * vectors->slot_bytes,
                         slot, vectors->slot_bytes))
            return false;
        if (!vector_columns_pointer(vectors, slot, &pointer))
            continue;
        uint64_t bytes =
            vector_columns_value(vectors, length, slot) * (length->is_end ? 1 : LEAST_ENTRY);
        uint64_t chunk = layout_chunk_bytes(view, pointer);
        out->looked++;
        out->strangers += chunk == 0;
        if (pointer == before || block_has(block, pointer) ||
            (chunk != 0 && chunk < bytes + CHUNK_HEAD))
            return false;
        before = pointer;
        uint64_t entries = room ? vector_columns_value(vectors, room, slot) : 0;
        if (chunk == 0 || entries == 0)
            continue;
        uint64_t most = (chunk - CHUNK_HEAD) / entries;
        uint64_t least = chunk > MOST_FOR_ANY ? (chunk - MOST_SPARE) / entries + 1 : 1;
        out->most_entry = most < out->most_entry ? most : out->most_entry;
        out->least_entry = least > out->least_entry ? least : out->least_entry;
    }
    return out->looked > 0 && (!view->glibc_heap || out->strangers * MOST_STRANGERS <= out->looked);
}

/* --- vectors that are known by themselves --- */

#define RUST_SLOT       24u
#define RUST_LEAST_ROOM 4u
#define RUST_MOST_ALIGN 64u /* a cache line, for which entries may be aligned */

/* Whether the numbers of room are those of the blocks behind the pointers. */
static bool has_rooms(const struct layout_view *view, const struct block *block,
                      struct rooms *rooms, struct blocks *blocks)
{
    const struct vectors *vectors = rooms->vectors;
    return view->glibc_heap &&
           layout_scan(view, vector_columns_start(vectors, block),
                       vectors->slots * vectors->slot_bytes, vectors->slot_bytes, look_at_rooms,
                       rooms) &&
           look_at_blocks(view, block, vectors, rooms->length, rooms->room, blocks);
}

/* Rust's Vec: room, pointer, length, of 8 bytes each. One that never held anything has, for a
 * pointer, the alignment of its entries, which nobody else does; and there is room for four at
 * least, where a boxed slice would have any length. Bytes, as of a String, are no entries. */
static bool is_rust(const struct layout_view *view, const struct block *block,
                    const struct vectors *vectors, const struct vector_column *length,
                    const struct vector_column *room)
{
    struct blocks blocks;
    struct rooms rooms = {.vectors = vectors, .length = length, .room = room, .length_unit = 1};
    return vectors->slot_bytes == RUST_SLOT && !length->is_end && !room->is_end &&
           vectors->is_empty_known && is_power_of_two(vectors->empty) && vectors->empty > 1 &&
           vectors->empty <= RUST_MOST_ALIGN && has_rooms(view, block, &rooms, &blocks) &&
           rooms.divisor >= RUST_LEAST_ROOM && blocks.least_entry <= blocks.most_entry &&
           blocks.most_entry >= vectors->empty;
}

/* Three pointers, to the beginning, the end and the end of the room in one block, which is just as
 * large as that: libstdc++'s and libc++'s std::vector. */
static bool is_cxx(const struct layout_view *view, const struct block *block,
                   const struct vectors *vectors, const struct vector_column *length,
                   const struct vector_column *room)
{
    struct blocks blocks;
    struct rooms rooms = {.vectors = vectors, .length = length, .room = room, .length_unit = 1};
    return vectors->slot_bytes == 3 * sizeof(uint64_t) && length->is_end && room->is_end &&
           vectors->pointer == 0 && length->offset < room->offset &&
           has_rooms(view, block, &rooms, &blocks) && blocks.least_entry <= 1 &&
           blocks.most_entry >= 1;
}

/* --- all together --- */

static uint64_t unit_of(const struct vectors *vectors, const struct vector_column *length)
{
    uint64_t divisor = length->is_end ? vectors->divisor[length->offset / 8] : 1;
    return divisor != 0 ? divisor : 1; /* all are empty */
}

static uint64_t sum_of(const struct vectors *vectors, const struct vector_column *length)
{
    return length->is_end ? vectors->end_sum[length->offset / 8] / unit_of(vectors, length)
                          : vectors->sum[length->offset / 4];
}

/* Whether the blocks are as large as what there is room for in them, by some size of the entries:
 * a text is, too, by one of a byte for each. */
static bool fit_room(const struct layout_view *view, const struct vector_column *room,
                     const struct blocks *blocks)
{
    uint64_t least = room->is_end ? 1 : LEAST_ENTRY;
    return !view->glibc_heap ||
           (blocks->least_entry <= blocks->most_entry && blocks->most_entry >= least &&
            (!room->is_end || blocks->least_entry <= 1));
}

/* Whether that column is the length, and the other one, if there is one, the room. */
static bool is_length(const struct layout_view *view, const struct block *block,
                      const struct vectors *vectors, const struct vector_column *length,
                      const struct vector_column *other, bool *is_counted)
{
    struct blocks blocks;
    *is_counted =
        are_counted(view, vectors, block, sum_of(vectors, length)) &&
        look_at_blocks(view, block, vectors, length, other, &blocks) &&
        (!other || (fit_room(view, other, &blocks) &&
                    is_room(view, block, vectors, length, unit_of(vectors, length), other)));
    return *is_counted || (other && (is_rust(view, block, vectors, length, other) ||
                                     is_cxx(view, block, vectors, length, other)));
}

/* A vector of Rust's has a length, though none has any. */
static void add_unset_column(const struct vectors *vectors,
                             struct vector_column columns[VECTOR_MOST_COLUMNS], uint32_t *number)
{
    for (uint32_t at = 0; *number == 1 && at < RUST_SLOT; at += 8)
        if (vectors->slot_bytes == RUST_SLOT && at != vectors->pointer && at != columns[0].offset &&
            !vectors->varies[at / 4] && !vectors->varies[at / 4 + 1] &&
            vectors->first[at / 4] == 0 && vectors->first[at / 4 + 1] == 0)
            columns[(*number)++] = (struct vector_column){.offset = at};
}

static bool read_columns(const struct layout_view *view, const struct block *block,
                         const struct vectors *vectors, struct table_reading *out)
{
    struct vector_column columns[VECTOR_MOST_COLUMNS];
    uint32_t number;
    if (vectors->occupied < LEAST_OCCUPIED || vector_columns_are_parts(vectors) ||
        !vector_columns_find(vectors, columns, &number))
        return false;
    add_unset_column(vectors, columns, &number);
    for (uint32_t i = 0; i < number; i++) {
        bool is_counted;
        if (!is_length(view, block, vectors, &columns[i], number == 2 ? &columns[1 - i] : NULL,
                       &is_counted))
            continue;
        *out = (struct table_reading){.capacity = vectors->slots,
                                      .live = sum_of(vectors, &columns[i]),
                                      .slot_bytes = vectors->slot_bytes,
                                      .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE |
                                               DUMP_KNOWN_SLOT_BYTES,
                                      .flags = is_counted ? DUMP_TABLE_COUNTED : 0,
                                      .confidence_ppm = 900000};
        return true;
    }
    return false;
}

/* The words of a slot that may be pointers, a bit for each, by some slots in the middle. */
static uint32_t pointers_in(const struct layout_view *view, const struct block *block,
                            const struct vectors *vectors)
{
    uint32_t pointers = 0;
    uint64_t slots = GLIMPSE_BYTES / vectors->slot_bytes;
    slots = slots < vectors->slots / 2 ? slots : vectors->slots / 2;
    uint64_t middle =
        vector_columns_start(vectors, block) + vectors->slots / 2 * vectors->slot_bytes;
    if (!layout_read(view, middle, view->scratch, slots * vectors->slot_bytes))
        return 0;
    for (uint32_t at = 0; at < vectors->slot_bytes; at += 8)
        if (may_be_vectors(view->scratch, slots * vectors->slot_bytes, vectors->slot_bytes, at))
            pointers |= 1u << at / 8;
    return pointers;
}

bool vector_counts_read(struct layout_view *view, const struct block *block,
                        struct table_reading *out)
{
    for (unsigned i = 0; i < sizeof(slot_sizes); i++) {
        struct vectors vectors = {.slot_bytes = slot_sizes[i]};
        vectors.header_bytes = (uint32_t)(block->bytes % vectors.slot_bytes);
        vectors.slots = block->bytes / vectors.slot_bytes;
        if (vectors.header_bytes % 8 != 0 || vectors.header_bytes > MOST_HEADER ||
            vectors.slots < LEAST_SLOTS)
            continue;
        for (uint32_t left = pointers_in(view, block, &vectors); left != 0; left &= left - 1) {
            struct vectors tried = {.slot_bytes = vectors.slot_bytes,
                                    .header_bytes = vectors.header_bytes,
                                    .pointer = 8 * (uint32_t)__builtin_ctz(left),
                                    .slots = vectors.slots};
            if (vector_columns_tally(view, block, &tried) && read_columns(view, block, &tried, out))
                return true;
        }
    }
    return false;
}
