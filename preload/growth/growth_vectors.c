/*
 * Comparing the lengths of buckets: see growth_vectors.h. Runs inside the tracker, under no lock.
 */
#include "growth_vectors.h"

#include "bucket_vectors.h"
#include "early_growth.h"
#include "growth_object.h"
#include "growth_scale.h"
#include "layouts/words.h"
#include "slot_profile.h"
#include "tables.h"

#define WINDOW_BYTES  3072u /* a multiple of every size of slot */
#define LEAST_VECTORS 8u    /* in the window */
#define LEAST_LIVE    256u  /* a smaller number is the same in both arrays by chance */
/* Of a hundred buckets that were not empty so many are not afterwards, at least: a vector of
 * vectors that was copied has as many. */
#define MORE_OCCUPIED 104u

/* Tables of vectors have grown by a fifth. */
#define LEAST_MORE 5u

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

/* The size of the buckets, by a few in the middle of the new array: the old one may be full. */
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

/* --- keys that lie more evenly than by chance --- */

#define COLUMNS     8u
#define MOST_LENGTH 255u /* hashes have the same sum in both arrays as well */

/* What the buckets of an array hold. */
struct tally {
    const struct slot_profile *profile;
    uint64_t old_slots; /* of the array that was left: those behind them are new */
    uint64_t seen, occupied, in_new;
    bool wrong[COLUMNS]; /* of four bytes: no length */
    uint64_t sum[COLUMNS];
};

static bool tally_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct tally *tally = context;
    const struct slot_profile *profile = tally->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes; at += profile->slot_bytes) {
        bool is_occupied = word_u64(piece, at + profile->column) != profile->empty_value;
        for (uint32_t nth = 0; nth < profile->slot_bytes / 4; nth++) {
            uint32_t number = word_u32(piece, at + 4 * nth);
            tally->wrong[nth] =
                tally->wrong[nth] || (number != 0) != is_occupied || number > MOST_LENGTH;
            tally->sum[nth] += number;
        }
        tally->occupied += is_occupied;
        tally->in_new += is_occupied && tally->seen >= tally->old_slots;
        tally->seen++;
    }
    return true;
}

static bool tally_array(const struct layout_view *view, const struct block *block,
                        struct tally *tally)
{
    const struct slot_profile *profile = tally->profile;
    return layout_scan(view, block->address + profile->header_bytes,
                       slot_profile_capacity(profile, block->bytes) * profile->slot_bytes,
                       profile->slot_bytes, tally_piece, tally);
}

#define LOOKS         8u
#define MOVED_PART    10u     /* one bucket in so many has changed */
#define NEW_SHARE_PPM 800000u /* of what is expected in the new buckets, at least */

/* Whether buckets that were in use are not any more, all over the array: rows that were copied stay
 * where they were. */
static bool are_moved(const struct layout_view *view, const struct block *before,
                      const struct block *now, const struct slot_profile *profile, uint64_t slots)
{
    unsigned char *old = view->scratch, *new = view->scratch + WINDOW_BYTES;
    uint64_t changed = 0, occupied = 0, in_window = WINDOW_BYTES / profile->slot_bytes;
    if (slots < in_window)
        return false;
    for (uint64_t look = 0; look < LOOKS; look++) {
        uint64_t at =
            profile->header_bytes + (slots - in_window) / LOOKS * look * profile->slot_bytes;
        if (!layout_read(view, before->address + at, old, WINDOW_BYTES) ||
            !layout_read(view, now->address + at, new, WINDOW_BYTES))
            return false;
        for (uint64_t i = profile->column; i < WINDOW_BYTES; i += profile->slot_bytes) {
            bool was = word_u64(old, i) != profile->empty_value;
            occupied += was;
            changed += was && word_u64(new, i) == profile->empty_value;
        }
    }
    return changed * MOVED_PART >= occupied && occupied > 0;
}

/* Whether both arrays hold as many entries by some column, and a hash has put them elsewhere: they
 * lie in the buckets that are new as in the others. Sets `live`, by the smallest sum: of several
 * columns one is the room. */
