/*
 * Groups of slots with a byte for each of them in the group: Go's buckets of eight and its groups
 * of eight, chunks of fourteen, spans of 128 offsets. For tables of which no growth told how their
 * slots look: from a snapshot alone.
 *
 * Three numbers must agree, exactly: the size of the array, a word of the object that points at it
 * and names the slots or the groups, and another word there that is the number of bytes that stand
 * for an entry. Those bytes must look like parts of hashes or places among entries, and their
 * groups like what a hash fills: many values, in no order, all over the array. Tables too small or
 * too empty to prove that are judged together, where one call made several.
 */
#ifndef HASHTRACK_TAGGED_GROUPS_H
#define HASHTRACK_TAGGED_GROUPS_H

#include "layouts/layout.h"

#define TAGGED_MOST_TAGS    128u
#define TAGGED_MOST_ARRAYS  16u /* judged together */
#define TAGGED_MOST_EMPTIES 3u
#define TAGGED_REACH        64u /* bytes around the pointer in which the numbers stand */

/* An array and the words around a pointer to it. */
struct tagged_array {
    struct block block;
    uint64_t place;
    unsigned char around[2 * TAGGED_REACH];
};

/* What a word of the object says of so many groups, or of that power of two of them that fits: the
 * groups or the slots, one less, or the logarithm. */
enum tagged_form {
    TAGGED_SLOTS,
    TAGGED_SLOTS_MASK,
    TAGGED_GROUPS,
    TAGGED_GROUPS_MASK,
    TAGGED_GROUPS_LOG2,
    TAGGED_SLOTS_LOG2,
    TAGGED_FORMS
};

/* A number in the object: where, from the beginning of `around`, and how many bytes. */
struct tagged_number {
    uint8_t at, bytes;
};

struct tagged_groups {
    uint32_t start; /* of the first group in the array */
    uint32_t group_bytes;
    uint32_t tags_at, tags; /* where in the group they stand, and how many */
    uint32_t empties;       /* values of tags that stand for no entry */
    unsigned char empty[TAGGED_MOST_EMPTIES];
    uint8_t form;      /* enum tagged_form */
    bool is_power;     /* the groups that are named are a power of two; more follow */
    bool has_overflow; /* a word of a group leads to a further one, elsewhere */
    struct tagged_number capacity, count;
};

/* Work memory of a look. */
struct tagged_work {
    uint32_t tally[TAGGED_MOST_TAGS][256]; /* of each tag's values */
    uint64_t total[256];
    uint64_t elsewhere, nowhere; /* words that may lead to a further group, and that may not */
    bool leads_elsewhere;        /* a group has the address of what may be a further one */
    /* Groups with an entry; neighbours in them, and in order; values that a group has again. */
    uint32_t live_groups, pairs, rising, twice;
    uint64_t entries, meetings; /* those in the array, and two of them in one group */
    uint32_t at_place[TAGGED_MOST_TAGS];
    uint32_t changes[TAGGED_MOST_TAGS]; /* groups where just one of that tag and the next is used */
    uint32_t at_further[TAGGED_MOST_TAGS]; /* and where another record's would be */
    unsigned char piece[LAYOUT_SCRATCH_BYTES];
};

/* Reads the words around the place. */
bool tagged_array_read(const struct layout_view *view, const struct block *block, uint64_t place,
                       struct tagged_array *out);

/* Whether arrays of one size, made by one call, are such tables; what they are alike in. Of those
 * that were seen to be tables (`has_grown`) less must be proven: a byte may be the logarithm of
 * their groups. Uses the view's scratch. */
bool tagged_groups_learn(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count, bool has_grown,
                         struct tagged_groups *out);

/* What such a table holds. False where its own object says otherwise. */
bool tagged_groups_read(const struct layout_view *view, struct tagged_work *work,
                        const struct tagged_array *array, const struct tagged_groups *groups,
                        struct table_reading *out);

#endif
