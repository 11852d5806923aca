/*
 * Finding an index behind its entries: see index_region.h. The index, and the links of its entries,
 * are copied once the object has named them: nearly all arrays end with the first look.
 */
#include "index_region.h"

#include <string.h>

#include "index_parts.h"
#include "index_rows.h"
#include "layouts/words.h"
#include "slot_profile.h"
#include "system.h"

#define LEAST_SLOTS   64u /* a smaller number stands somewhere in any object */
#define LEAST_ENTRIES 64u
#define FIRST_LOOK    32u /* words at the end of the block */
#define MOST_HOLDERS  4u  /* objects that are asked */
#define MOST_SHARE    8u  /* slots to an entry, and entries to a slot */
#define LEAST_PER     8u  /* bytes of an entry */
#define MOST_PER      256u
#define MOST_REST     64u /* bytes between the columns and the index, to align it */
#define MOST_BLOCK    (1ull << 32)
#define PROVEN_PPM    900000u

/* --- what the block and its object say --- */

/* Whether the block ends as such an index does. */
static bool may_end_so(const struct layout_view *view, const struct block *block)
{
    uint32_t words[FIRST_LOOK];
    uint32_t marks = 0;
    if (!layout_read(view, block->address + block->bytes - sizeof(words), words, sizeof(words)))
        return false;
    for (unsigned i = 0; i < FIRST_LOOK; i++) {
        if (!index_is_mark(words[i]) && words[i] >= block->bytes / LEAST_PER)
            return false;
        marks += index_is_mark(words[i]);
    }
    return marks > 0;
}

/* Whether the object names the slots, by their number or by where they begin. */
static bool are_slots_named(const struct index_region *region)
{
    for (size_t at = 0; at + 4 <= sizeof(region->words); at += 4) {
        uint32_t word = word_u32(region->words, at);
        if (word == region->slots || word == region->slots - 1)
            return true;
    }
    for (size_t at = 0; at + 8 <= sizeof(region->words); at += 8)
        if (word_u64(region->words, at) == region->block->address + region->start)
            return true;
    return false;
}

static uint64_t most_slots(const struct block *block)
{
    uint64_t slots = next_power_of_two(block->bytes / 4);
    return slots * 4 < block->bytes ? slots : slots / 2;
}

/* Whether so many entries fill the block up to the index. */
static bool are_entries(struct index_region *region, uint32_t entries)
{
    if (entries < LEAST_ENTRIES || entries > region->slots * MOST_SHARE ||
        region->slots > (uint64_t)entries * MOST_SHARE)
        return false;
    uint64_t per = region->start / entries;
    region->entries = entries;
    region->per = (uint32_t)per;
    return per >= LEAST_PER && per <= MOST_PER && region->start - per * entries < MOST_REST;
}

/* --- the numbers --- */

bool index_has_numbers(struct index_region *region)
{
    region->numbers = region->empty = region->deleted = 0;
    memset(region->seen, 0, (region->entries + 63) / 64 * 8);
    for (uint64_t i = 0; i < region->slots; i++) {
        uint32_t word = region->index[i];
        region->empty += word == UINT32_MAX;
        region->deleted += word == INDEX_DELETED;
        if (index_is_mark(word))
            continue;
        if (word >= region->entries || !index_note_once(region, word))
            return false;
        region->numbers++;
    }
    return region->numbers >= INDEX_LEAST_NUMBERS && region->empty > 0;
}

/* --- all of it --- */

/* Whether as many entries are linked to others as a hash would have made so many heads of: stale
 * generations, or pages of one cell, would be linked more often or less. */
static bool is_by_chance(const struct index_region *region)
{
    return region->is_chained &&
           index_rows_hang_by_chance(region->numbers, region->slots, region->live);
}

/* Entries that may hang from the first ones where no links were found. */
static uint64_t most_unseen(const struct index_region *region)
{
    uint64_t live, error;
    if (!region->relation.is_exact || region->is_chained)
        return 0;
    slot_profile_chained_live(region->numbers, region->slots, &live, &error);
    return live > region->numbers ? live - region->numbers : 0;
}

/* Rows of a block that nothing names. */
static struct index_rows rows_of(const struct index_region *region)
{
    return (struct index_rows){.header = {region->block->address, region->header},
                               .count = region->entries,
                               .bytes = region->per};
}

/* Rows that were ever used, where the header counts just as many; else 0. */
static uint64_t rows_used(const struct index_region *region)
{
    const struct index_rows rows = rows_of(region);
    if (!region->is_unnamed || region->is_followed)
        return 0;
    return index_rows_used(region->view, &rows, &region->relation);
}

/* Of few entries that are left none need have met, but those that were erased have. */
#define MOST_UNMET 8u

static bool have_met(const struct index_region *region)
{
    const struct index_rows rows = rows_of(region);
    return region->relation.is_exact && !region->is_chained && most_unseen(region) <= MOST_UNMET &&
           rows_used(region) > region->numbers &&
           index_rows_have_met(region->view, &rows, &region->relation, region->slots, region->seen);
}

