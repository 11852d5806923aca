/*
 * hashbrown, the table under Rust's std::collections::HashMap and HashSet: slots first, then one
 * control byte a slot and a copy of the first 16 of them. The copy at the very end of the block and
 * the object that points at the control bytes vouch for it.
 */
#include "layout.h"
#include "words.h"

#define GROUP_BYTES     16 /* Group::WIDTH with SSE2; other targets take 8 */
#define CAPACITY_MIN    64
#define OWNERS_MAX      8
#define CONTROL_EMPTY   0xff
#define CONTROL_DELETED 0x80

struct control_counts {
    uint64_t live, deleted, empty;
    bool well_formed;
    uint32_t by_tag[128]; /* the 7 bits of the hash that a full slot's byte holds */
};

static bool count_controls(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct control_counts *counts = context;
    (void)offset;
    for (size_t i = 0; i < bytes; i++) {
        if (piece[i] == CONTROL_EMPTY)
            counts->empty++;
        else if (piece[i] == CONTROL_DELETED)
            counts->deleted++;
        else if (piece[i] < CONTROL_DELETED)
            counts->by_tag[piece[i]]++;
        else
            return false;
    }
    return true;
}

/* bucket_mask_to_capacity(), hashbrown src/raw/mod.rs */
static uint64_t entries_limit(uint64_t capacity)
{
    return capacity / 8 * 7;
}

/* RawTableInner {ctrl, bucket_mask, growth_left, items} as rustc lays it out since hashbrown 0.12;
 * in 0.9 to 0.11 bucket_mask came first. */
static uint64_t table_object(const struct layout_view *view, uint64_t controls, uint64_t capacity,
                             const struct control_counts *counts)
{
    if (view->blocks == NULL)
        return 0;
    for (unsigned nth = 0; nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, controls, nth);
        uint64_t words[5]; /* one before the control pointer, three after */
        if (holder == 0)
            return 0;
        if (!layout_read(view, holder - 8, words, sizeof(words)))
            continue;
        uint64_t growth_left = entries_limit(capacity) - counts->live - counts->deleted;
        bool mask_after =
            words[2] == capacity - 1 && words[3] == growth_left && words[4] == counts->live;
        bool mask_before =
            words[0] == capacity - 1 && words[2] == growth_left && words[3] == counts->live;
        if (mask_after)
            return holder;
        if (mask_before)
            return holder - 8;
    }
    return 0;
}

/* Tags are 7 bits of a good hash: none of them is frequent. Tells a table from bytes that happen to
 * be small, zeros above all. */
static bool tags_are_diverse(const struct control_counts *counts)
{
    uint64_t limit = counts->live / 6 > 6 ? counts->live / 6 : 6;
    for (unsigned tag = 0; tag < 128; tag++)
        if (counts->by_tag[tag] > limit)
            return false;
    return true;
}

static bool try_capacity(const struct layout_view *view, const struct block *block,
                         uint64_t capacity, struct table_reading *out)
{
    uint64_t control_bytes = capacity + GROUP_BYTES;
    uint64_t slots_bytes = block->bytes - control_bytes;
    uint64_t controls = block->address + slots_bytes;
    unsigned char first[GROUP_BYTES], copy[GROUP_BYTES];
    if (!layout_read(view, controls, first, sizeof(first)) ||
        !layout_read(view, controls + capacity, copy, sizeof(copy)) ||
        memcmp(first, copy, sizeof(first)) != 0)
        return false;

    struct control_counts counts;
    memset(&counts, 0, sizeof(counts));
    if (!layout_scan(view, controls, capacity, 1, count_controls, &counts))
        return false;
    for (unsigned tag = 0; tag < 128; tag++)
        counts.live += counts.by_tag[tag];
    /* An insert always finds an empty slot: deleted ones count as taken (growth_left). */
    if (counts.live + counts.deleted > entries_limit(capacity))
        return false;
    uint64_t header = table_object(view, controls, capacity, &counts);
    if (header == 0 && (counts.live < 4 || !tags_are_diverse(&counts)))
        return false;

    out->header = header;
    out->capacity = capacity;
    out->live = counts.live;
    out->tombstones = counts.deleted;
    out->slot_bytes = block->bytes / capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* TableLayout::calculate_layout_for(): slots rounded up to 16, then capacity + 16 control bytes.
 * What fits a capacity fits its half. */
static bool fits(uint64_t block_bytes, uint64_t capacity)
{
    return block_bytes > capacity + GROUP_BYTES &&
           (block_bytes - capacity - GROUP_BYTES) % capacity == 0;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t largest = CAPACITY_MIN;
    while (largest <= block->bytes / 4)
        largest *= 2;
    /* A sparse table of n slots also looks like one of n/2 bigger slots, whose control bytes are
     * the (mostly empty) second half: the largest that fits is the one. */
    for (uint64_t capacity = largest; capacity >= CAPACITY_MIN; capacity /= 2) {
        if (fits(block->bytes, capacity) && try_capacity(view, block, capacity, out))
            return true;
    }
    return false;
}

/* The object points at the control bytes: where they begin for every capacity that recognise()
 * would try. */
static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    unsigned count = 0;
    for (uint64_t capacity = CAPACITY_MIN; count < LAYOUT_MAX_HANDLES; capacity *= 2) {
        if (!fits(block_bytes, capacity))
            return count;
        offsets[count++] = block_bytes - capacity - GROUP_BYTES;
    }
    return count;
}

/* shrink_to_fit(): capacity_to_buckets() of the items, hashbrown 0.16 src/raw/mod.rs. */
static uint64_t capacity_for(uint64_t live)
{
    if (live == 0)
        return 0;
    if (live < 4)
        return 4;
    if (live < 8)
        return 8;
    return next_power_of_two(live * 8 / 7);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    if (capacity == 0)
        return 0;
    /* now->slot_bytes counts the slot's control byte too. */
    return (now->slot_bytes - 1) * capacity + capacity + GROUP_BYTES;
}

const struct layout layout_hashbrown = {
    .name = "Rust HashMap (hashbrown)",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .on_clear = "keeps the array",
    .shrink_call = "map.shrink_to_fit();",
    .handles = handles,
    .source = "hashbrown 0.12-0.17, src/raw/mod.rs: TableLayout, RawTableInner; Rust 1.95 std",
};
