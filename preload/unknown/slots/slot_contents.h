/*
 * How many slots of an unknown table are like no other.
 *
 * Slots that are empty, or marked as deleted and cleared, are alike. Where more slots differ than
 * there are entries, bytes of deleted ones were left. Works through a memory reader; no state, no
 * lock.
 */
#ifndef HASHTRACK_SLOT_CONTENTS_H
#define HASHTRACK_SLOT_CONTENTS_H

#include "layouts/layout.h"

struct slot_contents {
    uint64_t different; /* slots that hold what hardly any other does, from a sample */
    uint64_t error;     /* four standard errors of it */
    unsigned kinds;     /* contents that many slots have */
};

bool slot_contents_look(const struct layout_view *view, const struct block *array,
                        uint64_t capacity, struct slot_contents *out);

/* Whether hardly more slots differ than that: all others are as good as empty. */
bool slot_contents_are_few(const struct slot_contents *contents, uint64_t live);

#endif
