/*
 * Comparing the lengths of buckets: see growth_vectors.h. Runs inside the tracker, under no lock.
 */
#include "growth_vectors.h"

#include "bucket_vectors.h"
#include "growth_object.h"
#include "growth_scale.h"
#include "layouts/words.h"
#include "slot_profile.h"
#include "tables.h"

#define WINDOW_BYTES  3072u /* a multiple of every size of slot */
#define LEAST_VECTORS 8u    /* in the window */
#define LEAST_LIVE    256u
/* Of a hundred buckets that were not empty so many are not afterwards, at least: a vector of
 * vectors that was copied has as many. */
#define MORE_OCCUPIED 104u

/* Whether the words of the window are buckets of that size with a pointer at `column`: all of a
 * bucket is zero, or there is a pointer. */
static bool are_buckets(const unsigned char *window, uint32_t slot, uint32_t column)
{
    unsigned vectors = 0, empty = 0;
    for (size_t at = 0; at + slot <= WINDOW_BYTES; at += slot) {
        uint64_t pointer = word_u64(window, at + column);
        if (pointer != 0 && !slot_profile_is_pointer(pointer))
            return false;
        for (uint32_t word = 0; word < slot && pointer == 0; word += 8)
            if (word_u64(window, at + word) != 0)
                return false;
        vectors += pointer != 0;
        empty += pointer == 0;
    }
    return vectors >= LEAST_VECTORS && empty >= LEAST_VECTORS;
}

/* The size of the buckets, by a few in the middle of the array. */
static bool guess(const struct layout_view *view, const struct block *block,
                  struct slot_profile *profile)
{
    static const uint32_t slots[] = {24, 16, 32};
    unsigned char *window = view->scratch; /* too much for the stack of a small thread */
    for (unsigned i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        uint64_t header = block->bytes % slots[i];
        uint64_t middle = header + block->bytes / 2 / slots[i] * slots[i];
        if (header % 8 != 0 || header > 16 || block->bytes < middle + WINDOW_BYTES ||
            !layout_read(view, block->address + middle, window, WINDOW_BYTES))
            continue;
        for (uint32_t column = 0; column < slots[i]; column += 8) {
            if (!are_buckets(window, slots[i], column))
                continue;
            *profile = (struct slot_profile){.slot_bytes = slots[i],
                                             .header_bytes = (uint32_t)header,
                                             .column = column,
                                             .column_bytes = 8,
                                             .is_distinct = 1};
            return true;
        }
    }
    return false;
}

bool growth_vectors_link(struct registry *registry, struct scratch *scratch,
                         const struct array_record *old)
{
    struct array_record array;
    struct study study = {0};
    struct slot_profile *profile = &study.profile;
    struct comparison comparison = {.signature = SIGNATURE_SCATTERED};
    struct growth_link link = {.old = old, .array = &array, .comparison = &comparison, .unit = 8};
    struct block before = {.address = old->address, .bytes = old->bytes};
    uint64_t occupied, occupied_before, live_before;
    if (!growth_scale_candidate(registry, old, &link.index, &array) ||
        !guess(&scratch->view, &before, profile))
        return false;
    struct block now = {.address = array.address, .bytes = array.bytes};
    if (array.bytes % profile->slot_bytes != profile->header_bytes)
        return false;
    bucket_vectors_learn(&scratch->view, &now, profile);
    if (profile->length_kind == SLOT_LENGTH_NONE ||
        !bucket_vectors_count(&scratch->view, &before, profile, &live_before, &occupied_before) ||
        !bucket_vectors_count(&scratch->view, &now, profile, &study.live, &occupied) ||
        study.live != live_before || study.live < LEAST_LIVE ||
        occupied * 100 < occupied_before * MORE_OCCUPIED)
        return false;
    profile->array_sequence = (uint32_t)array.sequence;
    study.capacity = slot_profile_capacity(profile, array.bytes);
    study.evidence.live = study.live;
    study.evidence.occupied_ppm =
        (uint32_t)(study.live * 1000000 / slot_profile_capacity(profile, old->bytes));
    uint32_t table = tables_link(registry, old, link.index, &array, &study.evidence);
    if (table == 0)
        return false;
    tables_set_doubtful(registry, table, false);
    tables_set_profile(registry, table, profile);
    growth_object_counts(registry, scratch, table, &link, &study);
    growth_object_note(registry, scratch, table, old, &array);
    return true;
}
