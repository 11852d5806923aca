/*
 * The tables of Abseil and of phmap, which began as a copy of them: one block of control bytes and
 * slots behind a small object. What they are called and how they are shrunk is in absl_hash.c and
 * phmap_hash.c.
 */
#ifndef HASHTRACK_LAYOUT_ABSL_TABLE_H
#define HASHTRACK_LAYOUT_ABSL_TABLE_H

#include "layout.h"

/* The same memory goes by two names here: gtl's tables lie like Abseil's of 2021, those of Abseil
 * 2019-08 to 2020-09 like phmap's. */
enum absl_family { ABSL_FAMILY_ABSL, ABSL_FAMILY_PHMAP };

enum absl_slots {
    ABSL_SLOTS_VALUES,
    ABSL_SLOTS_MAYBE_NODES, /* 8 bytes, and nothing in them but addresses of heap blocks */
};

bool absl_table_recognise(struct layout_view *view, const struct block *block,
                          enum absl_family family, enum absl_slots slots,
                          struct table_reading *out);

unsigned absl_table_handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES]);

/* The capacity that is reserved for so many entries, and what it takes. */
uint64_t absl_table_capacity_for(uint64_t live);
uint64_t absl_table_bytes_for(uint64_t capacity, const struct table_reading *now);

#endif
