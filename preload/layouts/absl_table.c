/*
 * Recognising them: see absl_table.h. The block shows a sentinel (0xff) behind 2^k - 1 control
 * bytes, a copy of the first 15 behind that, and a size that the slots divide; from 2023-08 on also
 * the number of entries it may still take. The object that points at the control bytes repeats
 * capacity and size, and where the slots begin.
 */
#include "absl_table.h"

#include "control_bytes.h"
#include "object.h"

#include <string.h>

#define EMPTY        0x80
#define DELETED      0xfe
#define SENTINEL     0xff
#define CLONED_BYTES 15 /* NumClonedBytes(); 16 in phmap, gtl and Abseil before 2021-11 */

#define CAPACITY_MIN       7
#define CAPACITY_MIN_ALONE 63 /* without an object that vouches for it */
#define LIVE_MIN_ALONE     4
#define ALIGNMENT_MAX      128
#define BLOCKED_MAX        7
#define OBJECT_WORDS_AFTER 10

/* What precedes the control bytes. */
enum form {
    FORM_PLAIN,  /* nothing: up to LTS 2023-01, phmap, gtl */
    FORM_GROWTH, /* a word, how many entries may come: LTS 2023-08 to 2026-05, ControlOffset() */
    FORM_PACKED, /* a byte or a word, and padding: LTS 2026-08, RawHashSetLayout */
};

struct array {
    enum form form;
    uint64_t capacity;
    uint64_t blocked;         /* slots at the end that do not exist (2026-08) */
    uint64_t controls, slots; /* offsets in the block */
    uint64_t slot_bytes;
    uint64_t growth_limit; /* live and deleted slots before it grows */
    bool has_clone_16;     /* the byte behind the 15 clones equals the 16th, */
    bool clone_16_is_full; /* which is a tag and not just empty like most */
    struct control_bytes counts;
};

static uint64_t align_up(uint64_t n, uint64_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}

/* --- the block --- */

/* Where the control bytes may begin in the 2026-08 form, whose padding stands before them: for
 * slots aligned to 1, to 2 to 8, 16 to 32, 64 and 128, below 128 slots and above. */
static const unsigned char packed_offsets[] = {1, 8, 9, 17, 49, 113};

static uint64_t packed_metadata(uint64_t capacity)
{
    return capacity <= 127 ? 1 : 8;
}

static bool divides(const struct block *block, struct array *array, uint64_t slots,
                    uint64_t alignment)
{
    uint64_t count = array->capacity - array->blocked;
    if (block->bytes <= slots || (block->bytes - slots) % count != 0)
        return false;
    array->slots = slots;
    array->slot_bytes = (block->bytes - slots) / count;
    return array->slot_bytes % alignment == 0;
}

/* SlotOffset(), AllocSize(): the slots begin at the next multiple of their alignment. */
static bool find_slots(const struct block *block, struct array *array)
{
    uint64_t end = array->controls + array->capacity + 1 + CLONED_BYTES;
    for (uint64_t alignment = 1; alignment <= ALIGNMENT_MAX; alignment *= 2) {
        if (array->form == FORM_PACKED) {
            uint64_t controls = array->capacity + 1 + CLONED_BYTES;
            uint64_t slots = align_up(packed_metadata(array->capacity) + controls, alignment);
            if (slots == end && divides(block, array, slots, alignment))
                return true;
            continue;
        }
        if (divides(block, array, align_up(end, alignment), alignment))
            return true;
        /* phmap has a sixteenth clone there. */
        if (array->form == FORM_PLAIN && alignment == 1 && divides(block, array, end + 1, 1))
            return true;
    }
    return false;
}

/* CapacityToGrowth(). From 2026-08 on, tables of at most 63 slots leave one empty. */
static uint64_t growth_limit(const struct array *array)
{
    if (array->form == FORM_PACKED && array->capacity <= 63)
        return array->capacity - (array->capacity >= 15) - array->blocked;
    return array->capacity - array->capacity / 8 - array->blocked;
}

/* GrowthInfo: the highest bit says that there may be deleted slots. */
static bool growth_fits(const struct layout_view *view, const struct block *block,
                        const struct array *array)
{
    const uint64_t deleted_bit = 1ULL << 63;
    uint64_t left, expected = array->growth_limit - array->counts.live - array->counts.deleted;
    if (array->form == FORM_PACKED && packed_metadata(array->capacity) == 1) {
        unsigned char byte;
        return layout_read(view, block->address + array->controls - 1, &byte, 1) &&
               (byte & 0x7f) == expected;
    }
    if (!layout_read_u64(view, block->address + array->controls - 8, &left))
        return false;
    left &= ~deleted_bit;
    if (array->form == FORM_PACKED) /* GetGrowthLeftTotalBigCapacity() */
        left = (left >> 56) + (left & ((1ULL << 56) - 1));
    return left == expected;
}

