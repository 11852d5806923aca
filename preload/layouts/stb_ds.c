/*
 * Hash maps of stb_ds.h: a dense array of elements behind a 32-byte header, and an index of slots
 * that the header points at. Deleting shrinks the index, never the elements, so these are the table
 * here. The index proves it: it points into itself, its three thresholds follow from its size, and
 * it counts the elements.
 */
#include "layout.h"
#include "words.h"

/* stbds_array_header; the elements follow, the first of them being the default */
#define HEADER_LENGTH     0
#define HEADER_CAPACITY   8
#define HEADER_INDEX      16
#define HEADER_BYTES      32
#define CAPACITY_MIN      4 /* stbds_arrgrowf() */
#define ELEMENT_BYTES_MAX 65536

/* stbds_hash_index */
struct index {
    uint64_t temporary_key;
    uint64_t slot_count, used_count;
    uint64_t used_limit, used_least; /* grows above, shrinks below */
    uint64_t tombstone_count, tombstone_limit;
    uint64_t seed, log2_slot_count;
    uint64_t arena[3]; /* stbds_string_arena */
    uint64_t slots;    /* in the same block, at a multiple of 64 */
};
#define SLOTS_MIN 8 /* STBDS_BUCKET_LENGTH */

/* stbds_make_hash_index(): 16 bytes a slot, and 63 to align them. */
static uint64_t index_bytes(uint64_t slot_count)
{
    return slot_count * 16 + sizeof(struct index) + 63;
}

/* The settings "A2" of stbds_make_hash_index(). */
static bool index_agrees(const struct index *index, uint64_t address)
{
    uint64_t slots = index->slot_count;
    return is_power_of_two(slots) && slots >= SLOTS_MIN && slots < 1ULL << 40 &&
           index->log2_slot_count == (uint64_t)__builtin_ctzll(slots) &&
           index->used_limit == slots - slots / 4 &&
           index->used_least == (slots == SLOTS_MIN ? 0 : slots / 4) &&
           index->tombstone_limit == slots / 8 + slots / 16 &&
           index->tombstone_count <= index->tombstone_limit &&
           index->used_count <= index->used_limit &&
           index->slots == ((address + sizeof(*index) + 63) & ~63ULL);
}

/* stbds_hash_bucket: eight hashes, then eight places in the array of elements. */
#define BUCKET_BYTES (8 * 16)
#define PLACE_NONE   UINT64_MAX /* STBDS_INDEX_EMPTY; one less: STBDS_INDEX_DELETED */

struct place_counts {
    uint64_t used, deleted;
};

static bool count_places(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct place_counts *counts = context;
    (void)offset;
    for (size_t bucket = 0; bucket + BUCKET_BYTES <= bytes; bucket += BUCKET_BYTES)
        for (unsigned slot = 0; slot < 8; slot++) {
            uint64_t place = word_u64(piece, bucket + 64 + slot * 8);
            counts->used += place < PLACE_NONE - 1;
            counts->deleted += place == PLACE_NONE - 1;
        }
    return true;
}

/* The index by itself: what it holds when it is replaced by a bigger one, for then nobody can say
 * where the elements are. In a snapshot they are known, and they come first. */
static bool recognise_index(struct layout_view *view, const struct block *block,
                            struct table_reading *out)
{
    struct index index;
    struct place_counts counts = {0};
    if (view->head_bytes < sizeof(index))
        return false;
    memcpy(&index, view->head, sizeof(index));
    if (!index_agrees(&index, block->address) || block->bytes != index_bytes(index.slot_count) ||
        !layout_scan(view, index.slots, index.slot_count * 16, BUCKET_BYTES, count_places,
                     &counts) ||
        counts.used != index.used_count || counts.deleted != index.tombstone_count)
        return false;
    out->capacity = index.slot_count;
    out->live = index.used_count;
    out->tombstones = index.tombstone_count;
    out->slot_bytes = 16;
    out->known =
        DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES | DUMP_KNOWN_SLOT_BYTES;
    out->confidence_ppm = 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_METADATA};
    return true;
}

static bool recognise_elements(struct layout_view *view, const struct block *block,
                               struct table_reading *out)
{
    if (block->bytes <= HEADER_BYTES || view->head_bytes < HEADER_BYTES)
        return false;
    uint64_t length = word_u64(view->head, HEADER_LENGTH);
    uint64_t capacity = word_u64(view->head, HEADER_CAPACITY);
    uint64_t address = word_u64(view->head, HEADER_INDEX);
    uint64_t elements_bytes = block->bytes - HEADER_BYTES;
    if (!is_power_of_two(capacity) || capacity < CAPACITY_MIN || length == 0 || length > capacity ||
        elements_bytes < capacity || elements_bytes % capacity != 0 ||
        elements_bytes / capacity > ELEMENT_BYTES_MAX || !layout_is_pointer(address, 8))
        return false;
    struct index index;
    if (!layout_read(view, address, &index, sizeof(index)) || !index_agrees(&index, address) ||
        index.used_count != length - 1)
        return false;

    uint64_t bytes_of_index = index_bytes(index.slot_count);
    out->header = block->address;
    out->capacity = capacity;
    out->live = length - 1;
    out->slot_bytes = (block->bytes + bytes_of_index) / capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 2;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_ENTRIES};
    out->arrays[1] = (struct layout_array){address, bytes_of_index, DUMP_ROLE_METADATA};
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    return recognise_elements(view, block, out) || recognise_index(view, block, out);
}

/* The elements double whenever they and the default one are too many. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live + 1);
    return capacity < CAPACITY_MIN ? CAPACITY_MIN : capacity;
}

/* The index doubles before it is more than three quarters full. */
static uint64_t slots_for(uint64_t live)
{
    uint64_t slots = SLOTS_MIN;
    while (slots - slots / 4 < live && slots < 1ULL << 40)
        slots *= 2;
    return slots;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    uint64_t index_now = index_bytes(slots_for(now->live));
    uint64_t bytes_now = now->slot_bytes * now->capacity;
    uint64_t element_bytes = bytes_now > index_now ? (bytes_now - index_now) / now->capacity : 1;
    return HEADER_BYTES + capacity * element_bytes + index_now;
}

const struct layout layout_stb_ds = {
    .name = "stb_ds hash map",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "the index shrinks, the array of elements never does",
    .recreate =
        "a loop over i < hmlen(m) that does hmputs(fresh, m[i]) into a fresh map that starts "
        "as NULL (shputs for string keys); then hmfree(m); m = fresh;",
    .source = "stb_ds.h 0.67: stbds_array_header, stbds_hash_index, stbds_hmdel_key",
};
