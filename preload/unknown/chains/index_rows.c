/*
 * Counting the rows that were ever used: see index_rows.h. No state, no allocation.
 */
#include "index_rows.h"

#include <string.h>

#include "layouts/words.h"
#include "slot_profile.h"

#define MOST_HEADER 64u /* of the block, in which the rows are counted */
/* Standard ones, from the entries that a hash hangs behind so many heads. */
#define MOST_DEVIATION 6u
/* Rows whose slot another one names, too: fewer may be stale ids. */
#define LEAST_MET 64u

struct used_rows {
    const struct hash_relation *relation;
    uint32_t bytes;
    uint64_t used;
};

static bool count_rows(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct used_rows *rows = context;
    (void)offset;
    for (size_t at = 0; at + rows->bytes <= bytes; at += rows->bytes)
        rows->used += hash_relation_field(rows->relation, piece + at) != 0;
    return true;
}

uint64_t index_rows_used(const struct layout_view *view, const struct index_rows *rows,
                         const struct hash_relation *relation)
{
    unsigned char header[MOST_HEADER];
    struct used_rows seen = {.relation = relation, .bytes = rows->bytes};
    const struct block *front = &rows->header;
    if ((relation->width != 4 && relation->width != 8) || front->bytes > sizeof(header) ||
        relation->offset + relation->width > rows->bytes ||
        !layout_read(view, front->address, header, front->bytes) ||
        !layout_scan(view, front->address + front->bytes, rows->count * rows->bytes, rows->bytes,
                     count_rows, &seen))
        return 0;
    for (uint32_t at = 0; at + 4 <= front->bytes; at += 4)
        if (word_u32(header, at) == seen.used)
            return seen.used;
    return 0;
}

struct named_slots {
    const struct layout_view *view;
    const struct hash_relation *relation;
    uint32_t bytes;
    uint64_t slots, used, named;
    uint64_t *seen;
};

static bool name_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct named_slots *named = context;
    (void)offset;
    for (size_t at = 0; at + named->bytes <= bytes; at += named->bytes) {
        unsigned char window[RELATION_WINDOW] = {0};
        if (hash_relation_field(named->relation, piece + at) == 0)
            continue;
        memcpy(window, piece + at, named->bytes < sizeof(window) ? named->bytes : sizeof(window));
        uint64_t slot = hash_relation_home(named->view, named->relation, named->slots, window);
        if (slot >= named->slots)
            return false;
        named->used++;
        named->named += !(named->seen[slot / 64] >> slot % 64 & 1);
        named->seen[slot / 64] |= 1ull << slot % 64;
    }
    return true;
}

bool index_rows_hang_by_chance(uint64_t named, uint64_t slots, uint64_t rows)
{
    uint64_t by_chance, error;
    if (named >= slots)
        return false;
    slot_profile_chained_live(named, slots, &by_chance, &error);
    uint64_t off = by_chance > rows ? by_chance - rows : rows - by_chance;
    return off <= MOST_DEVIATION * (error + 1);
}

bool index_rows_have_met(const struct layout_view *view, const struct index_rows *rows,
                         const struct hash_relation *relation, uint64_t slots, uint64_t *seen)
{
    struct named_slots named = {
        .view = view, .relation = relation, .bytes = rows->bytes, .slots = slots, .seen = seen};
    memset(seen, 0, (slots + 63) / 64 * sizeof(*seen));
    if (relation->key != RELATION_FIELD || (relation->width != 4 && relation->width != 8) ||
        relation->offset + relation->width > rows->bytes ||
        !layout_scan(view, rows->header.address + rows->header.bytes, rows->count * rows->bytes,
                     rows->bytes, name_slots, &named) ||
        named.used < named.named + LEAST_MET)
        return false;
    return index_rows_hang_by_chance(named.named, slots, named.used);
}
