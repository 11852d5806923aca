/*
 * What each column of an unknown table's slots says of how many are live.
 *
 * Keys are unique. So a word that stands in very many slots is no key, and in the column of the
 * keys, or of the addresses of entries, it marks slots that are free or deleted, whatever else was
 * left in them. Which of several columns that differed from entry to entry at the growth is the
 * keys', the slots do not tell: the values may all have become the same. Works through a memory
 * reader; no state, no lock.
 */
#ifndef HASHTRACK_SLOT_COLUMNS_H
#define HASHTRACK_SLOT_COLUMNS_H

#include "layouts/layout.h"
#include "learnt.h"

struct slot_columns {
    uint64_t fewest, most; /* slots that hold a word of their own, by the columns */
};

/* False when the slots have no such columns, or cannot be read. Where by a sample all agree with
 * the `occupied` slots these are the answer. */
bool slot_columns_read(struct layout_view *view, const struct block *block,
                       const struct slot_profile *profile, uint64_t occupied,
                       struct slot_columns *out);

/* The same of the halves of columns of 8 bytes that are neither addresses nor numbers: an entry's
 * hash and its number, say, of which one is left when the other says that it was erased. Nothing is
 * known of a half by itself, so that its count must be borne out. False where there is no such
 * column. */
bool slot_columns_read_halves(struct layout_view *view, const struct block *block,
                              const struct slot_profile *profile, uint64_t occupied,
                              struct slot_columns *out);

/* The reading as it would be if the column with the fewest were that of the keys. False where they
 * are not far fewer. */
bool slot_columns_suppose(const struct slot_columns *columns, const struct table_reading *reading,
                          struct table_reading *few);

/* Whether the table's own count says so: of several words that may be it, one of the slots in use
 * can stand beside it. */
bool slot_columns_bear_out(const struct slot_columns *columns, const struct table_reading *counted);

#endif
