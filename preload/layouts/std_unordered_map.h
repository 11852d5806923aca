/* Which of two libraries a container of the standard library is of, where both look the same. */
#ifndef HASHTRACK_STD_UNORDERED_MAP_H
#define HASHTRACK_STD_UNORDERED_MAP_H

#include "std_buckets.h"

/* Whether a block of so many bytes can be an array of libstdc++'s. */
bool std_unordered_map_has_size(uint64_t block_bytes);

/* Whether nothing says that this container, which owns the block, is not libstdc++'s. libc++'s has
 * the same words in the same places, but its number of buckets is seldom one of libstdc++'s list.
 */
bool std_unordered_map_claims(const struct layout_view *view, const struct block *block,
                              const struct std_container *container);

#endif
