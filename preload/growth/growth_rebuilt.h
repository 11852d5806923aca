/*
 * Tables that are built anew in an array of the same size, to get rid of what was erased: often,
 * where they are small, and mostly between two growths that are looked at.
 */
#ifndef HASHTRACK_GROWTH_REBUILT_H
#define HASHTRACK_GROWTH_REBUILT_H

#include "registry.h"

/* The array that took the place of one that is about to be freed: as large, of the same call, and
 * this thread's last but for a few. False: there is none. */
bool growth_rebuilt_as_large(struct registry *registry, const struct array_record *old,
                             uint32_t *index, struct array_record *out);

/* Lets the table go on in such an array, if what lay in the old one lies in the same places of it.
 * That is enough where there is no time for a closer look. False: it does not. */
bool growth_rebuilt_follow(struct registry *registry, const struct array_record *old);

#endif
