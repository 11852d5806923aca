/*
 * Whether what lies in an unknown table's slots allows for as few entries as a word says.
 *
 * Slots that are empty or marked are alike. Where far more slots differ than there are entries,
 * bytes of deleted ones were left, or the word is none of a count: the slots alone do not tell
 * which. Works through a memory reader; no state, no lock.
 */
#ifndef HASHTRACK_SLOT_CONTENTS_H
#define HASHTRACK_SLOT_CONTENTS_H

#include "layouts/layout.h"

bool slot_contents_allow(const struct layout_view *view, const struct block *array,
                         uint64_t capacity, uint64_t live);

#endif
