/*
 * The table of hcreate_r() and hsearch_r() in glibc: open addressing, made in one size and never
 * rebuilt. Each slot keeps its hash, which names the slot that was tried first; slot 0 stays
 * unused, for a hash of 0 means an empty slot.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define CAPACITY_MIN 64

/* struct hsearch_data, search.h; that of hcreate() lies in the C library. */
struct object {
    uint64_t table;
    uint32_t size, filled;
};

/* _ENTRY, misc/hsearch_r.c */
#define SLOT_BYTES 24
#define SLOT_HASH  0 /* "used", 32 bits */
#define SLOT_KEY   8 /* and then the data */

struct search {
    const struct block *block;
    struct object object;
};

/* hcreate_r() allocates one slot more than the prime that it takes for the size. */
static uint64_t capacity_of(const struct block *block)
{
    return block->bytes / SLOT_BYTES - 1;
}

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    return layout_read(view, address, &search->object, sizeof(search->object)) &&
           search->object.table == search->block->address &&
           search->object.size == capacity_of(search->block) &&
           search->object.filled <= search->object.size;
}

struct count {
    uint64_t capacity;
    uint64_t live, at_home;
};

static bool is_slot(uint32_t hash, uint64_t key)
{
    return hash == 0 ? key == 0 : layout_is_pointer(key, 1);
}

static bool count_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    for (size_t at = 0; at + SLOT_BYTES <= bytes; at += SLOT_BYTES) {
        uint32_t hash = word_u32(piece, at + SLOT_HASH);
        uint64_t slot = (offset + at) / SLOT_BYTES;
        if (!is_slot(hash, word_u64(piece, at + SLOT_KEY)) || (slot == 0 && hash != 0))
            return false;
        if (hash == 0)
            continue;
        count->live++;
        count->at_home += hash % count->capacity + 1 == slot;
    }
    return true;
}

static bool begins_like_one(const struct layout_view *view)
{
    for (size_t at = 0; at + SLOT_BYTES <= view->head_bytes; at += SLOT_BYTES)
        if (!is_slot(word_u32(view->head, at + SLOT_HASH), word_u64(view->head, at + SLOT_KEY)))
            return false;
    return word_u32(view->head, SLOT_HASH) == 0;
}

static bool is_prime(uint64_t odd)
{
    for (uint64_t divisor = 3; divisor * divisor <= odd; divisor += 2)
        if (odd % divisor == 0)
            return false;
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = capacity_of(block);
    if (view->blocks == NULL || block->bytes % SLOT_BYTES != 0 ||
        block->bytes < (CAPACITY_MIN + 1) * SLOT_BYTES || capacity % 2 == 0 ||
        capacity > UINT32_MAX || !begins_like_one(view))
        return false;
    struct search search = {.block = block};
    unsigned nth = 0;
    uint64_t object = layout_next_object(view, block->address, 0, &nth, object_fits, &search);
    struct count count = {.capacity = capacity};
    /* Half of the entries are at home even in a full table. */
    if (object == 0 || !is_prime(capacity) ||
        !layout_scan(view, block->address, block->bytes, SLOT_BYTES, count_slots, &count) ||
        count.at_home * 3 < count.live)
        return false;
    while (object != 0 && count.live != search.object.filled)
        object = layout_next_object(view, block->address, 0, &nth, object_fits, &search);
    if (object == 0)
        return false;

    out->header = object;
    out->capacity = capacity;
    out->live = count.live;
    out->slot_bytes = SLOT_BYTES;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    /* Of a table that nothing was entered into only its sizes speak. */
    out->confidence_ppm = count.live == 0 ? 900000 : 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* hcreate_r() takes the first prime from the size that is asked for: hcreate(3) wants that to be a
 * quarter more than the entries. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t wanted = live + live / 4;
    uint64_t capacity = (wanted < 3 ? 3 : wanted) | 1;
    while (!is_prime(capacity))
        capacity += 2;
    return capacity;
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return (capacity + 1) * SLOT_BYTES;
}

const struct layout layout_hsearch = {
    .name = "hsearch",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    /* It cannot grow: ENTER fails in a full table. */
    .load_limit = 1.0,
    .load_after_growth = 0.8,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "cannot erase",
    .recreate =
        "hcreate_r(n + n / 4, &table) for n entries: the array has the size that is asked for",
    .source = "glibc 2.36, misc/hsearch_r.c: hcreate_r, hsearch_r, _ENTRY",
};
