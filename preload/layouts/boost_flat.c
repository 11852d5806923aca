/*
 * boost::unordered_flat_{map,set} (1.81) and unordered_node_{map,set} (1.82): one block with the
 * elements first, then groups of 16 bytes: for 15 elements a byte each, then one for overflow. The
 * object names the number of groups and where both arrays begin; the last group's last element does
 * not exist and is marked with a 1, which no other byte may be. A node table keeps the address of a
 * node in each element, as a flat set of pointers does: which of them it is cannot be told.
 */
#include "control_bytes.h"
#include "object.h"
#include "tag_groups.h"

#include <string.h>

#define GROUP_BYTES    16
#define GROUP_ELEMENTS 15
#define GROUPS_MIN     2
#define GROUPS_MAX     (1ULL << 40)
#define ELEMENT_MAX    65536u /* bytes */

#define AVAILABLE 0
#define SENTINEL  1

#define OWNERS_MAX          8
#define ELEMENT_MAX_ALONE   4096u
#define GROUPS_MIN_ALONE    8
#define NODES_LOOKED_AT     32u
#define GROUPS_AT_ONCE      16u
#define GROUPS_SEARCHED_MAX 65536u

struct arrays {
    uint64_t groups; /* how many */
    uint64_t element_bytes;
    uint64_t metadata; /* address of the groups */
};

struct group_counts {
    uint64_t last_byte; /* where the sentinel must stand */
    struct tag_groups tags;
};

static uint64_t capacity_of(uint64_t groups)
{
    return groups * GROUP_ELEMENTS - 1;
}

/* table_arrays::buffer_size(), in bytes */
static uint64_t buffer_bytes(uint64_t groups, uint64_t element_bytes)
{
    uint64_t bytes = element_bytes * capacity_of(groups) + GROUP_BYTES * (groups + 1) - 1;
    return (bytes + element_bytes - 1) / element_bytes * element_bytes;
}

/* The groups begin at the next address behind the elements that their own size divides. */
static uint64_t metadata_of(const struct block *block, uint64_t groups, uint64_t element_bytes)
{
    uint64_t end = block->address + element_bytes * capacity_of(groups);
    return (end + GROUP_BYTES - 1) & ~(uint64_t)(GROUP_BYTES - 1);
}

static bool count_groups(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct group_counts *counts = context;
    for (size_t i = 0; i < bytes; i++) {
        unsigned place = (unsigned)((offset + i) % GROUP_BYTES);
        if (place == GROUP_ELEMENTS || piece[i] == AVAILABLE)
            continue;
        if (piece[i] == SENTINEL) {
            if (offset + i != counts->last_byte)
                return false;
            continue;
        }
        tag_groups_add(&counts->tags, piece[i], place);
    }
    return true;
}

static bool read_groups(const struct layout_view *view, const struct arrays *arrays,
                        struct group_counts *counts)
{
    unsigned char sentinel;
    memset(counts, 0, sizeof(*counts));
    counts->last_byte = arrays->groups * GROUP_BYTES - 2;
    return layout_read(view, arrays->metadata + counts->last_byte, &sentinel, 1) &&
           sentinel == SENTINEL &&
           layout_scan(view, arrays->metadata, arrays->groups * GROUP_BYTES, GROUP_BYTES,
                       count_groups, counts);
}

/* --- with the object --- */

/* What lies around the pointer to the elements: table_arrays {groups_size_index, groups_size_mask,
 * groups, elements}, the size before it (1.81, 1.82) or, with max_load in between, behind it. */
struct object {
    uint64_t size_before, size_index, mask, groups, elements, max_load, size_after;
};
#define ELEMENTS_OFFSET offsetof(struct object, elements)

/* The element size that fits the block's size and both addresses, or 0. */
static uint64_t element_bytes_of(const struct block *block, const struct object *object)
{
    uint64_t groups = object->mask + 1, capacity = capacity_of(groups);
    if (object->groups <= block->address || object->groups - block->address >= block->bytes)
        return 0;
    uint64_t bytes = (object->groups - block->address) / capacity;
    if (bytes == 0 || bytes > ELEMENT_MAX || buffer_bytes(groups, bytes) != block->bytes ||
        metadata_of(block, groups, bytes) != object->groups)
        return 0;
    return bytes;
}

/* pow2_size_policy::size_index() */
static uint64_t size_index_of(uint64_t groups)
{
    return 64 - (uint64_t)__builtin_ctzll(groups);
}

struct search {
    const struct block *block;
    struct arrays *arrays;
    struct group_counts *counts;
    uint64_t begins;
};

static bool object_fits(const struct layout_view *view, uint64_t start, void *context)
{
    struct search *search = context;
    struct object object = {0};
    /* The size is either the first or the last of these words, and what is not the object's may not
     * be there. */
    if (!layout_read(view, start + 8, &object.size_index, sizeof(object) - 16))
        return false;
    uint64_t groups = object.mask + 1;
    if (groups < GROUPS_MIN || groups > GROUPS_MAX || !is_power_of_two(groups) ||
        object.size_index != size_index_of(groups) || object.max_load > capacity_of(groups))
        return false;
    *search->arrays =
        (struct arrays){groups, element_bytes_of(search->block, &object), object.groups};
    if (search->arrays->element_bytes == 0 || !read_groups(view, search->arrays, search->counts))
        return false;
    bool is_late =
        layout_read_u64(view, start + offsetof(struct object, size_after), &object.size_after) &&
        object.size_after == search->counts->tags.live;
    search->begins = is_late ? start + 8 : start;
    return is_late || (layout_read_u64(view, start, &object.size_before) &&
                       object.size_before == search->counts->tags.live);
}

