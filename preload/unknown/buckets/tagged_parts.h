/*
 * The parts of the search for tables of groups: see tagged_groups.h.
 */
#ifndef HASHTRACK_TAGGED_PARTS_H
#define HASHTRACK_TAGGED_PARTS_H

#include "tagged_groups.h"

#define TAGGED_SURE_ERRORS 6.0 /* standard errors */
#define TAGGED_LEAST_NAMED 16u /* a smaller number is met by chance */

/* --- tagged_numbers.c --- */

uint64_t tagged_number_at(const struct tagged_array *array, struct tagged_number number);

/* Goes on to the next number around a pointer, the widest first; {0, 0} begins. False behind the
 * last. */
bool tagged_next_number(struct tagged_number *number, uint8_t least_bytes);

uint64_t tagged_groups_in(const struct block *block, const struct tagged_groups *groups);

/* Where a group has the address of a further one, if it has: before its tags, or at its end. */
static inline uint32_t tagged_further_at(const struct tagged_groups *groups)
{
    return groups->tags_at >= 8 ? groups->tags_at - 8 : groups->group_bytes - 8;
}

/* The groups that the object's number is about; 0: none. */
uint64_t tagged_named_groups(const struct block *block, const struct tagged_groups *groups);

/* What the number must be; UINT64_MAX: nothing is. */
uint64_t tagged_expected_capacity(const struct block *block, const struct tagged_groups *groups);

/* What an array's size and a number have in common by chance is asked last. */
enum tagged_round { TAGGED_EXACT, TAGGED_OTHERS };

/* Which numbers an object has, but for single bytes: a bit for each, which others share. Most that
 * are asked for it has not. */
struct tagged_filter {
    uint64_t bits[16];
};
void tagged_filter_fill(struct tagged_filter *filter, const struct tagged_array *array);

/* The number that names the groups or slots of all arrays, which have one size. Sets form, is_power
 * and capacity. `filter`: of the first array. */
bool tagged_find_capacity(const struct tagged_array *arrays, uint32_t count,
                          const struct tagged_filter *filter, enum tagged_round round,
                          struct tagged_groups *groups);

/* --- tagged_tally.c --- */

/* Adds the first `tags` tags of each group of the piece to the tally. */
void tagged_tally(const unsigned char *piece, size_t bytes, const struct tagged_groups *groups,
                  uint32_t tags, struct tagged_work *work);

/* The tally of the first `tags` tags of all groups. False where memory could not be read. */
bool tagged_tally_arrays(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count,
                         const struct tagged_groups *groups, uint32_t tags);

/* Of the tally: how often each value stands in the first `tags` tags. */
void tagged_sum_tags(struct tagged_work *work, uint32_t tags);

/* Of the tally: how often each value stands in all tags, those of groups elsewhere included:
 * `total`. False where memory could not be read. */
bool tagged_total(const struct layout_view *view, struct tagged_work *work,
                  const struct tagged_array *arrays, uint32_t count,
                  const struct tagged_groups *groups);

/* Both. */
bool tagged_sum(const struct layout_view *view, struct tagged_work *work,
                const struct tagged_array *arrays, uint32_t count,
                const struct tagged_groups *groups);

/* Takes the commonest other value for one that stands for no entry. */
void tagged_add_empty(const struct tagged_work *work, struct tagged_groups *groups);

/* Tags that stand for an entry, of those summed. */
uint64_t tagged_live(const struct tagged_work *work, const struct tagged_groups *groups);

/* Whether those are parts of hashes, each value as often as by chance, or places among entries:
 * marks of states are few. By a sample it may be so. */
bool tagged_may_be_hashes(const struct tagged_work *work, const struct tagged_groups *groups);
bool tagged_are_hashes(const struct tagged_work *work, const struct tagged_groups *groups);

/* Whether entries lie in the groups as a hash puts them. */
bool tagged_are_scattered(const struct layout_view *view, struct tagged_work *work,
                          const struct tagged_array *arrays, uint32_t count,
                          const struct tagged_groups *groups);

/* Whether it is an array indexed by ids: a page of a sparse set leads from an id to its entry, and
 * the entry has the id. */
bool tagged_are_indexed(const struct layout_view *view, struct tagged_work *work,
                        const struct tagged_array *array, const struct tagged_groups *groups);

/* --- tagged_records.c --- */

/* How far behind the tags those of the first record would be that has none of their bytes, if the
 * group were as many plain records as it has tags; 0: it cannot be. */
static inline uint32_t tagged_further_record(const struct tagged_groups *groups)
{
    uint32_t record = groups->group_bytes / groups->tags;
    uint32_t further = (groups->tags + record - 1) / record * record;
    uint32_t bytes = record < groups->tags ? record : groups->tags;
    bool is_inside = groups->tags_at + further + bytes <= groups->group_bytes;
    return groups->group_bytes % groups->tags == 0 && is_inside ? further : 0;
}

/* Whether the tags are bytes of plain records, by the look of tagged_are_scattered. Of an array
 * that was seen to grow as a table's does these may be its slots: it is asked less, for keys in
 * sequence do not meet as by chance. */
bool tagged_are_records(const struct tagged_array *array, const struct tagged_work *work,
                        const struct tagged_groups *groups, bool has_grown);

#endif
