/*
 * Lists behind an object in each bucket: see bucket_lists.h. No state, no lock, no allocation;
 * every walk is bounded.
 */
#include "bucket_lists.h"

#include <string.h>

#include "slot_profile.h"

/* Lists that are followed, at most and at least: the mean of so many lengths is off by
 * 3 and 5 %, at one entry a bucket. */
#define LISTS        256u
#define LEAST_LISTS  128u
#define LEAST_LONGER 16u /* than one entry: the others are the same by all links */
#define MOST_LENGTH  24u /* entries of one list: what is longer hangs from no hash's bucket */
#define OBJECT_WORDS 6u  /* of a list's object, from its beginning on */
#define OBJECT_BYTES (8 * OBJECT_WORDS)
#define MOST_LINK    64u   /* offset of the link in an entry: the first cache line */
#define MOST_BEGUN   4096u /* slots that are looked at for so many lists */

/* Of 256 lists by chance the mean is 2 % off at a load of one, the part of single ones 3 %. */
#define MOST_MEAN_OFF   0.10
#define MOST_SINGLE_OFF 0.12

/* The lists that are looked at: their objects' addresses, and what stands in them. */
struct list_sample {
    uint64_t objects[LISTS][OBJECT_WORDS];
    unsigned lists;
    double occupied; /* part of the buckets that were looked at */
};
_Static_assert(sizeof(struct list_sample) <= LAYOUT_SCRATCH_BYTES, "the view's scratch holds it");

/* How its object may lead to a list. */
struct way {
    uint32_t first, link; /* of the first entry in the object, of the next one in an entry */
    uint32_t last, count; /* bits: words that name the last entry, numbers that count them */
};

static void take_sample(const struct layout_view *view, const struct block *block,
                        const struct slot_profile *profile, struct list_sample *sample)
{
    uint64_t slots = slot_profile_capacity(profile, block->bytes), looked = 0;
    uint64_t step = slots / MOST_BEGUN + 1, in_use = 0;
    sample->lists = 0;
    for (uint64_t slot = 0; slot < slots && sample->lists < LISTS; slot += step) {
        uint64_t word = 0, place = block->address + profile->header_bytes;
        place += slot * profile->slot_bytes + profile->column;
        if (!layout_read_u64(view, place, &word))
            break;
        looked++;
        if (slot_profile_is_empty(profile, word))
            continue;
        in_use++;
        if (!slot_profile_is_pointer(word) ||
            !layout_read(view, word, sample->objects[sample->lists], OBJECT_BYTES))
            break;
        sample->lists++;
    }
    sample->occupied = looked > 0 ? (double)in_use / (double)looked : 0;
}

/* Whether it ends within so many; sets the last entry (0: none). */
static bool follow(const struct layout_view *view, uint64_t entry, uint32_t link, unsigned *length,
                   uint64_t *last)
{
    *length = 0;
    *last = 0;
    while (entry != 0) {
        if (*length == MOST_LENGTH || !slot_profile_is_pointer(entry))
            return false;
        *last = entry;
        ++*length;
        if (!layout_read_u64(view, entry + link, &entry))
            return false;
    }
    return true;
}

/* Keeps the words of the object that say the last entry, and those that say how many they are: of
 * eight bytes, or of four. */
static void keep_right(const uint64_t *object, unsigned length, uint64_t last, struct way *way)
{
    for (uint32_t i = 0; i < OBJECT_WORDS; i++) {
        uint32_t low = (uint32_t)object[i], high = (uint32_t)(object[i] >> 32);
        if (object[i] != last)
            way->last &= ~(1u << i);
        if (low != length)
            way->count &= ~(1u << 2 * i);
        if (high != length)
            way->count &= ~(2u << 2 * i);
    }
}

static enum bucket_lists try_way(const struct layout_view *view, const struct list_sample *sample,
                                 struct way *way)
{
    unsigned single = 0, longer = 0, sum = 0, in_use = 0;
    uint64_t before = 0;
    bool is_empty = false;
    way->last = ((1u << OBJECT_WORDS) - 1) & ~(1u << way->first);
    way->count = (1u << 2 * OBJECT_WORDS) - 1;
    for (unsigned i = 0; i < sample->lists; i++) {
        unsigned length;
        uint64_t last;
        if (!follow(view, sample->objects[i][way->first], way->link, &length, &last))
            return BUCKET_LISTS_NONE;
        keep_right(sample->objects[i], length, last, way);
        /* What all lead to, and so end at, is no list of theirs. */
        if (length > 0 && last == before)
            return BUCKET_LISTS_NONE;
        is_empty |= length == 0;
        if (way->last == 0 && way->count == 0 && is_empty)
            return BUCKET_LISTS_NONE;
        before = last;
        in_use += length > 0;
        single += length == 1;
        longer += length > 1;
        sum += length;
    }
    if (in_use < LEAST_LISTS || longer < LEAST_LONGER)
        return BUCKET_LISTS_NONE;
    /* Of balls thrown into buckets: l / (1 - e^-l) in those that are in use, and l e^-l of them
     * alone. */
    double used = sample->occupied * in_use / sample->lists, empty = 1 - used;
    if (used >= 0.99)
        return BUCKET_LISTS_NONE;
    double load = -slot_profile_log(empty), mean = load / used, alone = load * empty / used;
    double mean_off = (double)sum / in_use / mean - 1, alone_off = (double)single / in_use - alone;
    if (mean_off > MOST_MEAN_OFF || mean_off < -MOST_MEAN_OFF || alone_off > MOST_SINGLE_OFF ||
        alone_off < -MOST_SINGLE_OFF)
        return BUCKET_LISTS_NONE;
    return way->last == 0 && way->count == 0 ? BUCKET_LISTS_LIKELY : BUCKET_LISTS_PROVEN;
}

enum bucket_lists bucket_lists_learn(const struct layout_view *view, const struct block *block,
                                     struct slot_profile *profile)
{
    struct list_sample *sample = (struct list_sample *)view->scratch;
    enum bucket_lists found = BUCKET_LISTS_NONE;
    if (profile->column_bytes != 8 || profile->slot_bytes != 8 || !profile->is_distinct ||
        profile->mark != SLOT_MARK_NONE)
        return BUCKET_LISTS_NONE;
    take_sample(view, block, profile, sample);
    if (sample->lists < LEAST_LISTS)
        return BUCKET_LISTS_NONE;
    for (uint32_t first = 0; first < OBJECT_WORDS; first++)
        for (uint32_t link = 0; link < MOST_LINK; link += 8) {
            struct way way = {.first = first, .link = link};
            enum bucket_lists as = try_way(view, sample, &way);
            found = as > found ? as : found;
            if (as != BUCKET_LISTS_PROVEN)
                continue;
            profile->is_chained = 1;
            profile->is_indexed = 0;
            profile->last_offset = 0;
            profile->chain_offset = link;
            profile->list_offset = 8 * first + 1;
            return as;
        }
    return found;
}
