/* Lengths of vectors in the place of chains: bucket_vectors.h. */
#include "unit.h"

#include <string.h>

#include "bucket_vectors.h"
#include "readable.h"

#define BUCKETS 2048u
#define ENTRIES 1600u

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static uint32_t lengths[BUCKETS];

static void throw_entries(void)
{
    uint64_t seed = 5;
    memset(lengths, 0, sizeof(lengths));
    for (uint32_t i = 0; i < ENTRIES; i++)
        lengths[random_word(&seed) % BUCKETS]++;
}

/* One in each of four buckets of five. */
static void spread_entries(void)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        lengths[i] = i % 5 != 0;
}

static uint64_t address_of(uint32_t nth)
{
    return 0x555500001000 + nth * 48ull;
}

static struct layout_view view_of(struct readable *readable, const void *memory, size_t bytes)
{
    readable_begin(readable);
    readable_add(readable, memory, bytes);
    return (struct layout_view){.reader = &readable->reader, .scratch = scratch};
}

/* --- a pointer, a length and a room --- */

struct bucket {
    uint64_t pointer;
    uint32_t length, room;
};

static uint32_t kind_of_buckets(uint32_t room, uint64_t *live)
{
    static struct bucket buckets[BUCKETS];
    struct readable readable;
    const struct layout_view view = view_of(&readable, buckets, sizeof(buckets));
    const struct block block = {(uint64_t)(uintptr_t)buckets, sizeof(buckets)};
    struct slot_profile profile = {
        .slot_bytes = sizeof(struct bucket), .column_bytes = 8, .is_distinct = 1};
    uint64_t occupied;
    memset(buckets, 0, sizeof(buckets));
    for (uint32_t i = 0; i < BUCKETS; i++)
        if (lengths[i] != 0)
            buckets[i] = (struct bucket){.pointer = address_of(i),
                                         .length = lengths[i],
                                         .room = (lengths[i] + room - 1) / room * room};
    bucket_vectors_learn(&view, &block, &profile);
    *live = 0;
    if (profile.length_kind != SLOT_LENGTH_NONE)
        assert_true(bucket_vectors_count(&view, &block, &profile, live, &occupied));
    return profile.length_kind;
}

static void lengths_that_a_hash_makes_are_added_up(void **state)
{
    (void)state;
    uint64_t live;
    throw_entries();
    assert_int_equal(kind_of_buckets(4, &live), SLOT_LENGTH_COUNT);
    assert_int_equal(live, ENTRIES);
}

/* --- a pointer, a length and a room of two bytes each --- */

struct short_bucket {
    uint64_t pointer;
    uint16_t room, length;
    uint32_t unused;
};

static void lengths_of_two_bytes_are_added_up(void **state)
{
    static struct short_bucket buckets[BUCKETS];
    struct readable readable;
    const struct layout_view view = view_of(&readable, buckets, sizeof(buckets));
    const struct block block = {(uint64_t)(uintptr_t)buckets, sizeof(buckets)};
    struct slot_profile profile = {
        .slot_bytes = sizeof(struct short_bucket), .column_bytes = 8, .is_distinct = 1};
    uint64_t live = 0, occupied;
    (void)state;
    throw_entries();
    for (uint32_t i = 0; i < BUCKETS; i++)
        if (lengths[i] != 0)
            buckets[i] = (struct short_bucket){.pointer = address_of(i),
                                               .length = (uint16_t)lengths[i],
                                               .room = (uint16_t)((lengths[i] + 3) / 4 * 4)};
    bucket_vectors_learn(&view, &block, &profile);
    assert_int_equal(profile.length_kind, SLOT_LENGTH_SHORT);
    assert_int_equal(profile.length_offset, offsetof(struct short_bucket, length));
    assert_true(bucket_vectors_count(&view, &block, &profile, &live, &occupied));
    assert_int_equal(live, ENTRIES);
}

/* Rooms of two come near what a hash would have made of so many buckets in use. */
static void rooms_that_are_all_the_same_are_no_lengths(void **state)
{
    (void)state;
    uint64_t live;
    spread_entries();
    assert_int_equal(kind_of_buckets(2, &live), SLOT_LENGTH_NONE);
}

/* --- a room, a pointer that leads nowhere where there is nothing, a length --- */

struct vec {
    uint64_t room, pointer, length;
};

static uint32_t kind_of_vecs(uint64_t nowhere, uint64_t room, uint64_t *live)
{
    static struct vec vecs[BUCKETS];
    struct readable readable;
    const struct layout_view view = view_of(&readable, vecs, sizeof(vecs));
    const struct block block = {(uint64_t)(uintptr_t)vecs, sizeof(vecs)};
    struct slot_profile profile = {
        .slot_bytes = sizeof(struct vec), .column_bytes = 8, .has_marker = 1, .marker_value = 4};
    uint64_t occupied;
    for (uint32_t i = 0; i < BUCKETS; i++)
        vecs[i] = lengths[i] == 0
                      ? (struct vec){.pointer = nowhere}
                      : (struct vec){.room = room, .pointer = address_of(i), .length = lengths[i]};
    bucket_vectors_learn_vecs(&view, &block, &profile);
    *live = 0;
    if (profile.length_kind == SLOT_LENGTH_NONE)
        return profile.length_kind;
    /* One of those that were in use has become empty. */
    for (uint32_t i = 0, left = 1; i < BUCKETS && left > 0; i++)
        if (vecs[i].length == 1) {
            vecs[i].length = 0;
            left--;
        }
    assert_int_equal(profile.column, 8);
    assert_int_equal(profile.has_marker, 0);
    assert_true(bucket_vectors_count(&view, &block, &profile, live, &occupied));
    return profile.length_kind;
}

static void vectors_that_lead_nowhere_are_added_up(void **state)
{
    (void)state;
    uint64_t live;
    throw_entries();
    assert_int_equal(kind_of_vecs(8, 32, &live), SLOT_LENGTH_COUNT);
    assert_int_equal(live, ENTRIES - 1);
    spread_entries();
    assert_int_equal(kind_of_vecs(8, 4, &live), SLOT_LENGTH_COUNT);
    assert_int_equal(live, BUCKETS - (BUCKETS + 4) / 5 - 1);
}

static void others_are_no_vectors(void **state)
{
    (void)state;
    uint64_t live;
    throw_entries();
    assert_int_equal(kind_of_vecs(1, 32, &live), SLOT_LENGTH_NONE); /* strings */
    assert_int_equal(kind_of_vecs(0, 32, &live), SLOT_LENGTH_NONE);
    assert_int_equal(kind_of_vecs(8, 1, &live), SLOT_LENGTH_NONE); /* some are longer */
    for (uint32_t i = 0; i < BUCKETS; i++)
        lengths[i] *= 7; /* what hangs from the slots is something else */
    assert_int_equal(kind_of_vecs(8, 200, &live), SLOT_LENGTH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_that_a_hash_makes_are_added_up),
        cmocka_unit_test(lengths_of_two_bytes_are_added_up),
        cmocka_unit_test(rooms_that_are_all_the_same_are_no_lengths),
        cmocka_unit_test(vectors_that_lead_nowhere_are_added_up),
        cmocka_unit_test(others_are_no_vectors),
    };
    return RUN(tests);
}
