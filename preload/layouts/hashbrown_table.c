/*
 * Reading it: see hashbrown_table.h. The copy of the control bytes at the very end of the block and
 * the object that points at them vouch for it.
 */
#include "hashbrown_table.h"

#include "control_bytes.h"
#include "object.h"
#include "words.h"

#define CONTROL_EMPTY   0xff
#define CONTROL_DELETED 0x80

#define CAPACITY_MIN       4
#define CAPACITY_MIN_ALONE 64 /* without an object that vouches for it */
#define LIVE_MIN_ALONE     4
#define CONTROLS_AT_ONCE   512u

struct candidate {
    uint64_t capacity, controls;
    struct control_bytes counts;
    uint64_t header;
};

/* bucket_mask_to_capacity(), hashbrown src/raw/mod.rs */
uint64_t hashbrown_entries_limit(uint64_t capacity)
{
    return capacity < 8 ? capacity - 1 : capacity / 8 * 7;
}

/* RawTableInner {ctrl, bucket_mask, growth_left, items} as rustc lays it out since hashbrown 0.12;
 * in 0.9 to 0.11 bucket_mask came first. */
static bool object_fits(const struct layout_view *view, uint64_t holder, void *context)
{
    struct candidate *candidate = context;
    const struct control_bytes *counts = &candidate->counts;
    uint64_t words[5] = {0}; /* one before the control pointer, three after */
    if (!layout_read(view, holder, words + 1, sizeof(words) - 8) ||
        (holder >= 8 && !layout_read(view, holder - 8, words, 8)))
        return false;
    uint64_t mask = candidate->capacity - 1;
    uint64_t growth_left =
        hashbrown_entries_limit(candidate->capacity) - counts->live - counts->deleted;
    if (words[2] == mask && words[3] == growth_left && words[4] == counts->live)
        candidate->header = holder;
    else if (words[0] == mask && words[2] == growth_left && words[3] == counts->live)
        candidate->header = holder - 8;
    return candidate->header != 0;
}

/* Fewer slots than a group: the copies stand behind a whole group, and the rest is empty. */
static bool tail_fits(const unsigned char *controls, uint64_t capacity)
{
    if (capacity >= CONTROL_GROUP_BYTES)
        return memcmp(controls, controls + CONTROL_GROUP_BYTES, CONTROL_GROUP_BYTES) == 0;
    for (uint64_t i = capacity; i < CONTROL_GROUP_BYTES; i++)
        if (controls[i] != CONTROL_EMPTY)
            return false;
    return memcmp(controls, controls + CONTROL_GROUP_BYTES, capacity) == 0;
}

static bool try_capacity(const struct layout_view *view, const struct block *block,
                         struct candidate *candidate)
{
    uint64_t capacity = candidate->capacity;
    uint64_t tail = capacity < CONTROL_GROUP_BYTES ? CONTROL_GROUP_BYTES : capacity;
    unsigned char controls[2 * CONTROL_GROUP_BYTES];
    candidate->controls = block->address + block->bytes - capacity - CONTROL_GROUP_BYTES;
    /* The first group and the copy of it; of a small table, all there is. */
    uint64_t copies = capacity < CONTROL_GROUP_BYTES ? capacity : CONTROL_GROUP_BYTES;
    if (!layout_read(view, candidate->controls, controls, CONTROL_GROUP_BYTES) ||
        !layout_read(view, candidate->controls + tail, controls + CONTROL_GROUP_BYTES, copies) ||
        !tail_fits(controls, capacity))
        return false;

    struct control_bytes *counts = &candidate->counts;
    *counts = (struct control_bytes){.empty_mark = CONTROL_EMPTY, .deleted_mark = CONTROL_DELETED};
    if (!control_bytes_count(view, candidate->controls, capacity, counts) ||
        counts->counted != capacity)
        return false;
    /* An insert always finds an empty slot: deleted ones count as taken (growth_left). */
    if (counts->live + counts->deleted > hashbrown_entries_limit(capacity))
        return false;
    if (layout_object(view, candidate->controls, 0, object_fits, candidate) != 0)
        return true;
    return capacity >= CAPACITY_MIN_ALONE && counts->live >= LIVE_MIN_ALONE &&
           control_bytes_are_diverse(counts) &&
           !layout_is_held_by_others(view, candidate->controls);
}

/* TableLayout::calculate_layout_for(): slots rounded up to 16, then capacity + 16 control bytes.
 * What fits a capacity fits its half. */
