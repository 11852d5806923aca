/*
 * Which of the arrays that a thread got last replaced the one that it is freeing, and whether that
 * was a table growing.
 */
#ifndef HASHTRACK_GROWTH_SUCCESSOR_H
#define HASHTRACK_GROWTH_SUCCESSOR_H

#include "growth_candidates.h"
#include "registry.h"
#include "scratch.h"
#include "signature.h"

/* Whether the array replaced the old one as a table's array does. A dict keeps its entries in order
 * of insertion and copies them like a vector, a set of small integers keeps their places; their
 * layouts tell. Some tables' objects name the new array by then and vouch for that one only. */
bool growth_is_rehash(struct registry *registry, struct scratch *scratch,
                      const struct array_record *old, const struct array_record *array,
                      const struct comparison *comparison);

/* Whether an array of which the next one holds all, where it was or moved as a whole, is not of a
 * table, or of a doubtful one, or all that is known of that is that once the words of a small array
 * were found scattered, or of one that was freed before: what lay there may have come here in
 * several steps, of which none was a rehash. Or it was as often copied as scattered: what is put in
 * another order before it grows looks scattered when that is seen. */
bool growth_is_doubted(struct registry *registry, const struct array_record *old,
                       const struct comparison *comparison);

/* Whether an array that is as large or hardly larger, as no table's is, has all that this one held:
 * a matrix that got more columns. To be asked of one that growth_is_doubted, or may be. */
bool growth_is_laid_out_anew(struct registry *registry, struct scratch *scratch,
                             const struct array_record *array);

/* Where an array's content is as it is freed, without having been rehashed. */
enum growth_held {
    HELD_NOWHERE,
    HELD_COPIED, /* in a larger array of the same call, where it was */
    HELD_MOVED,  /* there, in the order in which it was: rows that became longer */
    HELD_SORTED, /* in sorted order, with more room between the entries */
};

/* Links the array to the one that replaced it, if that was a rehash. False where it was none.
 * *held, left alone where nothing was compared: where what it held is now. */
bool growth_find_successor(struct registry *registry, struct scratch *scratch,
                           const struct array_record *old, const struct candidates *candidates,
                           enum growth_held *held);

#endif
