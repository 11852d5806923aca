/*
 * Buckets of several entries by where these lead: see static_buckets.h. No state, no allocation.
 */
#include "static_buckets.h"

#include "slot_profile.h"

#define MOST_SLOTS  16u /* of a bucket */
#define LEAST_SLOT  8u
#define LEAST_MET   4u /* by accident they would lead to the bucket in one of 64 slots^4 cases */
#define DEVIATIONS  4u
#define MOST_BUCKET RELATION_WINDOW
#define STRAY_PART  64u /* one entry in so many had no room in its bucket */

/* What the buckets look like with so many slots. */
struct ways {
    struct {
        uint64_t live, met, strays;
        bool is_refused;
    } way[MOST_SLOTS + 1]; /* by the number of slots */
    uint32_t left;         /* that are not refused */
};

static bool is_blank(const unsigned char *memory, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (memory[i] != 0)
            return false;
    return true;
}

/* Whether one of the entries before it in the bucket has that key: keys differ, and of what is kept
 * twice for each number both lead to that. */
static bool is_repeated(const struct static_search *search, const unsigned char *bucket,
                        uint32_t slot_bytes, uint32_t nth)
{
    const struct hash_relation *relation = &search->relation;
    uint64_t key = hash_relation_field(relation, bucket + (size_t)nth * slot_bytes);
    for (uint32_t i = 0; i < nth; i++)
        if (hash_relation_field(relation, bucket + (size_t)i * slot_bytes) == key)
            return true;
    return false;
}

/* Counts the bucket's entries, and those of them that lead elsewhere; false where what it holds are
 * none. */
static bool count_bucket(const struct static_search *search, const unsigned char *bucket,
                         uint64_t number, uint32_t slots, uint64_t *live, uint64_t *strays)
{
    const struct slot_shape *shape = &search->shape;
    const uint32_t slot_bytes = shape->slot_bytes / slots;
    *live = *strays = 0;
    for (uint32_t nth = 0; nth < slots; nth++) {
        const unsigned char *slot = bucket + (size_t)nth * slot_bytes;
        if (column_word(shape, slot) == shape->empty) {
            if (!is_blank(slot, slot_bytes))
                return false;
            continue;
        }
        if (is_repeated(search, bucket, slot_bytes, nth))
            return false;
        *strays +=
            hash_relation_home(search->view, &search->relation, shape->capacity, slot) != number;
        ++*live;
    }
    return true;
}

static void try_bucket(const struct static_search *search, const unsigned char *bucket,
                       uint64_t number, struct ways *ways)
{
    uint64_t live, strays;
    for (uint32_t slots = 2; slots <= MOST_SLOTS; slots++) {
        if (ways->way[slots].is_refused)
            continue;
        bool is_one = count_bucket(search, bucket, number, slots, &live, &strays);
        ways->way[slots].strays += strays;
        ways->way[slots].live += live;
        if (!is_one || (ways->way[slots].strays > 1 &&
                        ways->way[slots].strays * STRAY_PART > ways->way[slots].live)) {
            ways->way[slots].is_refused = true;
            ways->left--;
        }
        ways->way[slots].met += live > 1 ? live - 1 : 0;
    }
}

/* Which numbers of slots fill the bucket, with the whole key in each. */
static void begin(const struct static_search *search, struct ways *ways)
{
    const uint32_t bytes = search->shape.slot_bytes;
    const uint32_t least = hash_relation_end(&search->relation);
    *ways = (struct ways){0};
    for (uint32_t slots = 2; slots <= MOST_SLOTS; slots++) {
        bool fits = bytes % slots == 0 && bytes / slots % 4 == 0 && bytes / slots >= LEAST_SLOT &&
                    bytes / slots >= least &&
                    bytes / slots >= search->shape.column + search->shape.column_bytes;
        ways->way[slots].is_refused = !fits;
        ways->left += fits;
    }
}

static bool try_all(struct static_search *search, struct ways *ways)
{
    const struct slot_shape *shape = &search->shape;
    const uint64_t a_piece = GLIMPSE_BYTES / shape->slot_bytes;
    for (uint64_t first = 0; first < shape->capacity; first += a_piece) {
        uint64_t buckets = shape->capacity - first < a_piece ? shape->capacity - first : a_piece;
        uint64_t start = shape->header_bytes + first * shape->slot_bytes;
        if (start + buckets * shape->slot_bytes > search->block->bytes ||
            !layout_read(search->view, search->block->address + start, search->work->counted,
                         buckets * shape->slot_bytes))
            return false;
        for (uint64_t i = 0; i < buckets && ways->left > 0; i++) {
            const unsigned char *bucket = search->work->counted + i * shape->slot_bytes;
            if (!is_blank(bucket, shape->slot_bytes))
                try_bucket(search, bucket, first + i, ways);
        }
        if (ways->left == 0)
            return false;
    }
    return true;
}

/* Whether the entries are as many as a hash puts into so many buckets. The last few handles of each
 * number would be all in few of them. */
static bool are_by_chance(uint64_t live, uint64_t met, uint64_t buckets)
{
    uint64_t expected, error;
    if (live - met >= buckets)
        return false;
    slot_profile_chained_live(live - met, buckets, &expected, &error);
    return distance_between(live, expected) <= DEVIATIONS * error + expected / 32 + 1;
}

bool static_buckets_find(struct static_search *search, struct static_buckets *out)
{
    const struct slot_shape *shape = &search->shape;
    struct ways ways;
    if (shape->leads != LEADS_NOWHERE || !search->relation.is_exact || shape->empty != 0 ||
        shape->slot_bytes > MOST_BUCKET || shape->has_mark || search->around.bytes != 0 ||
        (search->relation.key != RELATION_FIELD && search->relation.key != RELATION_NUMBER))
        return false;
    begin(search, &ways);
    if (ways.left == 0 || !try_all(search, &ways))
        return false;
    for (uint32_t slots = MOST_SLOTS; slots > 1; slots--) {
        if (ways.way[slots].is_refused || ways.way[slots].met < LEAST_MET ||
            !are_by_chance(ways.way[slots].live, ways.way[slots].met, shape->capacity))
            continue;
        *out = (struct static_buckets){slots, ways.way[slots].live, ways.way[slots].met};
        return true;
    }
    return false;
}
