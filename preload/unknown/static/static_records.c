/*
 * Slots that hold keys of several fields, or strings, hashed by the program's own code: see
 * static_search.h. No state, no allocation.
 *
 * No column of such slots names them, so the code is asked about the whole slots. That takes long,
 * so it is done in arrays alone that are nearly empty, of which static_sparse.c tells how large the
 * slots are.
 */
#include "key_text.h"
#include "own_hashes.h"
#include "own_meetings.h"
#include "static_search.h"

#define LEAST_BYTES 12u /* more than one number */
#define LEAST_SLOTS 64u

/* Of the columns that tell which slots are in use the first one whose words differ: what stands in
 * many slots is no entry, and the room of strings that are all as long does. */
static bool learn_column(struct static_search *search, const struct slot_shape *fit)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    const uint32_t header = fit->header_bytes % fit->slot_bytes;
    for (uint32_t columns = search->sparse_columns; glimpse && columns != 0;
         columns &= columns - 1) {
        uint32_t column = 4 * (uint32_t)__builtin_ctz(columns);
        if (search->pieces->stride == fit->slot_bytes && static_is_in_string(search, column))
            continue;
        search->shape = *fit;
        search->shape.column = (column + fit->slot_bytes - header) % fit->slot_bytes;
        if (slot_shape_learn(glimpse, search->block, &search->shape) && !search->shape.has_mark)
            return true;
    }
    return false;
}

/* An address, or what is left of one where the string's few letters follow upon its length
 * (glimpse_clear_own()). */
static bool leads_to_text(const unsigned char *slot, uint32_t address, uint32_t length)
{
    return word_u64(slot, address) == 0
               ? length == address + 8 && key_text_is_inside(slot, address, word_u64(slot, length))
               : layout_is_pointer(word_u64(slot, address), 1);
}

/* Whether all entries that are sampled have an address and a small number there. */
static bool have_string_at(const struct static_search *search, uint32_t address, uint32_t length)
{
    for (uint32_t i = 0; i < search->count; i++) {
        const unsigned char *slot = search->work->entries[i].bytes;
        if (!leads_to_text(slot, address, length) ||
            word_u64(slot, length) - 1 >= KEYED_TEXT_BYTES - 1)
            return false;
    }
    return true;
}

static bool have_strings(const struct static_search *search)
{
    for (uint32_t at = 0; at + 16 <= search->shape.slot_bytes; at += 8)
        if (have_string_at(search, at, at + 8) || have_string_at(search, at + 8, at))
            return true;
    return false;
}

/* The slots' bytes are copied from where they begin. */
static bool try_fit(struct static_search *search, const struct slot_shape *fit)
{
    return learn_column(search, fit) && static_sample(search, STATIC_FIRST_SAMPLE) &&
           (!search->is_string || have_strings(search)) && static_find_relation(search, true) &&
           static_sample(search, RELATION_SAMPLES) && static_find_relation(search, false);
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

/* Strings of which the slots have the addresses and the lengths, as in Rust. Led to by the address
 * alone such text ends anywhere, and code that loops over the length makes nothing of it. Names
 * that are numbers, in letters, are in the slots of those (tests/layouts/decoys/string_slots.c). */
bool static_try_strings(struct static_search *search)
{
    struct slot_shape fit = {
        .slot_bytes = search->sparse_bytes, .leads = LEADS_NOWHERE, .column_bytes = 4};
    if (search->sparse_bytes < 16 || search->sparse_bytes % 8 != 0 || search->may_be_buckets)
        return false;
    if (search->view->own_hashes)
        own_hashes_again(search->view->own_hashes);
    search->is_loose = search->no_own = search->no_keys = false;
    search->is_keyed = search->is_record = search->is_text = search->is_string = true;
    for (unsigned nth = 0; static_fit(search, nth, &fit); nth++)
        if (fit.capacity >= LEAST_SLOTS && try_fit(search, &fit) &&
            (!search->relation.is_own ||
             own_texts_meet(search->view, &search->relation, fit.capacity, search->work->entries,
                            search->count)))
            return true;
    search->is_record = search->is_text = search->is_string = false;
    return false;
}