/* The end of the control bytes is where the first sentinel stands; in the 2026-08 form those of
 * blocked slots stand before it. */
static bool find_capacity(const struct layout_view *view, const struct block *block,
                          struct array *array)
{
    uint64_t counted = array->counts.counted;
    if (array->counts.ended_by != SENTINEL || counted == 0)
        return false;
    array->capacity = next_power_of_two(counted + 1) - 1;
    array->blocked = array->capacity - counted;
    if (array->capacity < CAPACITY_MIN || array->blocked > array->capacity / 2 ||
        array->blocked > (array->form == FORM_PACKED ? BLOCKED_MAX : 0))
        return false;
    unsigned char tail[BLOCKED_MAX + 1 + CLONED_BYTES + 1], first[CLONED_BYTES + 1];
    uint64_t sentinels = array->blocked + 1;
    size_t cloned =
        array->capacity < CLONED_BYTES ? array->capacity - array->blocked : CLONED_BYTES;
    if (!layout_read(view, block->address + array->controls + counted, tail, sizeof(tail)) ||
        !layout_read(view, block->address + array->controls, first, sizeof(first)))
        return false;
    for (uint64_t i = 0; i < sentinels; i++)
        if (tail[i] != SENTINEL)
            return false;
    array->has_clone_16 = tail[sentinels + CLONED_BYTES] == first[CLONED_BYTES];
    array->clone_16_is_full = array->has_clone_16 && first[CLONED_BYTES] < EMPTY;
    return memcmp(tail + sentinels, first, cloned) == 0;
}

static bool read_array(const struct layout_view *view, const struct block *block, enum form form,
                       uint64_t controls, struct array *array)
{
    array->form = form;
    array->controls = controls;
    array->counts = (struct control_bytes){.empty_mark = EMPTY, .deleted_mark = DELETED};
    /* The sentinel of a small table may stand in the head. */
    const unsigned char *first = view->head + controls;
    if (block->bytes < controls + CAPACITY_MIN * 2 || view->head_bytes <= controls)
        return false;
    size_t head = view->head_bytes - controls;
    const unsigned char *sentinel = memchr(first, SENTINEL, head);
    if (!control_bytes_begin(first, sentinel != NULL ? (size_t)(sentinel - first) : head,
                             &array->counts))
        return false;
    if (!control_bytes_count(view, block->address + controls, block->bytes - controls,
                             &array->counts) ||
        !find_capacity(view, block, array) || !find_slots(block, array))
        return false;
    array->growth_limit = growth_limit(array);
    return form == FORM_PLAIN || growth_fits(view, block, array);
}

static bool find_array(const struct layout_view *view, const struct block *block,
                       struct array *array)
{
    if (read_array(view, block, FORM_PLAIN, 0, array) ||
        read_array(view, block, FORM_GROWTH, 8, array))
        return true;
    for (size_t i = 0; i < sizeof(packed_offsets); i++)
        if (read_array(view, block, FORM_PACKED, packed_offsets[i], array))
            return true;
    return false;
}

/* --- the object --- */

/* The words from the pointer to the control bytes on, and the two before it. */
struct holder {
    uint64_t before[2];
    uint64_t words[OBJECT_WORDS_AFTER];
};

/* Where a 2026 object keeps the logarithm of capacity + 1, and above which bit the size. */
static bool packed_word_fits(uint64_t word, unsigned capacity_bits, unsigned size_shift,
                             const struct array *array)
{
    return (word & ((1u << capacity_bits) - 1)) == (uint64_t)__builtin_ctzll(array->capacity + 1) &&
           word >> size_shift == array->counts.live;
}

/* CommonFields of LTS 2023-08 on. Returns how far before the pointer it begins, or -1. */
static int growth_object_begins(const struct holder *holder, const struct block *block,
                                const struct array *array)
{
    uint64_t live = array->counts.live, size = holder->words[3];
    if (array->form == FORM_PACKED) /* 2026-08: size, blocked slots, seed and capacity, controls */
        return packed_word_fits(holder->before[1], 6, 15, array) ? 8 : -1;
    if (holder->words[1] != block->address + array->slots)
        return -1;
    /* 2023-08, 2024-01: controls, slots, capacity, size (and a bit below it) */
    if (holder->words[2] == array->capacity && (size == live || size >> 1 == live))
        return 0;
    /* 2024-07, 2025-01: capacity, size and a bit, controls, slots; from 2025-05 on 17 bits */
    size = holder->before[1];
    if (holder->before[0] == array->capacity && (size >> 1 == live || size >> 17 == live))
        return 16;
    /* 2026-05: capacity in 8 bits, seed, size; controls, slots */
    return packed_word_fits(size, 8, 17, array) ? 8 : -1;
}

