/*
 * tsl::hopscotch_map and tsl::hopscotch_set: one array of {bitmap of the neighbourhood, entry},
 * with a neighbourhood more than there are buckets. The object behind m_buckets counts the entries
 * and keeps two load thresholds, from which the number of buckets follows.
 */
#include "object.h"
#include "tsl.h"
#include "words.h"

/* hopscotch_hash, from m_buckets on. */
struct table {
    uint64_t buckets;
    uint64_t element_count;
    uint64_t min_load_threshold;
    uint64_t max_load_threshold;
    float max_load_factor;
};
#define TABLE_BYTES 36

#define MIN_LOAD_FACTOR    0.1f /* MIN_LOAD_FACTOR_FOR_REHASH */
#define NEIGHBOURHOOD      62   /* by default; 30 is the most with a stored hash */
#define NEIGHBOURHOOD_HASH 30
#define NEIGHBOURHOOD_MIN  4
#define BUCKET_BYTES_MIN   2
#define LIVE_MIN           16 /* for a proof without the object */

/* Only the default growth policy, powers of two, lets the number be found. */
static uint64_t bucket_count_of(const struct table *table)
{
    for (uint64_t buckets = TSL_BUCKETS_MIN; buckets < 1ULL << 40; buckets *= 2)
        if (tsl_threshold(buckets, table->max_load_factor) == table->max_load_threshold)
            return tsl_threshold(buckets, MIN_LOAD_FACTOR) == table->min_load_threshold ? buckets
                                                                                        : 0;
    return 0;
}

/* Bytes of a bucket if there are that many and a neighbourhood more; 0 if they do not fit. */
static uint64_t bucket_bytes_with(uint64_t bytes, uint64_t buckets, uint64_t neighbourhood)
{
    uint64_t slots = buckets + neighbourhood - 1;
    return bytes % slots == 0 && bytes / slots >= BUCKET_BYTES_MIN ? bytes / slots : 0;
}

static uint64_t bucket_bytes_of(uint64_t bytes, uint64_t buckets)
{
    uint64_t found = bucket_bytes_with(bytes, buckets, NEIGHBOURHOOD);
    if (found == 0)
        found = bucket_bytes_with(bytes, buckets, NEIGHBOURHOOD_HASH);
    for (uint64_t others = NEIGHBOURHOOD_MIN; found == 0 && others < NEIGHBOURHOOD; others++)
        found = bucket_bytes_with(bytes, buckets, others);
    return found;
}

struct search {
    const struct block *block;
    struct table table;
    uint64_t buckets, bucket_bytes;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    if (!layout_read(view, address, table, TABLE_BYTES) ||
        table->buckets != search->block->address ||
        !(table->max_load_factor >= 0.1f && table->max_load_factor < 1))
        return false;
    search->buckets = bucket_count_of(table);
    if (search->buckets == 0 || table->element_count > 2 * search->buckets)
        return false;
    search->bucket_bytes = bucket_bytes_of(search->block->bytes, search->buckets);
    return search->bucket_bytes != 0 &&
           table->element_count <= search->block->bytes / search->bucket_bytes;
}

static void report(const struct block *block, uint64_t buckets, uint64_t bucket_bytes,
                   struct table_reading *out)
{
    out->capacity = buckets;
    out->slot_bytes = bucket_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
}

struct bitmaps {
    uint64_t bucket_bytes;
    uint32_t offset, bytes; /* of the bitmap */
    uint64_t live, neighbours;
};

/* Bit 0: occupied, bit 1: somebody had to go to the overflow list, the others: neighbours that
 * belong here. */
static bool count_bitmaps(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct bitmaps *bitmaps = context;
    (void)offset;
    for (size_t at = 0; at + bitmaps->bucket_bytes <= bytes; at += bitmaps->bucket_bytes) {
        uint64_t bitmap = word_sized(piece, at + bitmaps->offset, bitmaps->bytes);
        bitmaps->live += bitmap & 1;
        bitmaps->neighbours += (unsigned)__builtin_popcountll(bitmap >> 2);
    }
    return bitmaps->live <= bitmaps->neighbours + NEIGHBOURHOOD;
}

/* Whether each entry is some bucket's neighbour, then *live is how many there are. */
static bool bitmaps_hold(const struct layout_view *view, const struct block *block,
                         struct bitmaps *bitmaps)
{
    return bitmaps->bucket_bytes > bitmaps->offset + bitmaps->bytes &&
           layout_scan(view, block->address, block->bytes, bitmaps->bucket_bytes, count_bitmaps,
                       bitmaps) &&
           bitmaps->live == bitmaps->neighbours;
}

