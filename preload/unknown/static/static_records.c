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
#define LEAST_SLOTS 64u

/* The slots' bytes are copied from where they begin. */
static bool try_fit(struct static_search *search, const struct slot_shape *fit)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    search->shape = *fit;
    search->shape.column =
        (search->sparse_column + fit->slot_bytes - fit->header_bytes % fit->slot_bytes) %
        fit->slot_bytes;
    return glimpse && slot_shape_learn(glimpse, search->block, &search->shape) &&
           !search->shape.has_mark && static_sample(search, STATIC_FIRST_SAMPLE) &&
           static_find_relation(search, true) && static_sample(search, RELATION_SAMPLES) &&
           static_find_relation(search, false);
}

bool static_try_records(struct static_search *search)
{
    struct slot_shape fit = {
        .slot_bytes = search->sparse_bytes, .leads = LEADS_NOWHERE, .column_bytes = 4};
    if (search->sparse_bytes < LEAST_BYTES || search->may_be_buckets || !search->view->own_hashes)
        return false;
    search->is_text = search->is_loose = search->no_own = search->no_keys = false;
    search->is_keyed = search->is_record = true;
    for (unsigned nth = 0; static_fit(search, nth, &fit); nth++)
        if (fit.capacity >= LEAST_SLOTS && try_fit(search, &fit))
            return true;
    search->is_record = false;
    return false;
}
