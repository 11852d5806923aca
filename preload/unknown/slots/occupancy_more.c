/*
 * A second array of an unknown table: more of its slots, or what belongs to those of the first. See
 * occupancy.h.
 */
#include "occupancy.h"

#include "layouts/words.h"
#include "slot_profile.h"

/* Slots that are compared, at most: slots of two arrays that are in use by chance, at a load of a
 * half, are so in nine of ten of 64 places once in 10^11. */
#define PARALLEL_OCCUPIED 64u
#define PARALLEL_EMPTY    256u /* more, for a table that is hardly used has most of them */
#define PARALLEL_BYTES    64u  /* of a slot that are asked whether they hold anything */

/* What slots of the one array say of those at the same places of the other. */
struct places_compared {
    unsigned occupied, both; /* of the first, and of both, by the column */
    unsigned filled;         /* of these, those of the second that hold anything at all */
    unsigned empty, empty_filled;
};

/* The values of keys in an array beside them are nothing by the column of the keys where a double
 * with few digits has zeros, and yet something wherever the keys are, and there alone. */
static bool are_parallel(const struct places_compared *places)
{
    return places->both * 10 >= places->occupied * 9 ||
           (places->occupied >= PARALLEL_OCCUPIED / 4 && places->empty >= PARALLEL_EMPTY / 4 &&
            places->filled * 10 >= places->occupied * 9 &&
            places->empty_filled * 10 <= places->empty);
}

static bool is_parallel(struct layout_view *view, const struct block *a, const struct block *b,
                        const struct slot_profile *profile)
{
    unsigned char slot[PARALLEL_BYTES];
    uint64_t capacity = slot_profile_capacity(profile, a->bytes);
    uint64_t step = capacity / 65536 + 1;
    uint32_t bytes = profile->slot_bytes < sizeof(slot) ? profile->slot_bytes : sizeof(slot);
    struct places_compared places = {0};
    for (uint64_t nth = 0; nth < capacity && places.occupied < PARALLEL_OCCUPIED; nth += step) {
        uint64_t start = profile->header_bytes + nth * profile->slot_bytes;
        uint64_t first = 0, second = 0;
        if (!layout_read(view, a->address + start + profile->column, &first,
                         profile->column_bytes) ||
            !layout_read(view, b->address + start + profile->column, &second,
                         profile->column_bytes) ||
            !layout_read(view, b->address + start, slot, bytes))
            return false;
        bool is_filled = !bytes_are_zero(slot, bytes);
        if (!slot_profile_is_empty(profile, first)) {
            places.occupied++;
            places.both += !slot_profile_is_empty(profile, second);
            places.filled += is_filled;
        } else if (places.empty < PARALLEL_EMPTY) {
            places.empty++;
            places.empty_filled += is_filled;
        }
    }
    return are_parallel(&places);
}

/* Places of the array that are looked at for slots in use: under a free, when the thread waits, so
 * many fewer. */
#define MOST_LOOKED  65536u
#define MOST_HURRIED 1024u
/* Slots in use that tell, and how many must be found for it. */
#define SAMPLED_SLOTS 64u
#define LEAST_SAMPLED 16u

/* How many of some occupied slots hold an address. */
static unsigned count_addresses(struct layout_view *view, const struct block *block,
                                const struct slot_profile *profile, unsigned *occupied)
{
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    uint64_t step = capacity / (view->is_hurried ? MOST_HURRIED : MOST_LOOKED) + 1;
    unsigned addresses = 0;
    *occupied = 0;
    for (uint64_t slot = 0; slot < capacity && *occupied < SAMPLED_SLOTS; slot += step) {
        uint64_t offset = profile->header_bytes + slot * profile->slot_bytes + profile->column;
        uint64_t word = 0;
        if (!layout_read(view, block->address + offset, &word, profile->column_bytes) ||
            slot_profile_is_empty(profile, word))
            continue;
        ++*occupied;
        addresses += slot_profile_is_pointer(word);
    }
    return addresses;
}

/* Whether the slots of the one hold addresses, but for marks, and few of the other do: that is what
 * the entries of the first are made of, not more slots. */
static bool are_of_other_kind(struct layout_view *view, const struct block *first,
                              const struct block *more, const struct slot_profile *profile)
{
    unsigned occupied, others;
    if (profile->column_bytes != 8)
        return false;
    unsigned addresses = count_addresses(view, first, profile, &occupied);
    if (occupied < LEAST_SAMPLED || addresses * 10 < occupied * 9)
        return false;
    addresses = count_addresses(view, more, profile, &others);
    return others >= LEAST_SAMPLED && addresses < others / 2;
}

bool occupancy_read_more(struct layout_view *view, const struct block *first,
                         const struct block *more, const struct slot_profile *profile,
                         struct table_reading *reading)
{
    struct table_reading second = {0};
    if (more->bytes != first->bytes || is_parallel(view, first, more, profile) ||
        are_of_other_kind(view, first, more, profile) ||
        !occupancy_read(view, more, profile, 0, &second))
        return false;
    reading->capacity += second.capacity;
    reading->live += second.live;
    reading->live_error += second.live_error;
    reading->tombstones += second.tombstones;
    reading->known &= second.known;
    return true;
}
