/*
 * Counting the rows that were ever used: see index_rows.h. No state, no allocation.
 */
#include "index_rows.h"

#include "layouts/words.h"

#define MOST_HEADER 64u

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