/* smallest_type_for_min_bits: of the neighbours' bits and the two in front of them. */
static uint32_t bitmap_bytes_for(uint64_t neighbourhood)
{
    uint32_t bytes = 1;
    while (bytes < 8 && bytes * 8 < neighbourhood + 2)
        bytes *= 2;
    return bytes;
}

/* The entries in the buckets, which those in the list are not among; UINT64_MAX where the bitmaps
 * do not hold. They stand at the beginning, or behind 4 bytes of the hash. */
static uint64_t count_entries(const struct layout_view *view, const struct search *search)
{
    uint64_t neighbourhood = search->block->bytes / search->bucket_bytes - search->buckets + 1;
    uint32_t bytes = bitmap_bytes_for(neighbourhood);
    const uint32_t offsets[] = {0, bytes < 4 ? 4 : bytes};
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct bitmaps bitmaps = {
            .bucket_bytes = search->bucket_bytes, .offset = offsets[i], .bytes = bytes};
        if (bitmaps_hold(view, search->block, &bitmaps))
            return bitmaps.live;
    }
    return UINT64_MAX;
}

/* hopscotch_hash, right before m_buckets: the list's size is its last word, be it a std::list or a
 * std::map. */
static uint64_t list_size(const struct layout_view *view, uint64_t address)
{
    uint64_t size;
    return layout_read_u64(view, address - 8, &size) ? size : 0;
}

static struct object_choice choose_table(const struct layout_view *view, struct search *search)
{
    struct object_choice choice = {0}, next = {0};
    unsigned nth = 0;
    while (!OBJECT_IS_SETTLED(&choice) &&
           (next.address = layout_next_object(view, search->block->address, 0, &nth, table_fits,
                                              search)) != 0) {
        uint64_t in_buckets = count_entries(view, search);
        uint64_t in_list = list_size(view, next.address);
        next.live = search->table.element_count;
        next.capacity = search->buckets;
        next.counted = UINT64_MAX;
        if (in_buckets != UINT64_MAX && in_list <= next.live)
            next.counted = in_buckets + in_list;
        object_choose(&choice, &next);
    }
    return choice;
}

/* An array that is freed for a bigger one, or that bigger one: each entry is some bucket's
 * neighbour. Only the two neighbourhoods of default sizes. */
static bool recognise_in_a_hurry(const struct layout_view *view, const struct block *block,
                                 struct table_reading *out)
{
    static const struct {
        uint32_t neighbourhood, offset, bytes;
    } shapes[] = {{NEIGHBOURHOOD, 0, 8}, {NEIGHBOURHOOD_HASH, 4, 4}};
    uint64_t most = next_power_of_two(block->bytes / BUCKET_BYTES_MIN + 1) / 2;
    for (uint64_t buckets = most; buckets >= TSL_BUCKETS_MIN && view->is_hurried; buckets /= 2)
        for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            struct bitmaps bitmaps = {.offset = shapes[i].offset, .bytes = shapes[i].bytes};
            bitmaps.bucket_bytes =
                bucket_bytes_with(block->bytes, buckets, shapes[i].neighbourhood);
            if (!bitmaps_hold(view, block, &bitmaps) || bitmaps.live < LIVE_MIN ||
                bitmaps.live > buckets)
                continue;
            out->live = bitmaps.live;
            report(block, buckets, bitmaps.bucket_bytes, out);
            out->confidence_ppm = 990000;
            return true;
        }
    return false;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    if (block->bytes < TSL_BUCKETS_MIN * BUCKET_BYTES_MIN)
        return false;
    struct object_choice choice = choose_table(view, &search);
    if (choice.address == 0)
        return recognise_in_a_hurry(view, block, out);
    report(block, choice.capacity, bucket_bytes_of(block->bytes, choice.capacity), out);
    object_choice_report(&choice, out);
    if (out->live > choice.capacity)
        out->live = choice.capacity;
    return true;
}

static uint64_t capacity_for(uint64_t live)
{
    return tsl_rebuilt_capacity(live, 0.9f); /* DEFAULT_MAX_LOAD_FACTOR of that neighbourhood */
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    return capacity == 0 ? 0 : (capacity + NEIGHBOURHOOD - 1) * now->slot_bytes;
}

const struct layout layout_tsl_hopscotch = {
    .name = "tsl::hopscotch_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.9,
    .load_after_growth = 0.45,
    .marks_bytes = 8,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .grows_unseen = true,
    .source = "hopscotch-map 2.3.0, tsl/hopscotch_hash.h: hopscotch_hash, hopscotch_bucket",
};
