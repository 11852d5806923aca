/*
 * The fields of entries in front of their index: which one is the key that names the slots, and
 * whether another links entries to those in the slots. See index_region.h. No state, no lock.
 */
#include <string.h>

#include "index_parts.h"
#include "keyed_relation.h"
#include "layouts/words.h"
#include "system.h"

#define POINTEE_BYTES 64u
#define WINDOWS_BYTES (RELATION_SAMPLES * sizeof(struct sampled_entry))
#define ALIGNED       8u /* columns begin at multiples */
_Static_assert(WINDOWS_BYTES + KEYED_ROOM <= LAYOUT_SCRATCH_BYTES, "the scratch holds both");

/* --- the key --- */

/* The first bytes of some entries' fields, of as many slots from all over the index. */
static uint32_t sample(const struct index_region *region, const struct index_column *column,
                       struct sampled_entry *entries)
{
    uint64_t step = region->numbers / RELATION_SAMPLES + 1, nth = 0;
    uint32_t count = 0;
    for (uint64_t slot = 0; slot < region->slots && count < RELATION_SAMPLES; slot++) {
        uint32_t number = region->index[slot];
        if (index_is_mark(number) || nth++ % step != 0)
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
    return count >= INDEX_LEAST_NUMBERS && hash_relation_find(&question, &region->relation);
}

static bool is_key(struct index_region *region, const struct index_column *column)
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
static bool nth_column(const struct index_region *region, unsigned nth, struct index_column *out)
{
    const bool are_rows = region->is_unnamed;
    const unsigned pointers = are_rows ? 0 : sizeof(region->words) / 8;
    const unsigned columns = are_rows ? 0 : region->per / 4 * 2;
    if (nth < pointers) {
        uint64_t word = word_u64(region->words, (size_t)nth * 8);
        *out =
            (struct index_column){.offset = word - region->block->address, .stride = 8, .bytes = 8};
    } else if (nth < pointers + columns) {
        uint32_t bytes = (nth - pointers) % 2 == 0 ? 8 : 4;
        uint64_t before = region->entries * ((nth - pointers) / 2 * 4);
        *out = (struct index_column){
            .offset = (before + ALIGNED - 1) / ALIGNED * ALIGNED, .stride = bytes, .bytes = bytes};
    } else if (nth == pointers + columns && region->per % 4 == 0) {
        uint32_t most = region->per < RELATION_WINDOW ? region->per : RELATION_WINDOW;
        *out =
            (struct index_column){.offset = region->header, .stride = region->per, .bytes = most};
    } else {
        return false;
    }
    uint64_t behind = (region->entries - 1) * out->stride + out->bytes;
    if (behind > region->start || out->offset > region->start - behind)
        out->bytes = 0;
    return true;
}

bool index_find_key(struct index_region *region)
{
    struct index_column column;
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
    if (!index_has_numbers(region))
        return false;
    for (uint64_t slot = 0; slot < region->slots; slot++) {
        uint32_t number = region->index[slot];
        if (index_is_mark(number))
            continue;
        while (!index_is_mark(number = word_u32(links, (size_t)number * stride))) {
            if (number >= region->entries || !index_note_once(region, number) ||
                (asked < MOST_ASKED && !is_home(region, number, slot)))
                return false;
            asked++;
            ++*seconds;
        }
    }
    return true;
}

/* The nth place where links of four bytes may lie: as fields do, or in each place of a row. */
static bool nth_links(const struct index_region *region, unsigned nth, struct index_column *out)
{
    unsigned rows = region->per % 4 == 0 ? region->per / 4 : 0;
    if (nth < rows)
        *out = (struct index_column){
            .offset = region->header + nth * 4ull, .stride = region->per, .bytes = 4};
    else if (!nth_column(region, nth - rows, out))
        return false;
    if (out->stride == 8 && nth >= rows)
        *out = (struct index_column){.offset = out->offset, .stride = 4, .bytes = 4};
    uint64_t behind = (region->entries - 1) * out->stride + 4;
    if (behind > region->start || out->offset > region->start - behind)
        out->bytes = 0;
    return true;
}

void index_find_links(struct index_region *region)
{
    size_t bytes = (size_t)region->start;
    unsigned char *fields = system_map(bytes);
    struct index_column column;
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
