/*
 * Where the slots of a block end that its allocator rounded up, as the object says that points at
 * it. At a growth the object may still speak of the array before (growth_tail.h); at a snapshot it
 * does not. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_NAMED_END_H
#define HASHTRACK_NAMED_END_H

#include "layouts/layout.h"
#include "learnt.h"

/* The number of slots that a word beside the pointer names, where all slots behind it are empty, by
 * far more of them than by chance, and the last ones before it are not. 0: no word does. */
uint64_t named_end(const struct layout_view *view, const struct block *block,
                   const struct slot_profile *profile);

/* The one prime number of slots of which so many bytes are the size rounded up to a cache line. 0:
 * there is none, or there are two. */
uint64_t prime_in_line(const struct slot_profile *profile, uint64_t bytes);

/* Whether the block may have so many slots and less than a line of idle memory behind them: nobody
 * names all that there is room for, and nothing is there. */
bool named_end_may_be(const struct layout_view *view, const struct block *block,
                      const struct slot_profile *profile, uint64_t capacity);

/* Where the slots end that the object names, if these are more than the program asked for: as many
 * as fill what glibc's malloc really gave, which malloc_usable_size tells. In bytes, from the
 * block's beginning on; the block's own number where no word says so. */
uint64_t named_end_usable(const struct layout_view *view, const struct block *block,
                          const struct slot_profile *profile);

#endif
