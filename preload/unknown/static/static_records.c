/*
 * Slots that hold keys of several fields, hashed by the program's own code: see static_search.h. No
 * state, no allocation.
 *
 * No column of such slots names them, so the code is asked about the whole slots. That takes long,
 * so it is done in arrays alone that are nearly empty, of which static_sparse.c tells how large the
 * slots are.
 */
#include "static_search.h"

#define LEAST_BYTES 12u /* more than one number */

bool static_try_records(struct static_search *search)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    if (search->sparse_bytes < LEAST_BYTES || !search->view->own_hashes)
        return false;
    search->shape = (struct slot_shape){.slot_bytes = search->sparse_bytes,
                                        .leads = LEADS_NOWHERE,
                                        .column = search->sparse_column,
                                        .column_bytes = 4,
                                        .capacity = search->block->bytes / search->sparse_bytes};
    search->is_text = search->is_loose = false;
    search->is_keyed = search->is_record = true;
    bool is_found = glimpse && slot_shape_learn(glimpse, search->block, &search->shape) &&
                    !search->shape.has_mark && static_sample(search, STATIC_FIRST_SAMPLE) &&
                    static_try_fits(search);
    search->is_record = is_found;
    return is_found;
}