/* --- without it: in the midst of a growth, nobody is looked for --- */

static bool find_alone(const struct layout_view *view, const struct block *block,
                       struct arrays *arrays, struct group_counts *counts)
{
    for (uint64_t groups = GROUPS_MIN_ALONE;
         groups <= GROUPS_MAX && groups * (GROUP_BYTES + GROUP_ELEMENTS) < block->bytes;
         groups *= 2) {
        /* Of the sizes that fit, within a byte a slot: buffer_bytes() turned round. */
        uint64_t room = block->bytes - groups * GROUP_BYTES - (GROUP_BYTES - 1);
        uint64_t largest = room / capacity_of(groups);
        uint64_t smallest = room / (groups * GROUP_ELEMENTS);
        if (smallest > ELEMENT_MAX_ALONE)
            continue;
        for (uint64_t bytes = smallest > 0 ? smallest : 1; bytes <= largest; bytes++) {
            if (block->bytes % bytes != 0 || buffer_bytes(groups, bytes) != block->bytes)
                continue;
            *arrays = (struct arrays){groups, bytes, metadata_of(block, groups, bytes)};
            if (read_groups(view, arrays, counts) &&
                counts->tags.live <= capacity_of(groups) - capacity_of(groups) / 8 &&
                tag_groups_look_hashed(&counts->tags, GROUP_ELEMENTS))
                return true;
        }
    }
    return false;
}

/* --- both --- */

static bool elements_may_be_nodes(const struct layout_view *view, const struct block *block,
                                  const struct arrays *arrays)
{
    unsigned looked_at = 0;
    if (arrays->element_bytes != 8)
        return false;
    for (uint64_t group = 0; group < arrays->groups && group < GROUPS_SEARCHED_MAX;
         group += GROUPS_AT_ONCE) {
        unsigned char piece[GROUPS_AT_ONCE * GROUP_BYTES];
        uint64_t count =
            arrays->groups - group < GROUPS_AT_ONCE ? arrays->groups - group : GROUPS_AT_ONCE;
        if (!layout_read(view, arrays->metadata + group * GROUP_BYTES, piece, count * GROUP_BYTES))
            return false;
        for (uint64_t i = 0; i < count * GROUP_BYTES && looked_at < NODES_LOOKED_AT; i++) {
            uint64_t place = i % GROUP_BYTES;
            if (place == GROUP_ELEMENTS || piece[i] <= SENTINEL)
                continue;
            looked_at++;
            uint64_t element = (group + i / GROUP_BYTES) * GROUP_ELEMENTS + place;
            if (!control_word_may_be_node(view, block->address + element * 8))
                return false;
        }
    }
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block, bool as_nodes,
                      struct table_reading *out)
{
    struct arrays arrays;
    struct group_counts counts;
    struct search search = {.block = block, .arrays = &arrays, .counts = &counts};
    uint64_t header = 0;
    if (block->bytes < capacity_of(GROUPS_MIN) + GROUPS_MIN * GROUP_BYTES)
        return false;
    if (layout_object(view, block->address, ELEMENTS_OFFSET, object_fits, &search) != 0)
        header = search.begins;
    else if (layout_is_held_by_others(view, block->address) ||
             !find_alone(view, block, &arrays, &counts))
        return false;
    if (elements_may_be_nodes(view, block, &arrays) != as_nodes)
        return false;

    out->header = header;
    out->capacity = capacity_of(arrays.groups);
    out->live = counts.tags.live;
    out->slot_bytes = arrays.element_bytes + 1;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
                 (header != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = header != 0 ? 1000000 : 900000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

static bool recognise_flat(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise(view, block, false, out);
}

static bool recognise_node(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise(view, block, true, out);
}

/* table_core::rehash(0): ceil(float(size()) / mlf) elements, then capacity_for(): as many groups of
 * 15 as a power of two, one element less. */
static uint64_t capacity_for(uint64_t live)
{
    float wanted = (float)live / 0.875f;
    uint64_t elements = (uint64_t)wanted;
    if (live == 0)
        return 0;
    if ((float)elements < wanted)
        elements++;
    uint64_t groups = next_power_of_two(elements / GROUP_ELEMENTS + 1);
    return capacity_of(groups < GROUPS_MIN ? GROUPS_MIN : groups);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    /* now->slot_bytes counts the element's byte in its group, too. */
    return capacity == 0 ? 0 : buffer_bytes((capacity + 1) / GROUP_ELEMENTS, now->slot_bytes - 1);
}

#define SOURCE "Boost 1.81 (Debian 12), unordered/detail/foa.hpp; 1.82 to 1.91, detail/foa/core.hpp"

const struct layout layout_boost_flat = {
    .name = "boost::unordered_flat_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_flat,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .marks_bytes = 1,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};

const struct layout layout_boost_node = {
    .name = "boost::unordered_node_map or flat",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_node,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};
