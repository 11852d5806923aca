/*
 * Many small tables of one place: none of them is worth a finding, but all together are. What the
 * user loses there is the sum, and one change of the code gives it back, so they are judged and
 * shown as one finding.
 */
#ifndef HASHTRACK_TABLE_GROUPS_H
#define HASHTRACK_TABLE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;

/* Tables of one site, one implementation and one verdict, each below the least saving. */
struct table_group {
    size_t tables;
    uint64_t bytes;    /* of all of them, and so on */
    uint64_t saving;   /* what the best fix of each saves */
    uint64_t resident; /* bytes; only when it is known of all */
    bool resident_known;
    uint64_t live, capacity;
};

/* Gives the tables that make up a group their verdict and their group. False when out of memory. */
bool table_groups_make(struct findings *findings);

#endif
