/*
 * STC's hmap and hset: robin-hood hashing in an array of slots, with an array of metadata beside it
 * that ends with a mark. The object names both arrays and counts the slots in use. Where it cannot
 * be found, when a table grows or is freed, the metadata prove themselves: in a robin-hood table
 * the distances from home rise by one at most.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define CAPACITY_MIN   64
#define SLOT_BYTES_MAX 8192

/* struct hmap_meta of version 5: 6 bits of the hash, 10 bits of distance; 0: the slot is empty. */
#define DISTANCE_SHIFT 6
#define END_MARK       0xffc0u /* the distance 1023 */

/* Without the object: as many entries. */
#define ENTRIES_MIN 16

static bool is_capacity(uint64_t capacity)
{
    return is_power_of_two(capacity) && capacity >= CAPACITY_MIN && capacity < 1ULL << 40;
}

struct counts {
    uint64_t live;
    uint32_t distance; /* of the slot before */
    bool is_started;
};

static bool count(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct counts *counts = context;
    (void)offset;
    for (size_t at = 0; at + 2 <= bytes; at += 2) {
        uint16_t metadata;
        memcpy(&metadata, piece + at, sizeof(metadata));
        uint32_t distance = metadata >> DISTANCE_SHIFT;
        /* The first slots may continue a run from the end of the array. */
        if (counts->is_started && distance > counts->distance + 1)
            return false;
        counts->is_started = true;
        counts->distance = distance;
        counts->live += distance != 0;
    }
    return true;
}

static bool count_metadata(const struct layout_view *view, uint64_t metadata, uint64_t capacity,
                           uint64_t *live)
{
    struct counts counts = {0};
    uint16_t end;
    if (!layout_read(view, metadata + capacity * 2, &end, sizeof(end)) || end != END_MARK ||
        !layout_scan(view, metadata, capacity * 2, 2, count, &counts))
        return false;
    *live = counts.live;
    return true;
}

static uint64_t metadata_bytes(uint64_t capacity)
{
    return (capacity + 1) * 2;
}

static bool holds_slots(const struct block *block, uint64_t capacity)
{
    return block->bytes >= capacity && block->bytes % capacity == 0 &&
           block->bytes / capacity <= SLOT_BYTES_MAX;
}

/* _declare_htable */
struct object {
    uint64_t slots, metadata;
    uint64_t size, bucket_count;
};

struct search {
    const struct block *slots;
    struct object object;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct object *object = &search->object;
    uint64_t live;
    if (!layout_read(view, address, object, sizeof(*object)) ||
        object->slots != search->slots->address || !layout_is_pointer(object->metadata, 2) ||
        !is_capacity(object->bucket_count) || !holds_slots(search->slots, object->bucket_count) ||
        !count_metadata(view, object->metadata, object->bucket_count, &live) ||
        live != object->size)
        return false;
    /* An empty table has little else to show. */
    struct block metadata;
    return view->blocks->find(view->blocks, object->metadata, &metadata)
               ? metadata.bytes == metadata_bytes(object->bucket_count)
               : live != 0;
}

static void fill(struct table_reading *out, const struct block *slots, uint64_t metadata,
                 uint64_t capacity, uint64_t live)
{
    out->capacity = capacity;
    out->live = live;
    out->slot_bytes = (slots->bytes + metadata_bytes(capacity)) / capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->array_count = 2;
    out->arrays[0] = (struct layout_array){slots->address, slots->bytes, DUMP_ROLE_SLOTS};
    out->arrays[1] = (struct layout_array){metadata, metadata_bytes(capacity), DUMP_ROLE_METADATA};
}

static bool recognise_by_object(const struct layout_view *view, const struct block *slots,
                                struct table_reading *out)
{
    struct search search = {.slots = slots};
    uint64_t header = layout_object(view, slots->address, 0, object_fits, &search);
    if (header == 0)
        return false;
    fill(out, slots, search.object.metadata, search.object.bucket_count, search.object.size);
    out->header = header;
    out->known |= DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    return true;
}

static bool is_metadata(const struct layout_view *view, const struct block *block,
                        uint64_t *capacity, uint64_t *live)
{
    *capacity = block->bytes / 2 - 1;
    return block->bytes % 2 == 0 && is_capacity(*capacity) &&
           count_metadata(view, block->address, *capacity, live) && *live >= ENTRIES_MIN;
}

/* X_reserve() allocates the slots, then the metadata. */
struct neighbour_search {
    const struct layout_view *view;
    const struct block *slots;
    uint64_t metadata, capacity, live;
    unsigned found;
};

static bool find_metadata(const struct block *neighbour, void *context)
{
    struct neighbour_search *search = context;
    uint64_t capacity, live;
    if (!is_metadata(search->view, neighbour, &capacity, &live) ||
        !holds_slots(search->slots, capacity))
        return true;
    search->metadata = neighbour->address;
    search->capacity = capacity;
    search->live = live;
    search->found++;
    return search->found < 2;
}

static bool recognise_by_neighbours(const struct layout_view *view, const struct block *slots,
                                    struct table_reading *out)
{
    struct neighbour_search search = {.view = view, .slots = slots};
    view->blocks->neighbours(view->blocks, slots->address, find_metadata, &search);
    if (search.found != 1)
        return false; /* of two, which one goes with these slots is not known */
    fill(out, slots, search.metadata, search.capacity, search.live);
    out->confidence_ppm = 700000;
    return true;
}

static bool recognise_metadata(const struct layout_view *view, const struct block *block,
                               struct table_reading *out)
{
    uint64_t capacity, live;
    if (!is_metadata(view, block, &capacity, &live))
        return false;
    out->capacity = capacity;
    out->live = live;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    out->confidence_ppm = 500000; /* the slots speak for the table */
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_METADATA};
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (block->bytes % CAPACITY_MIN != 0)
        return recognise_metadata(view, block, out);
    return view->blocks != NULL &&
           (recognise_by_object(view, block, out) || recognise_by_neighbours(view, block, out));
}

/* X_shrink_to_fit() is X_reserve() of the size: a power of two above size / 0.8 + 3. */
static uint64_t capacity_for(uint64_t live)
{
    return next_power_of_two((uint64_t)((float)live / 0.8f) + 4);
}

const struct layout layout_stc_hmap = {
    .name = "STC hmap",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.8,
    .load_after_growth = 0.4,
    .marks_bytes = 2,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "NAME_shrink_to_fit(&map);",
    .source = "STC 5.0 and its master of June 2026, stc/hmap.h: struct hmap_meta, X_reserve",
};
