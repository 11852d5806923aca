/*
 * Where in a block an array may begin that is a part of it: see static_windows.h. No state, no
 * allocation.
 *
 * What hashes name is the distance of two entries' slots, too: address minus hash times the size of
 * a slot is the same for all that are in their own. So entries are asked as those of any array are,
 * but for where it begins, which the first of them tell (hash_relation.h). What is found by that is
 * read once more, as an array of its own, and must prove itself like any other.
 */
#include "static_windows.h"

#include <string.h>

#include "page.h"
#include "sort.h"
#include "static_search.h"

#define MOST_FITS 2u

bool static_fit(const struct static_search *search, unsigned nth, struct slot_shape *shape)
{
    if (search->around.bytes == 0)
        return slot_shape_fit(search->block->bytes, nth, shape);
    uint64_t slots = search->around.bytes / shape->slot_bytes;
    uint64_t power = slots > 1 ? next_power_of_two(slots / 2 + 1) : 0;
    shape->header_bytes = 0;
    shape->capacity = power >> nth;
    if (shape->capacity * shape->slot_bytes < WINDOW_LEAST_BYTES)
        shape->capacity = 0;
    return nth < MOST_FITS;
}

void static_set_slack(const struct static_search *search, struct relation_question *question)
{
    const uint64_t slot_bytes = search->shape.slot_bytes;
    if (search->around.bytes == 0 || slot_bytes == 0)
        return;
    uint64_t slots = search->around.bytes / slot_bytes;
    question->before = (search->block->address - search->around.address) / slot_bytes;
    question->slack = slots > question->capacity ? slots - question->capacity + 1 : 1;
}

#define LEAST_APART 10u /* entries of which all are in every third slot in one of 19,683 cases */

/* Whether the entries are at equal distances: those that are left of a vector, which a product
 * leads to slots as far apart, wherever they begin (decoys, hash_alikes.c: a heap's pointers).
 * Powers of two are hashes', too, of which some bits are always the same. */
static bool are_at_steps(const struct static_search *search)
{
    const struct sampled_entry *entries = search->work->entries;
    uint64_t step = 0;
    for (uint32_t i = 1; i < search->count; i++) {
        uint64_t slot = entries[i].slot, first = entries[0].slot;
        step = common_divisor(slot > first ? slot - first : first - slot, step);
    }
    return search->count >= LEAST_APART && step != 0 && step >> __builtin_ctzll(step) > 1;
}

/* Of twice and of half as many slots one entry in two is in its own. */
bool static_try_windows(struct static_search *search)
{
    struct slot_shape fit = search->shape, best = search->shape;
    struct hash_relation relation = {0};
    bool is_found = false;
    search->no_keys = search->no_own = false;
    if (are_at_steps(search))
        return false;
    for (unsigned nth = 0; static_fit(search, nth, &fit); nth++) {
        if (fit.capacity < 64)
            continue;
        search->shape = fit;
        if (!static_find_relation(search, true) ||
            (is_found && search->relation.displaced >= relation.displaced))
            continue;
        is_found = true;
        best = fit;
        relation = search->relation;
    }
    search->shape = best;
    search->relation = relation;
    if (is_found && search->exact_only && !relation.is_exact) {
        search->may_be_open = true;
        return false;
    }
    return is_found;
}

/* --- reading it --- */

#define LARGEST_SLOT 128u
#define IN_USE_OF    4u /* of the entries one has a word there */
#define ALIGNMENT    32u

static uint64_t column_address(const struct static_search *found, uint64_t slot)
{
    return found->block->address + slot * found->shape.slot_bytes + found->shape.column;
}

/* Counts in `used` the entries that have something in each word around their column. */
static void count_around(struct layout_view *view, const struct static_search *found, uint32_t step,
                         uint32_t *used)
{
    const uint32_t slot_bytes = found->shape.slot_bytes;
    unsigned char memory[2 * LARGEST_SLOT];
    for (uint32_t i = 0; i < found->count; i++) {
        const uint64_t from =
            column_address(found, found->work->entries[i].slot) + step - slot_bytes;
        if (!layout_read(view, from, memory, 2 * (size_t)slot_bytes - step))
            continue;
        for (uint32_t n = 0; n < 2 * slot_bytes / step - 1; n++) {
            uint64_t word = step == 8 ? word_u64(memory, n * 8) : word_u32(memory, n * 4);
            used[n] += word != 0 && word != found->shape.empty;
        }
    }
}

/* How far behind its slot's beginning the column is: before it and behind it nothing stands in an
 * entry's slot that is another slot's, in an array that is nearly empty. Where that leaves several,
 * arrays are aligned. */
