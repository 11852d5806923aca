/*
 * Slots that are heads of chains whose links were not found: by how many are in use before and
 * after a growth.
 */
#ifndef HASHTRACK_GROWTH_HEADS_H
#define HASHTRACK_GROWTH_HEADS_H

#include "growth_link.h"
#include "layouts/layout.h"

/* Whether the table has an array besides those of the growth. */
bool growth_has_another_array(struct registry *registry, const struct table_record *record,
                              const struct growth_link *link);

/* Whether the growth parted chains: more slots are in use than in the array that was left, as
 * `reading` counted them. */
bool growth_heads_were_parted(struct registry *registry, struct scratch *scratch,
                              const struct growth_link *link, const struct slot_profile *profile,
                              const struct table_reading *reading);

#endif
