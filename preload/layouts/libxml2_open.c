/*
 * xmlHashTable and xmlDict of libxml2 since 2.12: open addressing with Robin Hood order. Each slot
 * begins with its hash, whose highest bit is set unless the slot is empty and whose lowest bits
 * name the slot where the search for it begins.
 */
#include "libxml2_hash.h"
#include "words.h"

/* xmlHashEntry, hash.c, and xmlHashedString, include/private/dict.h; the name follows the hash */
#define HASH_SLOT_BYTES 40
#define DICT_SLOT_BYTES 16
#define SLOT_NAME       8

#define OCCUPIED (1u << 31) /* MAX_HASH_SIZE */

#define SLOTS_MIN 8 /* MIN_HASH_SIZE */

/* An emptied hash keeps the names of what was in it: so many tell it from unused memory. */
#define STALE_NAMES_MIN 8

struct count {
    const struct libxml2_object *object;
    uint64_t live, stale_names;
    uint64_t distance; /* of the slot before, from where the search for its entry begins */
    bool was_empty;
};

/* Robin Hood order: an entry is at most one slot further from its beginning than the one before. */
static bool visit_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    uint64_t slot_bytes = count->object->slot_bytes, mask = count->object->capacity - 1;
    for (size_t at = 0; at + slot_bytes <= bytes; at += slot_bytes) {
        uint32_t hash = word_u32(piece, at);
        uint64_t slot = (offset + at) / slot_bytes;
        if (hash == 0) {
            count->stale_names += word_u64(piece, at + SLOT_NAME) != 0;
            count->was_empty = true;
            continue;
        }
        uint64_t distance = (slot - hash) & mask;
        if ((hash & OCCUPIED) == 0 || !layout_is_pointer(word_u64(piece, at + SLOT_NAME), 1))
            return false;
        if (slot != 0 && distance > (count->was_empty ? 0 : count->distance + 1))
            return false;
        count->live++;
        count->distance = distance;
        count->was_empty = false;
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block, uint64_t slot_bytes,
                      bool (*find)(const struct layout_view *view, const struct block *block,
                                   struct libxml2_object *object),
                      struct table_reading *out)
{
    struct libxml2_object object = {slot_bytes, block->bytes / slot_bytes, 0, 0};
    struct count head = {.object = &object}, count = head;
    if (block->bytes % slot_bytes != 0 || !is_power_of_two(object.capacity) ||
        object.capacity < LIBXML2_SLOTS_MIN ||
        !visit_slots(view->head, view->head_bytes, 0, &head) || !find(view, block, &object) ||
        !layout_scan(view, block->address, block->bytes, slot_bytes, visit_slots, &count) ||
        count.live != object.live || (count.live == 0 && count.stale_names < STALE_NAMES_MIN))
        return false;
    libxml2_fill(&object, block, out);
    return true;
}

static bool recognise_hash(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise(view, block, HASH_SLOT_BYTES, libxml2_find_hash, out);
}

static bool recognise_dict(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise(view, block, DICT_SLOT_BYTES, libxml2_find_dict, out);
}

/* Both double when one more entry would be more than 7 of 8 slots (MAX_FILL_NUM). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = SLOTS_MIN;
    while (live > capacity / 8 * 7 && capacity < 1ULL << 31)
        capacity *= 2;
    return capacity;
}

const struct layout layout_libxml2_open_hash = {
    .name = "xmlHashTable 2.12",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_hash,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "xmlHashScan() the entries into an xmlHashCreate(xmlHashSize(old)), xmlHashFree() "
                "the old one without a deallocator",
    .source = "libxml2 2.16 (July 2026), hash.c: xmlHashGrow, xmlHashUpdateInternal",
};

const struct layout layout_libxml2_open_dict = {
    .name = "xmlDict 2.12",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_dict,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "cannot erase",
    .recreate =
        "free the documents and parsers that share it, and parse with a new xmlDictCreate()",
    .source = "libxml2 2.16 (July 2026), dict.c: xmlDictGrow, xmlDictLookupInternal",
};