static bool fits(uint64_t block_bytes, uint64_t capacity)
{
    return block_bytes > capacity + CONTROL_GROUP_BYTES &&
           (block_bytes - capacity - CONTROL_GROUP_BYTES) % capacity == 0;
}

bool hashbrown_table_read(const struct layout_view *view, const struct block *block,
                          struct hashbrown_table *out)
{
    uint64_t largest = CAPACITY_MIN;
    while (largest <= block->bytes / 4)
        largest *= 2;
    /* A sparse table of n slots also looks like one of n/2 bigger slots, whose control bytes are
     * the (mostly empty) second half: the largest that fits is the one. */
    for (uint64_t capacity = largest; capacity >= CAPACITY_MIN; capacity /= 2) {
        struct candidate candidate = {.capacity = capacity};
        if (!fits(block->bytes, capacity) || !try_capacity(view, block, &candidate))
            continue;
        *out = (struct hashbrown_table){
            .header = candidate.header,
            .controls = candidate.controls,
            .capacity = capacity,
            .live = candidate.counts.live,
            .tombstones = candidate.counts.deleted,
            .slot_bytes = (candidate.controls - block->address) / capacity,
        };
        return true;
    }
    return false;
}

struct object_search {
    struct candidate candidate;
    bool (*accept)(const struct layout_view *view, uint64_t object, void *context);
    void *context;
};

static bool is_accepted(const struct layout_view *view, uint64_t holder, void *context)
{
    struct object_search *search = context;
    search->candidate.header = 0;
    return object_fits(view, holder, &search->candidate) &&
           search->accept(view, search->candidate.header, search->context);
}

uint64_t hashbrown_table_object(const struct layout_view *view, const struct hashbrown_table *table,
                                bool (*accept)(const struct layout_view *view, uint64_t object,
                                               void *context),
                                void *context)
{
    struct object_search search = {
        .candidate = {.capacity = table->capacity,
                      .counts = {.live = table->live, .deleted = table->tombstones}},
        .accept = accept,
        .context = context,
    };
    return layout_object(view, table->controls, 0, is_accepted, &search) != 0
               ? search.candidate.header
               : 0;
}

/* The object points at the control bytes: where they begin for every capacity that is tried. */
unsigned hashbrown_table_handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    unsigned count = 0;
    for (uint64_t capacity = CAPACITY_MIN; count < LAYOUT_MAX_HANDLES; capacity *= 2) {
        if (!fits(block_bytes, capacity))
            return count;
        offsets[count++] = block_bytes - capacity - CONTROL_GROUP_BYTES;
    }
    return count;
}

struct index_sum {
    const struct layout_view *view;
    const struct hashbrown_table *table;
    uint64_t sum;
};

/* Slots are counted from the control bytes down: the last one comes first. */
static bool add_indexes(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct index_sum *indexes = context;
    const struct hashbrown_table *table = indexes->table;
    unsigned char controls[CONTROLS_AT_ONCE];
    uint64_t before = table->capacity - offset / 8; /* slots from the first of the piece on */
    uint64_t count = bytes / 8, have = 0, first = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t slot = before - 1 - i;
        if (have == 0 || slot < first) {
            have = slot + 1 < CONTROLS_AT_ONCE ? slot + 1 : CONTROLS_AT_ONCE;
            first = slot + 1 - have;
            if (!layout_read(indexes->view, table->controls + first, controls, have))
                return false;
        }
        if (controls[slot - first] >= CONTROL_DELETED)
            continue;
        uint64_t index = word_u64(piece, i * 8);
        if (index >= table->live)
            return false;
        indexes->sum += index;
    }
    return true;
}

bool hashbrown_slots_are_indexes(const struct layout_view *view, const struct block *block,
                                 const struct hashbrown_table *table)
{
    struct index_sum indexes = {.view = view, .table = table};
    return table->slot_bytes == 8 && table->live > 0 &&
           layout_scan(view, block->address, table->capacity * 8, 8, add_indexes, &indexes) &&
           indexes.sum == table->live * (table->live - 1) / 2;
}

/* shrink_to_fit(): capacity_to_buckets() of the items, hashbrown 0.16 src/raw/mod.rs. */
uint64_t hashbrown_capacity_for(uint64_t live)
{
    if (live == 0)
        return 0;
    if (live < 4)
        return 4;
    if (live < 8)
        return 8;
    return next_power_of_two(live * 8 / 7);
}
