/*
 * Tables that were hollow in a snapshot from outside, and that a later one, or the program's own
 * last dump, does not have any more.
 */
#ifndef HASHTRACK_SEEN_HOLLOW_H
#define HASHTRACK_SEEN_HOLLOW_H

#include "number_set.h"
#include "outside_snapshot.h"
#include "reading_log.h"

/* Large enough, and hardly used when it was read. */
bool table_was_hollow(const struct dump_table *table);

/* It held as little at the look before, too. Else it may be one that the program was taking apart.
 */
bool table_stayed_hollow(const struct dump_table *table, const struct reading_log *log);

/* Not what a destructor has emptied and not freed yet. */
bool table_holds_something(const struct dump_table *table);

/* The numbers of the tables that the process knew by itself, sorted: what only the snapshot
 * recognised has no lasting number. False when there is no memory. */
bool registered_numbers(const struct outside_snapshot *outside, struct number_set *numbers);

/* A hollow table of the earlier snapshot is gone in the later one, or emptied. False also when
 * there is no memory to find out. */
bool hollow_table_went(const struct outside_snapshot *earlier,
                       const struct outside_snapshot *later);

#endif
