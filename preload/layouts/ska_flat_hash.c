/*
 * ska::flat_hash_map and ska::flat_hash_set: one array of {distance from home, entry} with as many
 * slots behind the last bucket as an entry may lie from home, log2 of the buckets; the last of them
 * ends the array. The object counts buckets and entries and keeps that limit, too.
 */
#include "distance_scan.h"
#include "object.h"
#include "words.h"

#define BUCKETS_MIN        64
#define SLOT_BYTES_MIN     2
#define SLOT_BYTES_MAX     LAYOUT_SCRATCH_BYTES
#define HURRIED_SLOT_BYTES 512 /* the largest slot that is looked for without the object */

/* sherwood_v3_table, from `entries` on: the address, the buckets less one, then the hash policy: a
 * byte by default, a function's address for prime numbers of buckets. Behind it max_lookups, a
 * byte, _max_load_factor and num_elements. */
#define OBJECT_BYTES 40
static const struct policy {
    uint32_t max_lookups, max_load_factor, element_count; /* their offsets */
} policies[] = {{17, 20, 24}, {24, 28, 32}};

static uint64_t lookups_of(uint64_t buckets)
{
    return 63 - (unsigned)__builtin_clzll(buckets); /* at least min_lookups, 4, as of 16 buckets */
}

struct search {
    const struct block *block;
    uint64_t buckets, element_count;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    unsigned char object[OBJECT_BYTES];
    if (!layout_read(view, address, object, sizeof(object)) ||
        word_u64(object, 0) != search->block->address)
        return false;
    search->buckets = word_u64(object, 8) + 1;
    if (search->buckets < BUCKETS_MIN || search->buckets > search->block->bytes)
        return false;
    uint64_t lookups = lookups_of(search->buckets);
    for (unsigned i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        float factor;
        memcpy(&factor, object + policies[i].max_load_factor, sizeof(factor));
        search->element_count = word_u64(object, policies[i].element_count);
        if (object[policies[i].max_lookups] == lookups && factor > 0 && factor <= 1 &&
            (double)search->element_count <= (double)search->buckets * (double)factor + 1)
            return search->block->bytes % (search->buckets + lookups) == 0;
    }
    return false;
}

static bool fill(const struct layout_view *view, const struct block *block, uint64_t buckets,
                 struct table_reading *out)
{
    uint64_t slot_bytes = block->bytes / (buckets + lookups_of(buckets));
    unsigned char last_distance;
    if (slot_bytes < SLOT_BYTES_MIN || slot_bytes > SLOT_BYTES_MAX ||
        !layout_read(view, block->address + block->bytes - slot_bytes, &last_distance, 1) ||
        last_distance != 0)
        return false;
    out->capacity = buckets;
    out->slot_bytes = slot_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* The entries in that many buckets, UINT64_MAX where the distances do not hold. */
static uint64_t count_entries(const struct layout_view *view, const struct block *block,
                              uint64_t buckets)
{
    uint64_t slot_bytes = block->bytes / (buckets + lookups_of(buckets));
    struct distances distances = {
        .slot_bytes = (uint32_t)slot_bytes, .bytes = 1, .most = (int32_t)lookups_of(buckets)};
    return slot_bytes >= SLOT_BYTES_MIN && slot_bytes <= SLOT_BYTES_MAX &&
                   distances_count(view, block->address, block->bytes, &distances) &&
                   distances.live != 0 && distances.live - 1 <= buckets
               ? distances.live - 1 /* the end looks like an entry at home */
               : UINT64_MAX;
}

static struct object_choice choose_table(const struct layout_view *view, const struct block *block)
{
    struct object_choice choice = {0}, next = {0};
    struct search search = {.block = block};
    unsigned nth = 0;
    while (!OBJECT_IS_SETTLED(&choice) &&
           (next.address =
                layout_next_object(view, block->address, 0, &nth, table_fits, &search)) != 0) {
        next.live = search.element_count;
        if (next.capacity != search.buckets)
            next.counted = count_entries(view, block, search.buckets);
        next.capacity = search.buckets;
        object_choose(&choice, &next);
    }
    return choice;
}

/* Whether what lies behind the last bucket belongs into one: an entry there lies as far from home,
 * at least. Vectors of slots with a distance of -1 in the empty ones were taken for such a table
 * where the last one held an entry at home. */
static bool tail_fits(const struct layout_view *view, const struct block *block, uint64_t buckets,
                      uint32_t slot_bytes)
{
    uint64_t behind = lookups_of(buckets) - 1; /* the last one ends the array */
    for (uint64_t nth = 0; nth < behind; nth++) {
        unsigned char distance;
        if (!layout_read(view, block->address + (buckets + nth) * slot_bytes, &distance, 1) ||
            ((int8_t)distance >= 0 && distance <= nth))
            return false;
    }
    return true;
}

/* An array that is freed for a bigger one, or that bigger one, at the default load factor. Of the
 * sizes of a slot that fit, the smallest is tried first, for every second slot of a sparse table
 * looks like a table, too. Words of a slot that are zero look like entries at home: too many. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 struct table_reading *out)
{
    uint64_t most = view->is_hurried ? block->bytes / BUCKETS_MIN : 0;
    most = most < HURRIED_SLOT_BYTES ? most : HURRIED_SLOT_BYTES;
    for (uint32_t slot_bytes = SLOT_BYTES_MIN; slot_bytes <= most; slot_bytes++) {
        uint64_t slots = block->bytes / slot_bytes;
        if (block->bytes % slot_bytes != 0 || slots < BUCKETS_MIN)
            continue;
        uint64_t buckets = slots - lookups_of(slots);
        bool is_bucket_count = buckets % 2 != 0 || is_power_of_two(buckets);
        struct distances distances = {
            .slot_bytes = slot_bytes, .bytes = 1, .most = (int32_t)lookups_of(slots)};
        if (!is_bucket_count || lookups_of(buckets) != slots - buckets ||
            !fill(view, block, buckets, out) || !tail_fits(view, block, buckets, slot_bytes) ||
            !distances_read(view, block->address, block->bytes, &distances) ||
            distances.live - 1 > buckets / 2 + 1)
            continue;
        out->live = distances.live - 1; /* the end looks like an entry at home */
        out->confidence_ppm = 990000;
        return true;
    }
    return false;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (block->bytes < BUCKETS_MIN * SLOT_BYTES_MIN || view->head_bytes == 0 ||
        (int8_t)view->head[0] < -1 || (int8_t)view->head[0] > 63)
        return false;
    struct object_choice choice = choose_table(view, block);
    if (choice.address == 0)
        return recognise_in_a_hurry(view, block, out);
    if (!fill(view, block, choice.capacity, out))
        return false;
    object_choice_report(&choice, out);
    return true;
}

/* shrink_to_fit(): the power of two for twice the entries, nothing for none. */
static uint64_t capacity_for(uint64_t live)
{
    return live == 0 ? 0 : next_power_of_two(live < 1ULL << 50 ? live * 2 : live);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    uint64_t lookups = capacity < 16 ? 4 : lookups_of(capacity);
    return capacity == 0 ? 0 : (capacity + lookups) * now->slot_bytes;
}

const struct layout layout_ska_flat_hash = {
    .name = "ska::flat_hash_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.5,
    .load_after_growth = 0.25,
    .marks_bytes = 8,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.shrink_to_fit();",
    .grows_unseen = true,
    .source = "flat_hash_map of 2018-07-15 (2c46874), flat_hash_map.hpp: sherwood_v3_table",
};
