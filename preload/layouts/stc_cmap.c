/*
 * STC's cmap and cset of versions 4: linear probing in an odd number of slots, and beside them a
 * byte for each, whose high bit says that the slot is in use, and a last byte of ones. The object
 * that names both arrays counts the slots in use.
 */
#include "layout.h"
#include "object.h"

#define CAPACITY_MIN   64
#define SLOT_BYTES_MAX 8192
#define IN_USE         0x80u
#define END_MARK       0xffu

/* _c_chash_types: size and bucket_count are int32_t unless the program sets i_ssize. */
struct object {
    uint64_t slots, hashes;
    uint64_t counts[2];
};

struct search {
    const struct block *slots;
    struct object object;
    uint64_t capacity, live;
};

static bool count(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    uint64_t *live = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at++) {
        if (piece[at] != 0 && (piece[at] & IN_USE) == 0)
            return false;
        *live += piece[at] != 0;
    }
    return true;
}

static bool counts_agree(const struct layout_view *view, struct search *search, uint64_t size,
                         uint64_t capacity)
{
    uint64_t bytes = search->slots->bytes;
    if (capacity < CAPACITY_MIN || capacity >= 1ULL << 40 || size > capacity || bytes < capacity ||
        bytes % capacity != 0 || bytes / capacity > SLOT_BYTES_MAX)
        return false;
    struct block hashes;
    if (!view->blocks->find(view->blocks, search->object.hashes, &hashes)
            ? size == 0 /* an empty table has little else to show */
            : hashes.bytes != capacity + 1)
        return false;
    unsigned char end;
    search->capacity = capacity;
    search->live = 0;
    return layout_read(view, search->object.hashes + capacity, &end, sizeof(end)) &&
           end == END_MARK &&
           layout_scan(view, search->object.hashes, capacity, 1, count, &search->live) &&
           search->live == size;
}

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct object *object = &search->object;
    if (!layout_read(view, address, object, sizeof(*object)) ||
        object->slots != search->slots->address || !layout_is_pointer(object->hashes, 1))
        return false;
    return counts_agree(view, search, object->counts[0], object->counts[1]) ||
           counts_agree(view, search, object->counts[0] & UINT32_MAX, object->counts[0] >> 32);
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (view->blocks == NULL || block->bytes < CAPACITY_MIN)
        return false;
    struct search search = {.slots = block};
    uint64_t header = layout_object(view, block->address, 0, object_fits, &search);
    if (header == 0)
        return false;
    out->header = header;
    out->capacity = search.capacity;
    out->live = search.live;
    out->slot_bytes = block->bytes / search.capacity + 1;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 2;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    out->arrays[1] =
        (struct layout_array){search.object.hashes, search.capacity + 1, DUMP_ROLE_METADATA};
    return true;
}

/* X_shrink_to_fit() is X_reserve() of the size; _i_expandby is 1 by default. */
static uint64_t capacity_for(uint64_t live)
{
    return ((uint64_t)((float)live / 0.85f) + 4) | 1;
}

const struct layout layout_stc_cmap = {
    .name = "STC cmap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.85,
    .load_after_growth = 0.567, /* X_reserve(3/2 of the size) */
    .marks_bytes = 1,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "NAME_shrink_to_fit(&map);",
    .source = "STC 4.2, stc/cmap.h: _c_chash_types, X_reserve",
};
