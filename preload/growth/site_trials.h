/*
 * Which small arrays of a program with many are worth asking the layouts about.
 *
 * Asking all layouts about one array costs 3 to 30 us, so of thousands only the large ones are
 * asked about. But 20,000 tables of 2 KiB are 40 MB, and their arrays come from the same call
 * stack: a few of each stack are tried, and where those are tables, the others are asked about,
 * too. A look at what is a table is not in vain; those that are in vain are bounded altogether.
 */
#ifndef HASHTRACK_SITE_TRIALS_H
#define HASHTRACK_SITE_TRIALS_H

#include <stdbool.h>

#include "buffer.h"

struct site_trials {
    struct buffer sites; /* struct site_trial, by the number of the site in the registry */
    uint32_t in_vain;    /* looks that found no table, of all sites */
};

/* Room for sites below `count`; without memory nothing is worth a look. */
void site_trials_start(struct site_trials *trials, uint32_t count, struct buffer_nest *nest);

/* Whether to look at an array of that site. */
bool site_trials_allow(const struct site_trials *trials, uint32_t site);

/* What the look showed. */
void site_trials_note(struct site_trials *trials, uint32_t site, bool is_table);

void site_trials_free(struct site_trials *trials);

#endif
