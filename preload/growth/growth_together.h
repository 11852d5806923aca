/*
 * Which arrays are parts of one table, and which are tables side by side.
 *
 * A table of several arrays (keys, values, states; the halves of a cuckoo table) allocates all the
 * new ones before it frees the first old one. Tables that grow one right after the other, because
 * a program inserts into each of them in turn, free the old array before the next new one is
 * allocated, and allocate all of theirs by the same call.
 */
#ifndef HASHTRACK_GROWTH_TOGETHER_H
#define HASHTRACK_GROWTH_TOGETHER_H

#include "growth_object.h"

/* This thread is about to free the array. */
void growth_together_freed(struct registry *registry, const struct array_record *array);

/* Whether this thread freed an array of about so many bytes between the first and the second that
 * it allocated: they are of two growths. */
bool growth_together_is_later(struct registry *registry, const struct array_record *first,
                              const struct array_record *second, uint64_t bytes);

/* Whether the array has taken the place of another table's: tables side by side may hold the same
 * keys, and when they are freed one of them is not the successor of the other. */
bool growth_together_is_taken(struct registry *registry, const struct array_record *old,
                              const struct array_record *array);

/* Whether the arrays are of another table than the one they are counted to: the two were united
 * when they were too small to tell. Takes the arrays from that table then. */
bool growth_together_part(struct registry *registry, struct scratch *scratch,
                          const struct growth_link *link, const struct study *study);

/* Unites the table with the one whose growth this thread saw last, if both grew together. Returns
 * the table that stays. */
uint32_t growth_together_join(struct registry *registry, struct scratch *scratch, uint32_t table,
                              const struct growth_link *link, const struct study *study);

/* Adds what this thread allocated just before or after the new array, for the same number of slots
 * and in the same growth. */
void growth_together_add(struct registry *registry, struct scratch *scratch, uint32_t table,
                         const struct growth_link *link, const struct study *study);

#endif
