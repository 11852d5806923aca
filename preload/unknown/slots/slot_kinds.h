/*
 * Words that were taken for slots, and are parts of larger ones.
 *
 * The words of a bucket of several hashes and pointers move to any place of another bucket when the
 * table grows, so that each word looks like a slot. But slots of one word hold one kind of thing:
 * where at some places of each so many bytes there are addresses, and at others never, or always
 * something and at others not, words are no entries, and their number says nothing of those but
 * that they are fewer.
 */
#ifndef HASHTRACK_SLOT_KINDS_H
#define HASHTRACK_SLOT_KINDS_H

#include <stddef.h>

#include "layouts/layout.h"
#include "learnt.h"

/* Whether slots of one word, as the profile has them, are such parts, by a piece of the array that
 * begins with a whole word of 8 bytes. */
bool slot_kinds_differ(const unsigned char *words, size_t bytes,
                       const struct slot_profile *profile);

/* Whether what was read is nothing but the number of such words. */
static inline bool slot_kinds_are_counted(const struct slot_profile *profile,
                                          const struct table_reading *reading)
{
    return profile->is_of_parts && !profile->is_chained &&
           reading->slot_bytes == profile->slot_bytes && !(reading->flags & DUMP_TABLE_COUNTED);
}

#endif
