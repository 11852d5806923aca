/*
 * Growths that leave no words to compare, but that a layout can tell: it knows the old array, or
 * the new one, or both.
 */
#ifndef HASHTRACK_GROWTH_RECOGNISED_H
#define HASHTRACK_GROWTH_RECOGNISED_H

#include "registry.h"
#include "scratch.h"

/* Whether `array` may have replaced `old`: allocated later, of a size that growing gives, and by a
 * relative. Only a known table is followed when it shrinks or purges its tombstones in an array of
 * the same size: there are too many buffers that come and go. */
bool growth_is_plausible(const struct array_record *old, const struct array_record *array);

/* Whether small numbers that both hold, in other places each, may be the same ones: the index of
 * another table, a permutation or a heap has them as well. So one call must have allocated both, or
 * the new one and another of the old table's; or the old one is the first that is seen of its
 * table, and the new one just two or four times as large. */
bool growth_may_share_numbers(struct registry *registry, const struct array_record *old,
                              const struct array_record *array);

/* The array that the layout of this place's arrays (the view's likely one) knows and that holds as
 * many entries as the old one, in more room. */
bool growth_counted_successor(struct registry *registry, struct scratch *scratch,
                              const struct array_record *old, uint32_t *index,
                              struct array_record *out);

/* Whether the layout of this place's arrays knows both, and counts more entries in the new one, or
 * less than half as many: then it is another table's. */
bool growth_is_of_another_table(struct scratch *scratch, const struct array_record *old,
                                const struct array_record *array);

/* The array that a layout knows to have replaced `old`, which is about to be freed: its index and a
 * copy of its record. */
bool growth_recognised_successor(struct registry *registry, struct scratch *scratch,
                                 const struct array_record *old, uint32_t *index,
                                 struct array_record *out);

/* Whether the old array is an index of entries, whose growths a comparison does not show, and
 * another call made that array: entries with keys in sequence have the numbers in them that are the
 * index. */
bool growth_leads_elsewhere(const struct registry *registry, struct scratch *scratch,
                            const struct array_record *old, const struct array_record *array);

#endif
