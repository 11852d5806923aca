/* What the columns of buckets say of their slots: bucket_shape.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "bucket_shape.h"
#include "readable.h"

#define BUCKETS 4096u /* of the array that is left; the new one has twice as many */

/* The two arrays of a growth. */
struct arrays {
    struct readable readable;
    unsigned char *old, *new;
    uint32_t bucket_bytes;
    uint64_t seed;
};

static struct bucket_tally tally;
static unsigned char piece[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

static void begin(struct arrays *arrays, uint32_t bucket_bytes)
{
    *arrays = (struct arrays){.bucket_bytes = bucket_bytes, .seed = 5};
    arrays->old = calloc(BUCKETS, bucket_bytes);
    arrays->new = calloc(2 * BUCKETS, bucket_bytes);
    assert_non_null(arrays->old);
    assert_non_null(arrays->new);
    readable_begin(&arrays->readable);
    readable_add(&arrays->readable, arrays->old, (size_t)BUCKETS * bucket_bytes);
    readable_add(&arrays->readable, arrays->new, (size_t)2 * BUCKETS * bucket_bytes);
}

static void end(struct arrays *arrays)
{
    assert_int_equal(arrays->readable.refused, 0);
    free(arrays->old);
    free(arrays->new);
}

/* What two such growths teach, where words say so many entries (0: none does). */
static struct bucket_shape learn_shape(struct arrays *arrays, uint64_t said)
{
    struct bucket_work work = {.tally = &tally, .piece = piece};
    struct bucket_shape shape = {0};
    struct bucket_growth growth = {
        .old = {(uint64_t)(uintptr_t)arrays->old, (uint64_t)BUCKETS * arrays->bucket_bytes},
        .array = {(uint64_t)(uintptr_t)arrays->new, (uint64_t)2 * BUCKETS * arrays->bucket_bytes},
        .bucket_bytes = arrays->bucket_bytes,
        .live_number = said > 0,
        .lives = {said}};
    for (int i = 0; i < 2; i++)
        bucket_shape_learn(&arrays->readable.reader, &growth, &work, &shape);
    return shape;
}

/* Slots of a bucket. */
static uint32_t learn(struct arrays *arrays, uint64_t said)
{
    struct bucket_shape shape = learn_shape(arrays, said);
    return bucket_shape_slots(&shape);
}

static void put(unsigned char *at, uint64_t value, size_t bytes)
{
    memcpy(at, &value, bytes);
}

/* The pointer's lower half is zero now and then. */
static uint64_t random_pointer(struct arrays *arrays)
{
    return 0x555500000000u | (random_word(&arrays->seed) & 0xfffffff0u);
}

/* --- buckets that nobody counts --- */

#define WAYS       5u
#define LINE_BYTES 72u

/* A lock and a version, as many hashes and pointers as the bucket has slots, a pointer to more. */
static bool put_in_line(struct arrays *arrays, unsigned char *lines, uint64_t bucket)
{
    unsigned char *line = lines + bucket * LINE_BYTES;
    uint64_t pointer = 0;
    put(line + 4, 2 * bucket + 2, 4);
    for (unsigned way = 0; way < WAYS; way++) {
        memcpy(&pointer, line + 32 + 8 * way, sizeof(pointer));
        if (pointer != 0)
            continue;
        put(line + 8 + 4 * way, random_word(&arrays->seed) | 1, 4);
        put(line + 32 + 8 * way, random_pointer(arrays), 8);
        return true;
    }
    return false;
}

static void parallel_columns_are_slots(void **state)
{
    (void)state;
    struct arrays arrays;
    begin(&arrays, LINE_BYTES);
    for (uint32_t i = 0; i < BUCKETS * 2; i++) {
        put_in_line(&arrays, arrays.old, random_word(&arrays.seed) % BUCKETS);
        put_in_line(&arrays, arrays.new, random_word(&arrays.seed) % (2 * BUCKETS));
    }
    assert_int_equal(learn(&arrays, 0), WAYS);
    end(&arrays);
}

/* --- marks of empty slots --- */

#define TAGS         8u
#define TAGGED_BYTES 64u

/* Tags of `unit` bytes in front of the values, which erasing leaves as they are, as nothing was
 * cleared. Fills either array with so many entries. */
static void fill_tagged(struct arrays *arrays, uint32_t entries, uint64_t empty, size_t unit)
{
    unsigned char *both[] = {arrays->old, arrays->new};
    for (uint64_t i = 0, buckets = BUCKETS; i < 2; i++, buckets *= 2) {
        for (uint64_t at = 0; at < buckets * TAGGED_BYTES; at += 4)
            put(both[i] + at, random_word(&arrays->seed) | 0x01010101, 4);
        for (uint64_t tag = 0; tag < buckets * TAGS; tag++)
            put(both[i] + tag / TAGS * TAGGED_BYTES + tag % TAGS * unit, empty, unit);
        for (uint32_t left = entries; left > 0;) {
            uint64_t tag = random_word(&arrays->seed) % (buckets * TAGS), now = 0;
            unsigned char *place = both[i] + tag / TAGS * TAGGED_BYTES + tag % TAGS * unit;
            memcpy(&now, place, unit);
            if (now == empty) {
                put(place, random_word(&arrays->seed) & 0x7f, unit);
                left--;
            }
        }
    }
}

/* Whether the tags are learnt, and show as many entries as there are. */
static void tags_are_counted(uint64_t empty, size_t unit)
{
    struct arrays arrays;
    const uint32_t entries = BUCKETS * TAGS / 4 * 3;
    begin(&arrays, TAGGED_BYTES);
    fill_tagged(&arrays, entries, empty, unit);
    struct bucket_shape shape = learn_shape(&arrays, entries);
    assert_int_equal(bucket_shape_slots(&shape), TAGS);
    assert_int_equal(bucket_way_count(&shape.ways[0], TAGGED_BYTES, arrays.new,
                                      (size_t)2 * BUCKETS * TAGGED_BYTES),
                     entries);
    end(&arrays);
}

static void empty_tags_have_their_highest_bit(void **state)
{
    (void)state;
    tags_are_counted(0x80, 1);
}

static void empty_tags_are_all_ones(void **state)
{
    (void)state;
    tags_are_counted(0xff, 1);
    tags_are_counted(0xffff, 2);
    tags_are_counted(UINT32_MAX, 4);
}

/* --- single slots --- */

#define SLOT_BYTES 24u

/* A hash of 4 bytes, a key and a value, both pointers, in as many slots of either array. */
static void fill_slots(struct arrays *arrays, uint32_t entries)
{
    unsigned char *both[] = {arrays->old, arrays->new};
    uint64_t slots = (uint64_t)BUCKETS * arrays->bucket_bytes / SLOT_BYTES;
    for (int i = 0; i < 2; i++, slots *= 2)
        for (uint32_t left = entries; left > 0;) {
            unsigned char *slot = both[i] + random_word(&arrays->seed) % slots * SLOT_BYTES;
            uint64_t value = 0;
            memcpy(&value, slot + 16, sizeof(value));
            if (value != 0)
                continue;
            put(slot, random_word(&arrays->seed) | 1, 4);
            put(slot + 8, random_pointer(arrays) | 16, 8);
            put(slot + 16, random_pointer(arrays) | 16, 8);
            left--;
        }
}

/* The limit of the new array is twice what the old one held. */
static void key_and_value_are_one_slot(void **state)
{
    (void)state;
    struct arrays arrays;
    uint32_t entries = BUCKETS / 4 * 3;
    begin(&arrays, SLOT_BYTES);
    fill_slots(&arrays, entries);
    assert_int_equal(learn(&arrays, 2 * (uint64_t)entries), 0);
    assert_int_equal(learn(&arrays, entries), 0);
    assert_int_equal(learn(&arrays, 0), 0);
    end(&arrays);
}

/* Some word of the object is a quarter of the slots. Bits of one byte in each such four may be as
 * many as the entries. */
static void single_slots_side_by_side_are_no_bucket(void **state)
{
    (void)state;
    struct arrays arrays;
    uint32_t entries = BUCKETS * 3;
    begin(&arrays, 4 * SLOT_BYTES);
    fill_slots(&arrays, entries);
    for (uint64_t i = 0, bits = entries; i < 2 * BUCKETS; i++) {
        unsigned char *first =
            (i < BUCKETS ? arrays.old : arrays.new - BUCKETS * 4 * SLOT_BYTES) + i * 4 * SLOT_BYTES;
        if (i == BUCKETS)
            bits = entries;
        first[5] = bits >= 4 ? 0x0f : (unsigned char)((1u << bits) - 1);
        bits -= bits >= 4 ? 4 : bits;
    }
    uint32_t slots = learn(&arrays, entries);
    assert_int_equal(slots, 4);
    end(&arrays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parallel_columns_are_slots),
        cmocka_unit_test(empty_tags_have_their_highest_bit),
        cmocka_unit_test(empty_tags_are_all_ones),
        cmocka_unit_test(key_and_value_are_one_slot),
        cmocka_unit_test(single_slots_side_by_side_are_no_bucket),
    };
    return RUN(tests);
}