static uint32_t column_in_slot(struct layout_view *view, const struct static_search *found,
                               uint32_t step)
{
    const uint32_t words = found->shape.slot_bytes / step, least = found->count / IN_USE_OF + 1;
    uint32_t used[2 * LARGEST_SLOT / 4] = {0};
    uint32_t before = 0, behind = 0;
    if (found->shape.slot_bytes > LARGEST_SLOT)
        return 0;
    count_around(view, found, step, used);
    for (uint32_t n = 1; n < words; n++) {
        before = used[words - 1 - n] >= least ? n : before;
        behind = used[words - 1 + n] >= least ? n : behind;
    }
    for (uint32_t n = before; n + behind < words; n++)
        if ((column_address(found, found->relation.origin) - n * step) % ALIGNMENT == 0)
            return n * step;
    return before * step;
}

static bool read_array(struct layout_view *view, struct static_pieces *pieces,
                       const struct static_search *found, unsigned effort, struct block *array,
                       struct static_reading *out)
{
    const struct slot_shape *shape = &found->shape;
    const struct block *around = &found->around;
    const uint32_t step = shape->slot_bytes % 8 == 0 && shape->column % 8 == 0 ? 8 : 4;
    array->address =
        column_address(found, found->relation.origin) - column_in_slot(view, found, step);
    array->bytes = shape->capacity * shape->slot_bytes;
    return array->address >= around->address &&
           array->address + array->bytes <= around->address + around->bytes &&
           static_rules_read(view, pieces, array, effort, NULL, out) &&
           out->shape.slot_bytes == shape->slot_bytes && out->shape.capacity == shape->capacity;
}

/* Half of the effort: the zones of a block are many, and tables rarely in them. */
static bool read_zone(struct layout_view *view, struct static_pieces *pieces,
                      const struct block *zone, const struct block *around, unsigned effort,
                      struct block *array, struct static_reading *out)
{
    struct static_search search = static_search_in(view, pieces, zone);
    search.around = *around;
    return static_try_all(&search, effort / 2) && search.relation.reduction != REDUCE_MODULO &&
           read_array(view, pieces, &search, effort, array, out);
}

/* --- which parts of a block may be such an array --- */

#define SPARSE_WORDS                                                                               \
    (PAGE_BYTES / 8 / 8) /* a page with more words in use is none of an array's                    \
                          */
#define LEAST_WORDS 16u
#define SMALL       1024u
#define MARGIN_PART 8u

#define SAMPLED_PAGES 128u
#define LEAST_SPARSE  2u /* of them */
#define EVEN_PARTS    16u
#define LEAST_EVEN    12u
#define EVEN_FACTOR   3u

struct zones {
    const struct layout_view *view;
    const struct block *block;
    uint64_t first, pages, at; /* whole pages; the next one to look at */
    uint16_t *counts;          /* of the words in use in each page from the zone's first on */
};

/* Counts and generations stay in slots that nothing is in. */
static bool is_small(uint32_t half)
{
    return half < SMALL || half == UINT32_MAX;
}

#define WORDS_AT_ONCE 8u /* of which in most pages all are zero */

/* More than there are in a page of an array that is nearly empty where it cannot be read. */
static uint32_t count_words(const struct zones *zones, uint64_t number)
{
    unsigned char room[PAGE_BYTES];
    uint64_t words[WORDS_AT_ONCE];
    uint32_t count = 0;
    const unsigned char *page =
        see_bytes(zones->view->reader, zones->first + number * PAGE_BYTES, room, PAGE_BYTES);
    if (!page)
        return SPARSE_WORDS + 1;
    for (uint32_t at = 0; at < PAGE_BYTES && count <= SPARSE_WORDS; at += sizeof(words)) {
        uint64_t any = 0;
        memcpy(words, page + at, sizeof(words));
        for (uint32_t i = 0; i < WORDS_AT_ONCE; i++)
            any |= words[i];
        for (uint32_t i = 0; any != 0 && i < WORDS_AT_ONCE; i++)
            count += !is_small((uint32_t)words[i]) || !is_small((uint32_t)(words[i] >> 32));
    }
    return count;
}

/* Most blocks are of no such pages at all. */
static bool may_have_zone(const struct zones *zones)
{
    uint32_t sparse = 0;
    for (uint32_t i = 0; i < SAMPLED_PAGES && sparse < LEAST_SPARSE; i++) {
        uint32_t count = count_words(zones, zones->pages * i / SAMPLED_PAGES);
        sparse += count > 0 && count <= SPARSE_WORDS;
    }
    return sparse == LEAST_SPARSE;
}

