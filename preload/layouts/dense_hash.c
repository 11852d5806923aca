/*
 * google::dense_hash_map and dense_hash_set: one array of entries, in which the user's own keys
 * stand for empty and deleted. The object has an entry with the empty key right before the array's
 * address; before that it counts buckets, elements and deleted ones, and keeps the two numbers at
 * which it grows and shrinks and the factors that they were computed from.
 */
#include "layout.h"
#include "object.h"

#include <string.h>

#define BUCKETS_MIN   64
#define ENTRY_MAX     4096
#define KEY_WORDS_MAX 32 /* of the deleted key, which lies in the object, too */

/* sh_hashtable_settings, behind the hash function: without its flags. */
struct settings {
    uint64_t enlarge_threshold, shrink_threshold;
    float enlarge_factor, shrink_factor;
    uint8_t flags[4]; /* consider_shrink, use_empty, use_deleted; padding */
    uint32_t copies;
};

struct counters {
    uint64_t deleted, elements, buckets;
};

static uint64_t share(uint64_t buckets, float factor)
{
    float product = (float)buckets * factor;
    return product >= 0 && product < 1e18f ? (uint64_t)product : UINT64_MAX;
}

static bool settings_fit(const struct settings *settings, uint64_t buckets)
{
    return settings->enlarge_factor > 0 && settings->enlarge_factor <= 1 &&
           settings->shrink_factor >= 0 &&
           settings->shrink_factor <= settings->enlarge_factor / 2 &&
           settings->enlarge_threshold == share(buckets, settings->enlarge_factor) &&
           settings->shrink_threshold == share(buckets, settings->shrink_factor) &&
           settings->flags[0] <= 1 && settings->flags[1] == 1 && settings->flags[2] <= 1;
}

struct search {
    const struct block *block;
    struct counters counters;
    uint64_t entry_bytes;
};

/* `address`: of the word that holds the array's address. Between it and the settings lie the empty
 * entry, the counters and the deleted key, of which only the sum of the sizes is not known. */
static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct counters *counters = &search->counters;
    uint64_t bytes = search->block->bytes;
    for (uint64_t buckets = next_power_of_two(bytes) / 2; buckets >= BUCKETS_MIN; buckets /= 2) {
        uint64_t entry_bytes = bytes / buckets;
        if (bytes % buckets != 0)
            continue;
        if (entry_bytes > ENTRY_MAX)
            return false;
        uint64_t counted = address - ((entry_bytes + 7) & ~7ULL) - sizeof(*counters);
        if (!layout_read(view, counted, counters, sizeof(*counters)) ||
            counters->buckets != buckets || counters->elements > buckets ||
            counters->deleted > counters->elements)
            continue;
        for (uint64_t words = 0; words <= KEY_WORDS_MAX && words * 8 < entry_bytes + 8; words++) {
            struct settings settings;
            if (layout_read(view, counted - words * 8 - sizeof(settings), &settings,
                            sizeof(settings)) &&
                settings_fit(&settings, buckets)) {
                search->entry_bytes = entry_bytes;
                return true;
            }
        }
    }
    return false;
}

/* The entries whose first bytes are not those of the empty one, of 4 and of 8 bytes: how long the
 * key is that they begin with is not known. */
#define KEY_BYTES     8
#define KEY_BYTES_MIN 4

struct entry_scan {
    uint64_t entry_bytes;
    unsigned char empty[KEY_BYTES];
    uint64_t used, used_by_begin;
};

static bool count_entries(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct entry_scan *scan = context;
    size_t key = scan->entry_bytes < KEY_BYTES ? scan->entry_bytes : KEY_BYTES;
    size_t begin = key < KEY_BYTES_MIN ? key : KEY_BYTES_MIN;
    (void)offset;
    for (size_t at = 0; at + scan->entry_bytes <= bytes; at += scan->entry_bytes) {
        bool same_begin = memcmp(piece + at, scan->empty, begin) == 0;
        scan->used_by_begin += !same_begin;
        scan->used += !same_begin || memcmp(piece + at, scan->empty, key) != 0;
    }
    return true;
}

/* Whether the object counts the entries that are there, deleted ones among them. `address`: as
 * table_fits()'s. */
static bool counts_agree(const struct layout_view *view, const struct search *search,
                         uint64_t address)
{
    struct entry_scan scan = {.entry_bytes = search->entry_bytes};
    size_t key = scan.entry_bytes < KEY_BYTES ? scan.entry_bytes : KEY_BYTES;
    return layout_read(view, address - ((scan.entry_bytes + 7) & ~7ULL), scan.empty, key) &&
           layout_scan(view, search->block->address, search->block->bytes, scan.entry_bytes,
                       count_entries, &scan) &&
           (scan.used == search->counters.elements ||
            scan.used_by_begin == search->counters.elements);
}

/* The object that counts what is there, or the first. That of keys which point into themselves is
 * not known from a copy: empty ones of std::string are all different. */
static uint64_t choose_table(const struct layout_view *view, struct search *search)
{
    unsigned nth = 0, seen = 0;
    struct search first = {0};
    uint64_t first_address = 0, address;
    while ((address = layout_next_object(view, search->block->address, 0, &nth, table_fits,
                                         search)) != 0) {
        if (counts_agree(view, search, address))
            return address;
        if (seen++ == 0) {
            first_address = address;
            first = *search;
        }
    }
    *search = first;
    return first_address;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    if (block->bytes < BUCKETS_MIN || view->blocks == NULL)
        return false;
    uint64_t address = choose_table(view, &search);
    if (address == 0)
        return false;
    out->header = address;
    out->capacity = search.counters.buckets;
    out->live = search.counters.elements - search.counters.deleted;
    out->tombstones = search.counters.deleted;
    out->slot_bytes = block->bytes / out->capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

/* resize(0): maybe_shrink() halves until a fifth is used (HT_EMPTY_PCT), down to 32 buckets
 * (HT_DEFAULT_STARTING_BUCKETS). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 32;
    while (capacity < 1ULL << 50 && (float)live >= (float)(capacity * 2) * 0.2f)
        capacity *= 2;
    return capacity;
}

const struct layout layout_dense_hash = {
    .name = "google::dense_hash_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.5,
    .load_after_growth = 0.25,
    .capacity_for = capacity_for,
    .shrinks_by_itself = true,
    .on_erase = "shrinks at the next insert when less than a fifth is used",
    .shrink_call = "m.resize(0);",
    .source = "sparsehash 2.0.3, sparsehash/internal/densehashtable.h, hashtable-common.h",
};
