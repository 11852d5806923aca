/*
 * Finding an index behind its entries: see index_region.h. The index, and the links of its entries,
 * are copied once the object has named them: nearly all arrays end with the first look.
 */
#include "index_region.h"

#include <string.h>

#include "hash_relation.h"
#include "index_rows.h"
#include "keyed_relation.h"
#include "layouts/words.h"
#include "slot_profile.h"
#include "system.h"

#define LEAST_SLOTS   64u
#define LEAST_ENTRIES 64u
#define LEAST_NUMBERS 16u
#define FIRST_LOOK    32u /* words at the end of the block */
#define REACH         64u
#define MOST_HOLDERS  4u
#define MOST_SHARE    8u /* slots to an entry, and entries to a slot */
#define LEAST_PER     8u /* bytes of an entry */
#define MOST_PER      256u
#define MOST_REST     64u /* bytes between the columns and the index, to align it */
#define MOST_BLOCK    (1ull << 32)
#define POINTEE_BYTES 64u
#define PROVEN_PPM    900000u
#define DELETED       (UINT32_MAX - 1)
#define WINDOWS_BYTES (RELATION_SAMPLES * sizeof(struct sampled_entry))
#define ALIGNED       8u /* columns begin at multiples */
_Static_assert(WINDOWS_BYTES + KEYED_ROOM <= LAYOUT_SCRATCH_BYTES, "the scratch holds both");

/* Where a field of entry 0 is, and how far on that of the next. */
struct column {
    uint64_t offset;
    uint32_t stride, bytes;
};

struct index_region {
    const struct layout_view *view;
    const struct block *block;
    unsigned char words[2 * REACH + 8]; /* around the pointer to the block */
    uint64_t slots, entries, start;     /* of the index, in the block */
    uint32_t header;                    /* before the first entry */
    uint32_t per;                       /* bytes of an entry */
    const uint32_t *index;              /* a copy */
    uint64_t *seen;                     /* a bit for each entry */
    uint64_t numbers, empty, deleted;
    struct hash_relation relation;
    struct column keys;
    bool is_followed; /* the fields of the relation are in what the keys point at */
    bool is_unnamed;  /* no object says how many slots and entries there are */
    uint64_t live;
    bool is_chained;
};

/* --- what the block and its object say --- */

static bool is_mark(uint32_t word)
{
    return word >= DELETED;
}