/* Where entries met others, or a mix that is known leads to the slot, it is a table's. Ids of a
 * sparse set, with a generation before the slot's number, do not meet; some may be stale. */
static bool is_proven(const struct index_region *region)
{
    if (region->is_unnamed)
        return is_by_chance(region) || have_met(region);
    return region->relation.is_mixed_key || !region->relation.is_exact || region->is_chained;
}

static bool is_table(struct index_region *region)
{
    if (!index_has_numbers(region) || !index_find_key(region))
        return false;
    region->live = region->numbers;
    region->is_chained = false;
    if (region->relation.is_exact)
        index_find_links(region);
    return is_proven(region);
}

/* The nth number of rows behind a header: twice as many as slots, as many, half as many, a quarter.
 * Where the object is passed by value nothing names them. False where they would not fill the
 * block up to the index. */
#define ROW_NUMBERS 4u

static bool are_rows(struct index_region *region, unsigned nth)
{
    uint64_t entries = region->slots * 2 >> nth;
    if (!are_entries(region, (uint32_t)entries) || region->per % 4 != 0)
        return false;
    region->header = (uint32_t)(region->start - region->per * entries);
    return region->header % 4 == 0;
}

static bool try_rows(struct index_region *region)
{
    for (unsigned nth = 0; nth < ROW_NUMBERS; nth++)
        if (are_rows(region, nth) && is_table(region))
            return true;
    return false;
}

static bool may_have_rows(struct index_region *region)
{
    bool may_have = false;
    for (unsigned nth = 0; nth < ROW_NUMBERS && !may_have; nth++)
        may_have = are_rows(region, nth);
    return may_have;
}

static bool try_entries(struct index_region *region)
{
    if (region->is_unnamed)
        return try_rows(region);
    for (size_t at = 0; at + 4 <= sizeof(region->words); at += 4)
        if (are_entries(region, word_u32(region->words, at)) && is_table(region))
            return true;
    return false;
}

static bool copy_and_try(struct index_region *region)
{
    size_t bytes = (size_t)region->slots * 4;
    size_t seen_bytes = (size_t)(region->slots * MOST_SHARE / 8) + 8;
    uint32_t *index = system_map(bytes);
    region->seen = system_map(seen_bytes);
    region->index = index;
    bool is_found =
        index && region->seen &&
        layout_read(region->view, region->block->address + region->start, index, bytes) &&
        try_entries(region);
    if (index)
        system_unmap(index, bytes);
    if (region->seen)
        system_unmap(region->seen, seen_bytes);
    return is_found;
}

/* Looks for an index of each size; the upper half of one is one, too, of half as many slots. */
static bool find_index(struct index_region *region)
{
    const struct block *block = region->block;
    for (region->slots = most_slots(block); region->slots >= LEAST_SLOTS; region->slots /= 2) {
        region->start = block->bytes - region->slots * 4;
        bool may_be = region->is_unnamed ? may_have_rows(region) : are_slots_named(region);
        if (may_be && copy_and_try(region))
            return true;
    }
    return false;
}

static void fill(const struct index_region *region, uint64_t place, struct table_reading *out)
{
    /* Slots may be fewer than entries where these are linked, or more, so as to have room. */
    bool are_fewer = region->slots < region->entries && !region->is_chained;
    uint64_t capacity = are_fewer ? region->slots : region->entries;
    *out = (struct table_reading){
        .header = place,
        .capacity = capacity,
        .live = region->live,
        .live_error = most_unseen(region),
        .slot_bytes = region->block->bytes / capacity,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES,
        .confidence_ppm = PROVEN_PPM,
        .array_count = 1,
        .arrays = {{region->block->address, region->block->bytes, DUMP_ROLE_SLOTS}},
    };
    out->growth_live = rows_used(region);
    if (region->is_chained || region->deleted == 0)
        return;
    out->tombstones = region->deleted;
    out->known |= DUMP_KNOWN_TOMBSTONES;
    out->growth_live = region->live + region->deleted;
}

bool index_region_read(const struct layout_view *view, const struct block *block,
                       bool (*is_object)(uint64_t place, void *context), void *context,
                       struct table_reading *out)
{
    struct index_region region = {.view = view, .block = block};
    if (!view->blocks || block->bytes < 4 * LEAST_SLOTS * LEAST_PER || block->bytes > MOST_BLOCK ||
        !may_end_so(view, block))
        return false;
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++) {
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (place == 0)
            break;
        if (block_has(block, place) || !is_object(place, context) ||
            !layout_read(view, (place & ~(uint64_t)7) - INDEX_REACH, region.words,
                         sizeof(region.words)))
            continue;
        if (find_index(&region)) {
            fill(&region, place, out);
            return true;
        }
    }
    region.is_unnamed = true;
    if (!find_index(&region))
        return false;
    fill(&region, 0, out);
    return true;
}
