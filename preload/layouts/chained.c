/*
 * Recognising chained tables: see chained.h.
 */
#include "chained.h"

#include "buckets.h"
#include "object.h"
#include "words.h"

#define CHAIN_STEPS_MAX 64           /* of one chain that are walked */
#define ENTRIES_COUNTED (1ULL << 17) /* in all chains, where two objects say different numbers */
#define FIRST_BUCKETS   64           /* are looked through for an entry that names the object */

struct search {
    const struct chained_layout *layout;
    const struct block *array;
    struct chained_table table;
    bool entries_are_gone;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    search->table = (struct chained_table){.object = address};
    return layout_is_pointer(address, 8) &&
           search->layout->read_object(view, address, search->array, &search->table) &&
           search->table.capacity >= CHAINED_BUCKETS_MIN &&
           search->table.capacity <= search->array->bytes / 8;
}

/* Adds the entries of one chain to *entries. A chain that goes on and on is taken for a bad hash
 * function's, and not counted to its end. */
static bool walk_chain(const struct layout_view *view, const struct search *search, uint64_t entry,
                       uint64_t bucket, uint64_t *entries)
{
    const struct chained_layout *layout = search->layout;
    for (unsigned step = 0; step < CHAIN_STEPS_MAX && entry != 0; step++) {
        unsigned char bytes[CHAINED_ENTRY_BYTES];
        if (!layout_is_pointer(entry, 8) || !layout_read(view, entry, bytes, layout->entry_bytes))
            return false;
        if (layout->entry_fits != NULL && !layout->entry_fits(&search->table, bytes, bucket))
            return false;
        ++*entries;
        entry = word_u64(bytes, layout->next_offset);
    }
    return true;
}

/* Of entries that were freed only the heads are left: as many as there are in a table that few
 * entries share a bucket of. */
static bool heads_agree(const struct buckets *buckets, uint64_t live)
{
    return buckets->occupied >= live / 4 * 3;
}

/* Of the chains looked at, *entries is how many are in them. */
static bool entries_agree(const struct layout_view *view, struct search *search,
                          const struct buckets *buckets, uint64_t *entries)
{
    uint64_t live = search->table.live, walked = 0;
    if (buckets->occupied > live || (buckets->occupied == 0) != (live == 0))
        return false;
    search->entries_are_gone =
        view->entries_may_be_gone && entry_sample_is_gone(&buckets->sample, view);
    *entries = buckets->sample.count;
    if (search->entries_are_gone)
        return heads_agree(buckets, live);
    for (uint32_t i = 0; i < buckets->sample.count; i++)
        if (!walk_chain(view, search, buckets->sample.addresses[i], buckets->sample.offsets[i] / 8,
                        &walked))
            return false;
    bool walked_all =
        buckets->sample.count == buckets->occupied && walked < (uint64_t)CHAIN_STEPS_MAX;
    *entries = walked;
    return walked_all ? walked == live : walked <= live;
}

/* The object that the first entry names: at a growth nobody has looked for who points at the array.
 */
static uint64_t object_of_entry(const struct layout_view *view, struct search *search)
{
    const struct chained_layout *layout = search->layout;
    uint64_t buckets[FIRST_BUCKETS], object, array;
    if (layout->owner_offset == 0 ||
        !layout_read(view, search->array->address, buckets, sizeof(buckets)))
        return 0;
    unsigned first = 0;
    while (first < FIRST_BUCKETS && buckets[first] == 0)
        first++;
    if (first == FIRST_BUCKETS || !layout_is_pointer(buckets[first], 8) ||
        !layout_read(view, buckets[first] + layout->owner_offset, &object, sizeof(object)) ||
        !layout_read(view, object + layout->array_offset, &array, sizeof(array)) ||
        array != search->array->address || !object_fits(view, object, search))
        return 0;
    return object;
}

struct chain_pass {
    const struct layout_view *view;
    const struct search *search;
    uint64_t entries;
};

static bool walk_chains(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct chain_pass *pass = context;
    for (size_t at = 0; at + 8 <= bytes; at += 8)
        if (word_u64(piece, at) != 0 && (!walk_chain(pass->view, pass->search, word_u64(piece, at),
                                                     (offset + at) / 8, &pass->entries) ||
                                         pass->entries > ENTRIES_COUNTED))
            return false;
    return true;
}

/* The entries of all chains; as the sample tells it where they are many. */
static uint64_t count_entries(const struct layout_view *view, const struct search *search,
                              const struct buckets *buckets, uint64_t in_sample)
{
    struct chain_pass pass = {.view = view, .search = search};
    uint64_t bytes = search->table.capacity * 8;
    /* Of entries thrown at random into n buckets, u of which are hit, u * u / 2n fell onto another.
     */
    if (search->entries_are_gone)
        return buckets->occupied +
               buckets->occupied * buckets->occupied / (2 * search->table.capacity);
    if (buckets->sample.count == 0 || buckets->occupied == buckets->sample.count)
        return in_sample;
    if (buckets->occupied <= ENTRIES_COUNTED &&
        layout_scan(view, search->array->address, bytes, 8, walk_chains, &pass))
        return pass.entries;
    return buckets->occupied * in_sample / buckets->sample.count;
}

/* The object whose count is right. Copies that a stack keeps from before fit, too, and no sample
 * tells them apart: only where there is a second object are the entries counted. */
static bool find_table(const struct layout_view *view, struct search *search,
                       struct buckets *buckets)
{
    struct search chosen = *search;
    struct buckets chosen_buckets = *buckets;
    uint64_t counted = UINT64_MAX, in_sample;
    if (object_of_entry(view, search) != 0)
        return buckets_count(view, search->array->address, search->table.capacity * 8, buckets) &&
               entries_agree(view, search, buckets, &in_sample);
    unsigned nth = 0;
    bool found = false;
    while (layout_next_object(view, search->array->address, search->layout->array_offset, &nth,
                              object_fits, search) != 0) {
        *buckets = (struct buckets){.offset = buckets->offset};
        if (!buckets_count(view, search->array->address, search->table.capacity * 8, buckets) ||
            !entries_agree(view, search, buckets, &in_sample))
            continue;
        if (found && search->table.live != chosen.table.live && counted == UINT64_MAX)
            counted = count_entries(view, search, buckets, in_sample);
        if (!found || distance_between(search->table.live, counted) <
                          distance_between(chosen.table.live, counted)) {
            chosen = *search;
            chosen_buckets = *buckets;
        }
        found = true;
    }
    *search = chosen;
    *buckets = chosen_buckets;
    return found;
}

bool chained_recognise(struct layout_view *view, const struct block *block, uint64_t offset,
                       const struct chained_layout *layout, struct table_reading *out)
{
    struct buckets buckets = {.offset = offset};
    if (view->blocks == NULL || block->bytes < offset + CHAINED_BUCKETS_MIN * 8 ||
        !buckets_begin(view, &buckets))
        return false;
    const struct block array = {block->address + offset, block->bytes - offset};
    struct search search = {.layout = layout, .array = &array};
    const struct chained_table *table = &search.table;
    if (!find_table(view, &search, &buckets))
        return false;

    out->header = table->object;
    out->capacity = table->capacity;
    out->live = table->live;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    /* Behind an allocator of the program's own, its entries are no blocks of malloc either. */
    if (offset == 0)
        entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}