static bool have_as_many(const struct layout_view *view, const struct block *before,
                         const struct block *now, const struct slot_profile *profile,
                         uint64_t *live)
{
    uint64_t slots = slot_profile_capacity(profile, before->bytes);
    struct tally old = {.profile = profile, .old_slots = slots}, new = old;
    if (!tally_array(view, before, &old) || !tally_array(view, now, &new) || new.seen <= slots)
        return false;
    double share = (double)new.in_new / (double)(new.seen - slots);
    double expected = (double)new.occupied / (double)new.seen;
    *live = 0;
    for (uint32_t nth = 0; nth < profile->slot_bytes / 4; nth++)
        if (nth / 2 != profile->column / 8 && !old.wrong[nth] && !new.wrong[nth] &&
            old.sum[nth] == new.sum[nth] && (*live == 0 || old.sum[nth] < *live))
            *live = old.sum[nth];
    bool is_fuller = new.occupied >= old.occupied;
    return *live >= LEAST_LIVE && share * 1e6 >= expected * NEW_SHARE_PPM && is_fuller &&
           are_moved(view, before, now, profile, slots);
}

/* --- all together --- */

/* Where they lie as by chance, their sum is what so many empty buckets let expect. */
static bool are_as_expected(const struct layout_view *view, const struct block *before,
                            const struct block *now, struct slot_profile *profile, uint64_t *live)
{
    uint64_t occupied, occupied_before, live_before;
    bucket_vectors_learn(view, now, profile);
    bool are_expected =
        profile->length_kind != SLOT_LENGTH_NONE &&
        bucket_vectors_count(view, before, profile, &live_before, &occupied_before) &&
        bucket_vectors_count(view, now, profile, live, &occupied) && *live == live_before &&
        *live >= LEAST_LIVE && occupied * 100 >= occupied_before * MORE_OCCUPIED;
    if (!are_expected)
        profile->length_kind = SLOT_LENGTH_NONE;
    return are_expected;
}

bool growth_vectors_link(struct registry *registry, struct scratch *scratch,
                         const struct array_record *old)
{
    struct array_record array;
    struct study study = {0};
    struct slot_profile *profile = &study.profile;
    struct comparison comparison = {.signature = SIGNATURE_SCATTERED};
    struct growth_link link = {.old = old, .array = &array, .comparison = &comparison, .unit = 8};
    const struct layout_view *view = &scratch->view;
    struct block before = {.address = old->address, .bytes = old->bytes}, now;
    struct table_record record = {0};
    if (!growth_scale_candidate(registry, old, old->bytes + old->bytes / LEAST_MORE, &link.index,
                                &array))
        return false;
    now = (struct block){.address = array.address, .bytes = array.bytes};
    if (!guess(view, &now, profile) || old->bytes % profile->slot_bytes != profile->header_bytes)
        return false;
    bool is_expected = are_as_expected(view, &before, &now, profile, &study.live);
    if (!is_expected && !have_as_many(view, &before, &now, profile, &study.live))
        return false;
    profile->array_sequence = (uint32_t)array.sequence;
    study.capacity = slot_profile_capacity(profile, array.bytes);
    study.evidence.live = study.live;
    study.evidence.occupied_ppm =
        (uint32_t)(study.live * 1000000 / slot_profile_capacity(profile, old->bytes));
    uint32_t table = tables_resolve(registry, old->table);
    tables_get(registry, table, &record);
    bool is_doubtful = !is_expected && (table == 0 || tables_is_doubtful(registry, table)) &&
                       record.growths + 1 < EARLY_GROWTHS_PROVE;
    table = tables_link(registry, old, link.index, &array, &study.evidence);
    if (table == 0)
        return false;
    tables_set_doubtful(registry, table, is_doubtful);
    tables_set_profile(registry, table, profile);
    growth_object_counts(registry, scratch, table, &link, &study);
    growth_object_note(registry, scratch, table, old, &array);
    return true;
}
