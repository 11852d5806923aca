/*
 * CPython's set and frozenset: a table of {key, hash}. Empty slots are two zeros, deleted ones hold
 * a dummy object and the hash -1; the others hold Python objects, most of them near the slot that
 * their hash names.
 */
#include "cpython_object.h"
#include "empty_stretch.h"
#include "words.h"

#define CAPACITY_MIN     64
#define OWNERS_MAX       8
#define ENTRY_BYTES      16
#define LINEAR_PROBES    9 /* Objects/setobject.c: slots tried next to the first one */
#define DELETED_HASH     UINT64_MAX
#define SET_TABLE_OFFSET 40 /* PySetObject.table */

struct scan {
    const struct layout_view *view;
    uint64_t mask;
    uint64_t empty_limit;
    uint64_t live, deleted, near_home;
    uint64_t dummy;
    unsigned keys_checked, keys_are_objects;
};

static bool entry_makes_sense(uint64_t key, uint64_t hash)
{
    return key == 0 ? hash == 0 : layout_is_pointer(key, 8);
}

static bool count_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    if (scan->live + scan->deleted == 0 && offset >= scan->empty_limit)
        return false;
    for (size_t at = 0; at < bytes; at += ENTRY_BYTES) {
        uint64_t key = word_u64(piece, at), hash = word_u64(piece, at + 8);
        if (key == 0 && hash == 0)
            continue;
        if (!entry_makes_sense(key, hash))
            return false;
        if (hash == DELETED_HASH) {
            if (scan->dummy != 0 && scan->dummy != key)
                return false;
            scan->dummy = key;
            scan->deleted++;
            continue;
        }
        if (scan->keys_checked < 2) {
            scan->keys_checked++;
            scan->keys_are_objects += cpython_is_object(scan->view, key);
        }
        scan->live++;
        uint64_t slot = (offset + at) / ENTRY_BYTES;
        if (slot - (hash & scan->mask) <= LINEAR_PROBES)
            scan->near_home++;
    }
    return true;
}

/* PySetObject: refcnt, type, fill, used, mask, table. */
struct set_object {
    uint64_t address; /* 0: not found */
    uint64_t fill, used;
};

static struct set_object find_object(const struct layout_view *view, const struct block *block)
{
    struct set_object object = {0};
    for (unsigned nth = 0; view->blocks != NULL && nth < OWNERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        uint64_t set[6];
        if (holder == 0)
            break;
        if (layout_read(view, holder - SET_TABLE_OFFSET, set, sizeof(set)) &&
            set[4] == block->bytes / ENTRY_BYTES - 1 && set[5] == block->address &&
            cpython_is_object(view, holder - SET_TABLE_OFFSET)) {
            object = (struct set_object){holder - SET_TABLE_OFFSET, set[2], set[3]};
            break;
        }
    }
    return object;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = block->bytes / ENTRY_BYTES;
    if (block->bytes % ENTRY_BYTES != 0 || !is_power_of_two(capacity) || capacity < CAPACITY_MIN)
        return false;
    for (size_t at = 0; at + ENTRY_BYTES <= view->head_bytes; at += ENTRY_BYTES)
        if (!entry_makes_sense(word_u64(view->head, at), word_u64(view->head, at + 8)))
            return false;

    struct set_object object = find_object(view, block);
    struct scan scan = {.view = view,
                        .mask = capacity - 1,
                        .empty_limit = object.address != 0 ? UINT64_MAX : EMPTY_STRETCH_BYTES};
    if (!layout_scan(view, block->address, block->bytes, ENTRY_BYTES, count_slots, &scan))
        return false;
    /* When a set is deallocated its keys went before its table, and their memory perhaps with them;
     * the dummy in deleted slots never goes. */
    if (scan.keys_are_objects < scan.keys_checked &&
        (scan.dummy == 0 || !cpython_is_object(view, scan.dummy)))
        return false;
    bool counts_agree = object.fill == scan.live + scan.deleted && object.used == scan.live;
    uint64_t header = counts_agree ? object.address : 0;
    /* Chance would put (LINEAR_PROBES + 1) / capacity of the entries that near to their slot. */
    if (header == 0 && (scan.live < 4 || scan.near_home < scan.live / 2))
        return false;

    out->header = header;
    out->capacity = capacity;
    out->live = scan.live;
    out->tombstones = scan.deleted;
    out->slot_bytes = ENTRY_BYTES;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 970000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* set(s): set_merge() into an empty set of 8 slots kept inside the object. When the entries do not
 * fit by 3/5 it resizes for twice their number, to the next power of two above that. */
static uint64_t capacity_for(uint64_t live)
{
    if (live * 5 < 7 * 3)
        return 8;
    return next_power_of_two(live * 2 + 1);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    return capacity <= 8 ? 0 : capacity * ENTRY_BYTES;
}

const struct layout layout_cpython_set = {
    .name = "CPython set",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.6,
    /* A growth asks for twice the entries above 50,000 of them (for four times below: 0.15). */
    .load_after_growth = 0.3,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks",
    .recreate = "s = set(s)",
    .source = "CPython 3.6-3.13, Objects/setobject.c: setentry, set_add_entry, set_merge",
};
