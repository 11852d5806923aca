/*
 * Many tables of one place: what the user loses there is the sum, and one change of the code gives
 * it back, so they are shown as one finding. Where they are small none of them is worth a finding,
 * but all together are; where they are large a screen of equal lines would hide the next place.
 */
#ifndef HASHTRACK_TABLE_GROUPS_H
#define HASHTRACK_TABLE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;
struct symbolizer;

/* Tables of one place, one implementation and one verdict. */
struct table_group {
    size_t tables;
    size_t large;      /* of them, those that would be a finding alone */
    uint64_t bytes;    /* of all of them, and so on */
    uint64_t saving;   /* what the best fix of each saves */
    uint64_t resident; /* bytes; only when it is known of all */
    bool resident_known;
    uint64_t live, capacity;
};

/* Gives the tables that make up a group their verdict and their group, and sets the places of
 * findings. Without a symbolizer (NULL) each call stack is a place of its own. False when out of
 * memory. */
bool table_groups_make(struct findings *findings, struct symbolizer *symbolizer);

#endif
