/*
 * Which small arrays are looked at: see site_trials.h.
 */
#include "site_trials.h"

#define TRIES        16u    /* of a site, before its other arrays are passed over */
#define HIT_SHARE    4u     /* one array in so many is a table: the other blocks may be entries */
#define MOST_IN_VAIN 20000u /* at most 0.6 s of a snapshot */

struct site_trial {
    uint32_t looks, tables;
};

static struct site_trial *trial_of(const struct site_trials *trials, uint32_t site)
{
    struct site_trial *all = (struct site_trial *)(void *)trials->sites.memory;
    return site != 0 && site < trials->sites.used / sizeof(*all) ? &all[site] : NULL;
}

void site_trials_start(struct site_trials *trials, uint32_t count, struct buffer_nest *nest)
{
    size_t bytes = (size_t)count * sizeof(struct site_trial);
    *trials = (struct site_trials){.sites.nest = nest};
    if (buffer_reserve(&trials->sites, bytes)) /* fresh memory: zero */
        trials->sites.used = bytes;
}

bool site_trials_allow(const struct site_trials *trials, uint32_t site)
{
    const struct site_trial *trial = trial_of(trials, site);
    if (!trial)
        return false;
    if (trial->looks >= TRIES)
        return trial->tables >= trial->looks / HIT_SHARE;
    return trials->in_vain < MOST_IN_VAIN;
}

void site_trials_note(struct site_trials *trials, uint32_t site, bool is_table)
{
    struct site_trial *trial = trial_of(trials, site);
    if (trial) {
        trial->looks++;
        trial->tables += is_table;
    }
    trials->in_vain += !is_table;
}

void site_trials_free(struct site_trials *trials)
{
    buffer_free(&trials->sites);
}
