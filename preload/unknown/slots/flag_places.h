/*
 * Where the flags of an array's slots may begin, by the words around the pointer to it, and how
 * many of them say that their slot is live. For flag_regions.c and flag_regions_read.c.
 */
#ifndef HASHTRACK_FLAG_PLACES_H
#define HASHTRACK_FLAG_PLACES_H

#include "flag_regions.h"
#include "table_scale_words.h"

struct flag_look {
    const struct layout_view *view;
    const struct object_window *window;
    const struct block *array;
    const unsigned char *front; /* the array's first FLAG_FRONT_BYTES; NULL: not read */
};

static inline bool flag_is_hash(enum flag_unit unit)
{
    return unit == FLAG_HASH_4 || unit == FLAG_HASH_8;
}

/* Address of the first flag; 0 where there can be none. */
uint64_t flag_start_of(const struct flag_look *look, enum flag_base base, int16_t pointer_offset,
                       enum flag_unit unit, uint64_t slots);

/* Where the buckets begin: at the pointer, unless that leads somewhere else; behind a header. 0:
 * nowhere. */
uint64_t flag_buckets_of(const struct flag_look *look, uint64_t buckets, uint32_t *bucket_bytes);

/* The number of slots that a way names and that of its flags which say live; or false. */
bool flag_way_count(const struct flag_look *look, const struct flag_way *way, uint64_t *slots,
                    uint64_t *number);

#endif
