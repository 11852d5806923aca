/*
 * xmlHashTable and xmlDict of libxml2 up to 2.11: chained, the first entry of each chain in the
 * array itself and marked as valid. Slots that are not valid, and the owner's number of entries,
 * prove a hash; in a dict each entry also keeps its hash, which names its slot.
 */
#include "entry_sample.h"
#include "libxml2_hash.h"
#include "words.h"

/* struct _xmlHashEntry, hash.c, and struct _xmlDictEntry, dict.c */
#define HASH_ENTRY_BYTES   48
#define HASH_ENTRY_PAYLOAD 32
#define HASH_ENTRY_VALID   40
#define DICT_ENTRY_BYTES   32
#define DICT_ENTRY_VALID   20
#define DICT_ENTRY_KEY     24 /* okey */
#define ENTRY_NEXT         0
#define ENTRY_NAME         8

/* An emptied hash keeps the names of what was in it: so many tell it from unused memory. */
#define STALE_NAMES_MIN 8

struct count {
    const struct libxml2_object *object;
    struct entry_sample chained; /* entries outside the array */
    uint64_t valid, chains, stale_names;
    uint64_t last_valid; /* the last slot that is */
};

static bool valid_slot(struct count *count, const unsigned char *entry, uint64_t offset)
{
    uint64_t slots = count->object->capacity, slot_bytes = count->object->slot_bytes;
    uint64_t next = word_u64(entry, ENTRY_NEXT);
    if (!layout_is_pointer(word_u64(entry, ENTRY_NAME), 1))
        return false;
    count->valid++;
    count->last_valid = offset / slot_bytes;
    if (next == 0)
        return true;
    count->chains++;
    entry_sample_offer(&count->chained, next, offset, slots * slot_bytes);
    return layout_is_pointer(next, 8);
}

static bool count_hash(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    for (size_t at = 0; at + HASH_ENTRY_BYTES <= bytes; at += HASH_ENTRY_BYTES) {
        const unsigned char *entry = piece + at;
        uint32_t valid = word_u32(entry, HASH_ENTRY_VALID);
        if (valid == 1 ? !valid_slot(count, entry, offset + at)
                       : valid != 0 || word_u64(entry, ENTRY_NEXT) != 0 ||
                             word_u64(entry, HASH_ENTRY_PAYLOAD) != 0)
            return false;
        count->stale_names += valid == 0 && word_u64(entry, ENTRY_NAME) != 0;
    }
    return true;
}

static bool count_dict(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    for (size_t at = 0; at + DICT_ENTRY_BYTES <= bytes; at += DICT_ENTRY_BYTES) {
        const unsigned char *entry = piece + at;
        uint32_t valid = word_u32(entry, DICT_ENTRY_VALID);
        uint64_t slot = word_u64(entry, DICT_ENTRY_KEY) % count->object->capacity;
        if (valid == 1
                ? !valid_slot(count, entry, offset + at) || slot != (offset + at) / DICT_ENTRY_BYTES
                : valid != 0 || word_u64(entry, ENTRY_NAME) != 0)
            return false;
    }
    return true;
}

/* Whether what was counted can be the entries of this object. */
static bool counts_agree(const struct count *count)
{
    uint64_t live = count->object->live;
    return count->valid + count->chains <= live && (count->chains != 0 || count->valid == live);
}

static void fill(const struct layout_view *view, const struct count *count,
                 const struct block *block, struct table_reading *out)
{
    libxml2_fill(count->object, block, out);
    entry_sample_measure(&count->chained, view, count->object->live - count->valid, out);
}

static bool recognise_hash(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    struct libxml2_object object = {HASH_ENTRY_BYTES, block->bytes / HASH_ENTRY_BYTES, 0, 0};
    struct count head = {.object = &object}, count = head;
    if (block->bytes % HASH_ENTRY_BYTES != 0 || object.capacity < LIBXML2_SLOTS_MIN ||
        !count_hash(view->head, view->head_bytes, 0, &head) ||
        !libxml2_find_hash(view, block, &object) ||
        !layout_scan(view, block->address, block->bytes, HASH_ENTRY_BYTES, count_hash, &count) ||
        !counts_agree(&count))
        return false;
    /* Entries without a gap between them might be a vector's. */
    if (object.live == 0 ? count.stale_names < STALE_NAMES_MIN
                         : count.last_valid < count.valid && count.valid < object.capacity)
        return false;
    fill(view, &count, block, out);
    return true;
}

/* xmlDictLookup() grows, by 6, when it has put a fourth string into one chain, up to this size. */
#define DICT_SLOTS_MIN 128
#define DICT_SLOTS_MAX 4608
#define DICT_GROWTH    6

static uint64_t dict_capacity_for(uint64_t live)
{
    uint64_t capacity = DICT_SLOTS_MIN;
    while (live > capacity && capacity < DICT_SLOTS_MAX)
        capacity *= DICT_GROWTH;
    return capacity;
}

static bool recognise_dict(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    struct libxml2_object object = {DICT_ENTRY_BYTES, block->bytes / DICT_ENTRY_BYTES, 0, 0};
    struct count head = {.object = &object}, count = head;
    if (block->bytes % DICT_ENTRY_BYTES != 0 ||
        dict_capacity_for(object.capacity) != object.capacity ||
        !count_dict(view->head, view->head_bytes, 0, &head) ||
        !libxml2_find_dict(view, block, &object) ||
        !layout_scan(view, block->address, block->bytes, DICT_ENTRY_BYTES, count_dict, &count) ||
        !counts_agree(&count))
        return false;
    fill(view, &count, block, out);
    return true;
}

/* xmlHashCreate(n) makes n slots, 256 for 0, and one entry a slot makes no chain of ten. */
static uint64_t hash_capacity_for(uint64_t live)
{
    return live == 0 ? 256 : live;
}

const struct layout layout_libxml2_chained_hash = {
    .name = "xmlHashTable",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_hash,
    /* It grows, by 8, when it has put a tenth entry behind another: at a load of 2 to 3. */
    .load_limit = 2.5,
    .load_after_growth = 0.3,
    .capacity_for = hash_capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "xmlHashScan() the entries into an xmlHashCreate(xmlHashSize(old)), xmlHashFree() "
                "the old one without a deallocator",
    .source = "libxml2 2.9.14, hash.c: xmlHashCreate, xmlHashGrow, xmlHashRemoveEntry3",
};

const struct layout layout_libxml2_chained_dict = {
    .name = "xmlDict",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_dict,
    .load_limit = 1.0,
    .load_after_growth = 0.15,
    .capacity_for = dict_capacity_for,
    .values_are_boxed = true,
    .on_erase = "cannot erase",
    .recreate =
        "free the documents and parsers that share it, and parse with a new xmlDictCreate()",
    .source = "libxml2 2.9.14, dict.c: xmlDictCreate, xmlDictGrow, xmlDictLookup",
};
