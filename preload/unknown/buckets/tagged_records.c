/*
 * Whether what look like groups of slots are plain records: see tagged_groups.h. No state.
 *
 * An object that names its records names the slots of groups as well: of as many records as the
 * group would have tags, whose tags are then bytes of the first record. Those of a number or of a
 * link look like parts of hashes, and there are a dozen ways to take them so, each with a count of
 * its own that some word of the object may be by chance. What the records show besides is asked
 * here.
 */
#include "slot_profile.h"
#include "tagged_parts.h"

/* Whether the bytes of a further record are in use as often as the tags are, one by one. */
static bool are_alike(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint32_t record = groups->group_bytes / groups->tags;
    if (tagged_further_record(groups) == 0)
        return false;
    for (uint32_t tag = 0; tag < groups->tags && tag < record; tag++) {
        double one = work->at_place[tag], other = work->at_further[tag];
        double apart = one > other ? one - other : other - one;
        if (apart > TAGGED_SURE_ERRORS * slot_profile_square_root(one + other + 1))
            return false;
    }
    return true;
}

#define MEETINGS_PROVE    12.0 /* so many are missing by chance in one of 100,000 cases */
#define MEETING_ERRORS    4.0  /* standard errors */
#define LEAST_OF_EXPECTED 8.0  /* one in so many is there, where the errors leave room for none */
#define MORE_MEETINGS     1.5  /* times as many as a good hash makes */
#define MOST_AT_PLACE     4u   /* less one in so many entries are at one place of their groups */

/* Whether no place of the groups is used far more than one before it: a group is filled from its
 * first place on, or from any. Of the bytes of a number the lowest may be zero in all. */
static bool are_filled_from_first(const struct tagged_work *work,
                                  const struct tagged_groups *groups)
{
    double least = work->at_place[0];
    for (uint32_t tag = 1; tag < groups->tags; tag++) {
        double here = work->at_place[tag];
        if (here - least > MEETING_ERRORS * slot_profile_square_root(here + least + 1))
            return false;
        least = here < least ? here : least;
    }
    return true;
}

#define IN_USE_OF_EXPECTED 0.95 /* groups */

/* Whether as many groups have an entry as a hash gives some. Two bytes of one number are in use
 * together, and so fewer. */
static bool are_spread(const struct tagged_array *array, const struct tagged_work *work,
                       const struct tagged_groups *groups)
{
    double all = (double)tagged_groups_in(&array->block, groups);
    double load = (double)work->entries / (all * groups->tags), without = 1;
    for (uint32_t tag = 0; tag < groups->tags; tag++)
        without *= 1 - load;
    double expected = all * (1 - without);
    double error = slot_profile_square_root(expected * without + 1);
    return (double)work->live_groups >= IN_USE_OF_EXPECTED * expected - MEETING_ERRORS * error;
}

/* Tags are places of entries elsewhere where there are more than that of them in a group, which is
 * not filled from its first place on: each place is that of about as many entries. */
#define MOST_FILLED_FROM_FIRST 16u
#define FEW_PLACES             4u

static bool are_at_few_places(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint64_t most = 0;
    for (uint32_t tag = 0; tag < groups->tags; tag++)
        most = work->at_place[tag] > most ? work->at_place[tag] : most;
    return groups->tags > MOST_FILLED_FROM_FIRST && most * FEW_PLACES > work->entries;
}

/* Whether entries met in their groups as often as by chance. The fields of a record, of which some
 * look like parts of hashes, are as many in each. Where few should have met, a single such field is
 * at one place always. Bytes of one number are all there or none, and meet far more often: those of
 * the first double of each row of a matrix, which nothing else tells from tags. A hash that spreads
 * keys in sequence evenly is not told from records. */
static bool have_met(const struct tagged_array *array, const struct tagged_work *work,
                     const struct tagged_groups *groups)
{
    double slots = (double)tagged_groups_in(&array->block, groups) * groups->tags;
    double entries = (double)work->entries;
    double expected = entries * (entries - 1) / 2 * (groups->tags - 1) / (slots - 1);
    double error = slot_profile_square_root(expected + 1);
    uint64_t most = 0;
    if ((double)work->meetings > MORE_MEETINGS * expected + TAGGED_SURE_ERRORS * error)
        return false;
    for (uint32_t tag = 0; tag < groups->tags; tag++)
        most = work->at_place[tag] > most ? work->at_place[tag] : most;
    if (expected < MEETINGS_PROVE)
        return most * MOST_AT_PLACE <= work->entries * (MOST_AT_PLACE - 1);
    return (double)work->meetings >= expected - MEETING_ERRORS * error &&
           (double)work->meetings * LEAST_OF_EXPECTED >= expected;
}

#define LEAST_CHANGES 3u /* neighbours of which one is in use alone, now and then */
#define CHANGES_A_PART                                                                             \
    32u /* of the groups with an entry, that is: a byte of a key is zero in 256 */

/* Whether the tags are the bytes of one or two fields, which are in use or not, all of them. */
static bool are_fields(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint32_t changes = 0,
             least = groups->tags - 1 < LEAST_CHANGES ? groups->tags - 1 : LEAST_CHANGES;
    for (uint32_t tag = 0; tag + 1 < groups->tags; tag++)
        changes += work->changes[tag] * CHANGES_A_PART >= work->live_groups;
    return changes < least;
}

bool tagged_are_records(const struct tagged_array *array, const struct tagged_work *work,
                        const struct tagged_groups *groups, bool has_grown)
{
    return has_grown ? are_fields(work, groups)
                     : are_alike(work, groups) || !have_met(array, work, groups) ||
                           !are_filled_from_first(work, groups) ||
                           !are_spread(array, work, groups) || are_at_few_places(work, groups);
}
