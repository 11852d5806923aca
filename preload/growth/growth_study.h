/*
 * What one growth tells: how many entries there are, at which load the table grew, and how an
 * unknown table's slots look.
 */
#ifndef HASHTRACK_GROWTH_STUDY_H
#define HASHTRACK_GROWTH_STUDY_H

#include "growth_link.h"
#include "growth_object.h"

/* Fills in the study, which is zero before. Of an array that is not worth it, or on a stack that is
 * too small for it, nothing is learnt but what the comparison says. */
void growth_study(struct registry *registry, struct scratch *scratch,
                  const struct growth_link *link, struct study *study);

#endif
