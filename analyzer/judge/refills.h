/*
 * Whether a table that is nearly empty fills again: one that is swept and filled every minute needs
 * its room again, and a smaller one would only grow back. Known from readings alone, so only of
 * programs that were looked at while they ran.
 */
#ifndef HASHTRACK_REFILLS_H
#define HASHTRACK_REFILLS_H

#include "dump_reader.h"

struct refills {
    unsigned times;   /* it was read hollow, and later no more, in an array of the same capacity */
    uint64_t last_ms; /* when it was last read full again */
};

/* `hollow_below` is the load below which a reading counts as hollow. The first filling of an array
 * that was reserved is none. */
struct refills refills_of(const struct dump *dump, const struct dump_table *table,
                          double hollow_below);

#endif
