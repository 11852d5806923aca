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

/* Whether a hash would have made so many rows name so many of the slots: within six standard
 * errors. */
bool index_rows_hang_by_chance(uint64_t named, uint64_t slots, uint64_t rows);

/* Whether the rows that were ever used name as many of the slots as a hash would have made them:
 * ids of a sparse set name one each. `seen` has a bit for each slot. False where too few would have
 * met to tell. Uses the view's scratch. */
bool index_rows_have_met(const struct layout_view *view, const struct index_rows *rows,
                         const struct hash_relation *relation, uint64_t slots, uint64_t *seen);

#endif