static inline bool is_lower(uint32_t a, uint32_t b, void *context)
{
    (void)context;
    return a < b;
}

DEFINE_SORT(sort_parts, uint32_t, is_lower)

/* A hash leaves about as many words in each part. Other things may be beside the array. */
static bool are_even(const uint16_t *counts, uint64_t pages)
{
    uint32_t parts[EVEN_PARTS] = {0}, even = 0;
    for (uint64_t i = 0; i < pages; i++)
        parts[i * EVEN_PARTS / pages] += counts[i];
    sort_parts(parts, EVEN_PARTS, NULL);
    const uint32_t middle = parts[EVEN_PARTS / 2];
    for (uint32_t i = 0; i < EVEN_PARTS; i++)
        even += parts[i] * EVEN_FACTOR >= middle && parts[i] <= middle * EVEN_FACTOR;
    return middle >= 2 && even >= LEAST_EVEN;
}

static bool is_zone(const struct zones *zones, uint64_t pages)
{
    return pages * PAGE_BYTES >= WINDOW_LEAST_BYTES / 2 && are_even(zones->counts, pages);
}

/* The next run of pages with a few words in use each, or none. */
static bool next_zone(struct zones *zones, struct block *zone)
{
    uint64_t first = 0, pages = 0, used = 0; /* up to the last page with something in it */
    for (; zones->at < zones->pages; zones->at++) {
        uint32_t count = count_words(zones, zones->at);
        if (count > SPARSE_WORDS) {
            if (is_zone(zones, used))
                break;
            pages = used = 0;
        } else if (count > 0 || pages > 0) {
            first = pages == 0 ? zones->at : first;
            zones->counts[pages++] = (uint16_t)count;
            used = count > 0 ? pages : used;
        }
    }
    *zone =
        (struct block){.address = zones->first + first * PAGE_BYTES, .bytes = used * PAGE_BYTES};
    return is_zone(zones, used);
}

/* The array may begin and end in pages that hold something else, or nothing. */
static struct block margins_of(const struct block *zone, const struct block *block)
{
    const uint64_t end = block->address + block->bytes;
    uint64_t margin =
        zone->bytes / MARGIN_PART > PAGE_BYTES ? zone->bytes / MARGIN_PART : PAGE_BYTES;
    uint64_t from =
        zone->address - block->address > margin ? zone->address - margin : block->address;
    uint64_t until = zone->address + zone->bytes + margin;
    from += (zone->address - from) % 8;
    return (struct block){.address = from, .bytes = (until < end ? until : end) - from};
}

#define MOST_BESIDE (2 * PAGE_BYTES) /* of an object, besides its array */
#define MOST_FRONT  128u             /* that much slot_shape_fit() knows of */

/* The part of an object that certainly is its array's, where it is hardly larger than a power of
 * two of slots is. */
static bool middle_of(const struct block *block, struct block *zone)
{
    static const uint8_t odd[] = {1, 3, 5, 7};
    for (unsigned i = 0; i < sizeof(odd); i++) {
        uint64_t power = next_power_of_two(block->bytes / odd[i] / 2 + 1);
        uint64_t beside = block->bytes - power * odd[i];
        if (beside <= MOST_FRONT || beside > MOST_BESIDE)
            continue;
        beside = (beside + 7) & ~(uint64_t)7;
        *zone =
            (struct block){.address = block->address + beside, .bytes = block->bytes - 2 * beside};
        return true;
    }
    return false;
}

bool static_windows_read(struct layout_view *view, struct static_pieces *pieces,
                         const struct block *block, unsigned effort, struct block *array,
                         struct static_reading *out)
{
    const uint64_t start = (block->address + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    struct zones zones = {
        .view = view, .block = block, .first = start, .counts = (uint16_t *)(void *)pieces->memory};
    struct block zone;
    _Static_assert(sizeof(pieces->memory) / sizeof(uint16_t) >= WINDOW_MOST_BYTES / PAGE_BYTES,
                   "there is room for all pages");
    if (block->bytes < WINDOW_LEAST_BYTES)
        return false;
    if (middle_of(block, &zone) && read_zone(view, pieces, &zone, block, effort, array, out))
        return true;
    zones.pages = (block->address + block->bytes - start) / PAGE_BYTES;
    if (block->bytes > WINDOW_MOST_BYTES || !may_have_zone(&zones))
        return false;
    while (next_zone(&zones, &zone)) {
        struct block around = margins_of(&zone, block);
        if (read_zone(view, pieces, &zone, &around, effort, array, out))
            return true;
    }
    return false;
}