/* raw_hash_set up to LTS 2023-01: controls, slots, size, capacity, growth_left, with the handle of
 * a profiler in between in phmap and older Abseil. phmap's functors, where they have a state, stand
 * before growth_left. */
static bool plain_object_fits(const struct holder *holder, const struct block *block,
                              const struct array *array, enum absl_family *family)
{
    /* phmap's rehash(0) may leave fewer empty slots than its limit asks for: then this wraps. */
    uint64_t left = array->growth_limit - array->counts.live - array->counts.deleted;
    if (holder->words[1] != block->address + array->slots ||
        holder->words[2] != array->counts.live || holder->words[3] != array->capacity)
        return false;
    bool has_handle = false;
    for (unsigned i = 5; i < OBJECT_WORDS_AFTER; i++)
        has_handle = has_handle || holder->words[i] == left;
    bool is_plain = holder->words[4] == left;
    if (!is_plain && !has_handle)
        return false;
    /* Both: one of them is what happens to lie behind the object, or in the gap within it. */
    bool is_phmap = has_handle && (!is_plain || array->clone_16_is_full);
    *family = is_phmap ? ABSL_FAMILY_PHMAP : ABSL_FAMILY_ABSL;
    return true;
}

struct object_search {
    const struct block *block;
    const struct array *array;
    enum absl_family family; /* of the object that was found, like the next */
    uint64_t begins;
};

static bool object_fits(const struct layout_view *view, uint64_t at, void *context)
{
    struct object_search *search = context;
    struct holder holder = {.before = {0}};
    search->begins = at;
    /* An object of the oldest form may end with the memory it lies in. */
    if (!layout_read(view, at, holder.words, sizeof(holder.words)) &&
        !layout_read(view, at, holder.words, 5 * sizeof(uint64_t)))
        return false;
    if (search->array->form == FORM_PLAIN)
        return plain_object_fits(&holder, search->block, search->array, &search->family);
    if (at >= sizeof(holder.before))
        layout_read(view, at - sizeof(holder.before), holder.before, sizeof(holder.before));
    int before = growth_object_begins(&holder, search->block, search->array);
    search->begins = at - (uint64_t)before;
    return before >= 0;
}

/* What the block must show when nobody points at it. Something that does point at it and is no such
 * object means another table, made after the same design. */
static bool vouches_for_itself(const struct array *array)
{
    return array->capacity >= CAPACITY_MIN_ALONE &&
           array->counts.live + array->counts.deleted <= array->growth_limit &&
           (array->form != FORM_PLAIN || array->counts.live >= LIVE_MIN_ALONE) &&
           control_bytes_are_diverse(&array->counts);
}

bool absl_table_recognise(struct layout_view *view, const struct block *block,
                          enum absl_family family, enum absl_slots slots, struct table_reading *out)
{
    struct array array = {0};
    if (!find_array(view, block, &array))
        return false;
    struct object_search search = {.block = block, .array = &array};
    uint64_t handle = block->address + array.controls, header = 0;
    if (array.form == FORM_PLAIN && array.has_clone_16)
        search.family = ABSL_FAMILY_PHMAP;
    if (layout_object(view, handle, 0, object_fits, &search) != 0)
        header = search.begins;
    else if (!vouches_for_itself(&array) || layout_is_held_by_others(view, handle))
        return false;
    if (search.family != family)
        return false;
    bool may_be_nodes =
        array.slot_bytes == 8 &&
        control_slots_may_be_nodes(view, block->address + array.controls,
                                   block->address + array.slots, array.capacity - array.blocked);
    if (may_be_nodes != (slots == ABSL_SLOTS_MAYBE_NODES))
        return false;

    out->header = header;
    out->capacity = array.capacity;
    out->live = array.counts.live;
    out->tombstones = array.counts.deleted;
    out->slot_bytes = array.slot_bytes + 1;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 950000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* --- what it takes --- */

/* The object points at the control bytes. */
unsigned absl_table_handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(packed_offsets); i++)
        if (packed_offsets[i] < block_bytes)
            offsets[count++] = packed_offsets[i];
    return count;
}

/* NormalizeCapacity(GrowthToLowerboundCapacity(live)), raw_hash_set.h */
uint64_t absl_table_capacity_for(uint64_t live)
{
    return live == 0 ? 0 : next_power_of_two(live + (live - 1) / 7 + 1) - 1;
}

uint64_t absl_table_bytes_for(uint64_t capacity, const struct table_reading *now)
{
    if (capacity == 0)
        return 0;
    /* now->slot_bytes counts the slot's control byte too. */
    return align_up(capacity + 1 + CLONED_BYTES, 8) + (now->slot_bytes - 1) * capacity;
}