/* Whether the block ends as such an index does. */
static bool may_end_so(const struct layout_view *view, const struct block *block)
{
    uint32_t words[FIRST_LOOK];
    uint32_t marks = 0;
    if (!layout_read(view, block->address + block->bytes - sizeof(words), words, sizeof(words)))
        return false;
    for (unsigned i = 0; i < FIRST_LOOK; i++) {
        if (!is_mark(words[i]) && words[i] >= block->bytes / LEAST_PER)
            return false;
        marks += is_mark(words[i]);
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

static bool note_once(struct index_region *region, uint32_t number)
{
    uint64_t *word = &region->seen[number / 64], bit = 1ull << number % 64;
    if (*word & bit)
        return false;
    *word |= bit;
    return true;
}

/* Whether all words of the index are marks, or numbers of entries, each of which is there once. */
static bool has_numbers(struct index_region *region)
{
    region->numbers = region->empty = region->deleted = 0;
    memset(region->seen, 0, (region->entries + 63) / 64 * 8);
    for (uint64_t i = 0; i < region->slots; i++) {
        uint32_t word = region->index[i];
        region->empty += word == UINT32_MAX;
        region->deleted += word == DELETED;
        if (is_mark(word))
            continue;
        if (word >= region->entries || !note_once(region, word))
            return false;
        region->numbers++;
    }
    return region->numbers >= LEAST_NUMBERS && region->empty > 0;
}

/* --- the key --- */

/* The first bytes of some entries' fields, of as many slots from all over the index. */
static uint32_t sample(const struct index_region *region, const struct column *column,
                       struct sampled_entry *entries)
{
    uint64_t step = region->numbers / RELATION_SAMPLES + 1, nth = 0;
    uint32_t count = 0;
    for (uint64_t slot = 0; slot < region->slots && count < RELATION_SAMPLES; slot++) {
        uint32_t number = region->index[slot];
        if (is_mark(number) || nth++ % step != 0)
            continue;
        struct sampled_entry *entry = &entries[count++];
        memset(entry->bytes, 0, sizeof(entry->bytes));
        entry->slot = slot;
        entry->address =
            region->block->address + column->offset + (uint64_t)number * column->stride;
        if (!layout_read(region->view, entry->address, entry->bytes, column->bytes))
            return 0;
    }
    return count;
}

/* Reads what the entries point at in their place. */
static bool follow(const struct index_region *region, struct sampled_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t to = word_u64(entries[i].bytes, 0);
        if (!layout_is_pointer(to, 8) ||
            !layout_read(region->view, to, entries[i].bytes, POINTEE_BYTES))
            return false;
        entries[i].address = to;
    }
    return true;
}

static bool find_relation(struct index_region *region, const struct sampled_entry *entries,
                          uint32_t count, uint32_t bytes)
{
    const struct relation_question question = {
        .entries = entries,
        .count = count,
        .end = bytes,
        .capacity = region->slots,
        .view = region->view,
        .room = region->view->scratch + WINDOWS_BYTES,
        .text_end = bytes,
        .no_own = true,
    };
    return count >= LEAST_NUMBERS && hash_relation_find(&question, &region->relation);
}

static bool is_key(struct index_region *region, const struct column *column)
{
    struct sampled_entry *entries = (void *)region->view->scratch;
    uint32_t count = sample(region, column, entries);
    region->keys = *column;
    region->is_followed = false;
    if (find_relation(region, entries, count, column->bytes))
        return true;
    region->is_followed = column->bytes == 8 && count > 0 && follow(region, entries, count);
    return region->is_followed && find_relation(region, entries, count, POINTEE_BYTES);
}

/* The nth way in which fields may lie in front of the index: where a pointer of the object leads,
 * in a column behind others, in rows. False after the last; no bytes where they would not fit. */
static bool nth_column(const struct index_region *region, unsigned nth, struct column *out)
{
    const bool are_rows = region->is_unnamed;
    const unsigned pointers = are_rows ? 0 : sizeof(region->words) / 8;
    const unsigned columns = are_rows ? 0 : region->per / 4 * 2;
    if (nth < pointers) {
        uint64_t word = word_u64(region->words, (size_t)nth * 8);
        *out = (struct column){.offset = word - region->block->address, .stride = 8, .bytes = 8};
    } else if (nth < pointers + columns) {
        uint32_t bytes = (nth - pointers) % 2 == 0 ? 8 : 4;
        uint64_t before = region->entries * ((nth - pointers) / 2 * 4);
        *out = (struct column){
            .offset = (before + ALIGNED - 1) / ALIGNED * ALIGNED, .stride = bytes, .bytes = bytes};
    } else if (nth == pointers + columns && region->per % 4 == 0) {
        uint32_t most = region->per < RELATION_WINDOW ? region->per : RELATION_WINDOW;
        *out = (struct column){.offset = region->header, .stride = region->per, .bytes = most};
    } else {
        return false;
    }
    uint64_t behind = (region->entries - 1) * out->stride + out->bytes;
    if (behind > region->start || out->offset > region->start - behind)
        out->bytes = 0;
    return true;
}

static bool find_key(struct index_region *region)
{
    struct column column;
    for (unsigned nth = 0; nth_column(region, nth, &column); nth++)
        if (column.bytes != 0 && is_key(region, &column))
            return true;
    return false;
}

/* Whether the entry's key names that slot. */
static bool is_home(const struct index_region *region, uint32_t number, uint64_t slot)
{
    unsigned char window[RELATION_WINDOW] = {0};
    uint64_t address =
        region->block->address + region->keys.offset + (uint64_t)number * region->keys.stride;
    size_t bytes = region->keys.bytes;
    if (region->is_followed) {
        if (!layout_read_u64(region->view, address, &address) || !layout_is_pointer(address, 8))
            return false;
        bytes = POINTEE_BYTES;
    }
    return layout_read(region->view, address, window, bytes) &&
           hash_relation_home(region->view, &region->relation, region->slots, window) == slot;
}

/* --- entries that are linked to the first of their slot --- */

#define MOST_ASKED 64u /* whether they belong into the slot that they hang from */

/* Follows the links of all slots. False where one leads to an entry that another leads to, or
 * nowhere; *seconds: how many entries were found behind the first ones. */
static bool walk(struct index_region *region, const unsigned char *links, uint32_t stride,
                 uint64_t *seconds)
{
    uint32_t asked = 0;
    *seconds = 0;
    if (!has_numbers(region))
        return false;
    for (uint64_t slot = 0; slot < region->slots; slot++) {
        uint32_t number = region->index[slot];
        if (is_mark(number))
            continue;
        while (!is_mark(number = word_u32(links, (size_t)number * stride))) {
            if (number >= region->entries || !note_once(region, number) ||
                (asked < MOST_ASKED && !is_home(region, number, slot)))
                return false;
            asked++;
            ++*seconds;
        }
    }
    return true;
}

/* The nth place where links of four bytes may lie: as fields do, or in each place of a row. */
static bool nth_links(const struct index_region *region, unsigned nth, struct column *out)
{
    unsigned rows = region->per % 4 == 0 ? region->per / 4 : 0;
    if (nth < rows)
        *out = (struct column){
            .offset = region->header + nth * 4ull, .stride = region->per, .bytes = 4};
    else if (!nth_column(region, nth - rows, out))
        return false;
    if (out->stride == 8 && nth >= rows)
        *out = (struct column){.offset = out->offset, .stride = 4, .bytes = 4};
    uint64_t behind = (region->entries - 1) * out->stride + 4;
    if (behind > region->start || out->offset > region->start - behind)
        out->bytes = 0;
    return true;
}

static void find_links(struct index_region *region)
{
    size_t bytes = (size_t)region->start;
    unsigned char *fields = system_map(bytes);
    struct column column;
    uint64_t seconds;
    bool is_read = fields && layout_read(region->view, region->block->address, fields, bytes);
    for (unsigned nth = 0; is_read && !region->is_chained && nth_links(region, nth, &column);
         nth++) {
        if (column.bytes != 4 || !walk(region, fields + column.offset, column.stride, &seconds) ||
            seconds == 0)
            continue;
        region->is_chained = true;
        region->live += seconds;
    }
    if (fields)
        system_unmap(fields, bytes);
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
    if (!has_numbers(region) || !find_key(region))
        return false;
    region->live = region->numbers;
    region->is_chained = false;
    if (region->relation.is_exact)
        find_links(region);
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
            !layout_read(view, (place & ~(uint64_t)7) - REACH, region.words, sizeof(region.words)))
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
