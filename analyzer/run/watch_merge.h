/*
 * What was seen from outside, put into the dump that the program wrote at its end: the readings of
 * its tables, and tables that were hollow when last seen and that the program emptied before it
 * freed them.
 */
#ifndef HASHTRACK_WATCH_MERGE_H
#define HASHTRACK_WATCH_MERGE_H

#include "watch.h"

/* Rewrites the dump, atomically, when there is something to add and it is of the program that was
 * watched; leaves it alone otherwise. False with *error when it could not be read or written: it is
 * as it was then. */
bool watch_merge(const struct watch *watch, const char *path, struct error *error);

#endif
