/*
 * Rows behind a header, in the order in which they came: what is erased stays where it was, out of
 * all lists. Rows that nothing was put in have no hash, and the header counts the others.
 */
#ifndef HASHTRACK_INDEX_ROWS_H
#define HASHTRACK_INDEX_ROWS_H

#include "hash_relation.h"
#include "layouts/layout.h"

struct index_rows {
    struct block header; /* which the rows are behind */
    uint64_t count;
    uint32_t bytes; /* of a row */
};

/* How many rows have a hash, or key, where the relation says that it is; 0 where no word of the
 * header is just that number. Uses the view's scratch. */
uint64_t index_rows_used(const struct layout_view *view, const struct index_rows *rows,
                         const struct hash_relation *relation);

#endif
