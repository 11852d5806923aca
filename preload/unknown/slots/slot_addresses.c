/*
 * Columns that were taken for halves of words: see slot_addresses.h. No state, no allocation.
 */
#include "slot_addresses.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define WIDENED_LEAST 32u /* addresses */

struct halves {
    const struct slot_profile *profile;
    uint32_t addresses;
};

static bool count_addresses(const unsigned char *piece, size_t bytes, uint64_t offset,
                            void *context)
{
    struct halves *halves = context;
    const struct slot_profile *profile = halves->profile;
    (void)offset;
    for (size_t at = profile->column; at + 8 <= bytes; at += profile->slot_bytes) {
        uint64_t word = word_u64(piece, at);
        if (word != 0 && !slot_profile_is_pointer(word))
            return false;
        halves->addresses += word != 0;
    }
    return true;
}

void slot_addresses_widen(const struct layout_view *view, const struct block *block,
                          struct slot_profile *profile)
{
    struct halves halves = {.profile = profile};
    uint64_t slots = slot_profile_capacity(profile, block->bytes);
    if (profile->column_bytes != 4 || profile->column % 8 != 0 || profile->slot_bytes % 8 != 0 ||
        profile->empty_value != 0 || profile->mark != SLOT_MARK_NONE ||
        profile->header_bytes % 8 != 0 ||
        !layout_scan(view, block->address + profile->header_bytes, slots * profile->slot_bytes,
                     profile->slot_bytes, count_addresses, &halves) ||
        halves.addresses < WIDENED_LEAST)
        return;
    uint32_t distinct = 0;
    for (uint32_t word = 0; word < 16; word++)
        distinct |= (profile->distinct_columns >> 2 * word & 1) << word;
    profile->distinct_columns = distinct;
    profile->column_bytes = 8;
}
