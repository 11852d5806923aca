/*
 * Growths of tables whose buckets are vectors, when the entries are put into new vectors: then no
 * word of the old array is found in the new one. But the lengths tell: both arrays hold just as
 * many entries, and in the new one they lie as a hash throws them, over more buckets than before.
 */
#ifndef HASHTRACK_GROWTH_VECTORS_H
#define HASHTRACK_GROWTH_VECTORS_H

#include "growth_link.h"

/* Links the array to a larger one of the same call with as many entries in its vectors. */
bool growth_vectors_link(struct registry *registry, struct scratch *scratch,
                         const struct array_record *old);

#endif
