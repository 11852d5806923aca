/* Columns of addresses that were taken for halves of words: slot_addresses.h. */
#include "unit.h"

#include "readable.h"
#include "slot_addresses.h"
#include "slot_profile.h"

#define SLOTS 1024u

struct bucket {
    uint64_t address;
    uint32_t length, room;
};

static struct bucket buckets[SLOTS];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

static void fill(void)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        buckets[i] = i % 3 == 0 ? (struct bucket){0}
                                : (struct bucket){.address = 0x555500001000 + i * 32ull,
                                                  .length = 1 + i % 2,
                                                  .room = 4};
}

static struct slot_profile widened(void)
{
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, buckets, sizeof(buckets));
    const struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    const struct block block = {(uint64_t)(uintptr_t)buckets, sizeof(buckets)};
    /* The first and the third half differ from slot to slot. */
    struct slot_profile profile = {.slot_bytes = sizeof(struct bucket),
                                   .column_bytes = 4,
                                   .is_distinct = 1,
                                   .distinct_columns = 5};
    slot_addresses_widen(&view, &block, &profile);
    return profile;
}

static void halves_of_addresses_are_widened(void **state)
{
    (void)state;
    fill();
    struct slot_profile profile = widened();
    assert_int_equal(profile.column_bytes, 8);
    assert_int_equal(profile.distinct_columns, 3);
}

static void other_words_are_left(void **state)
{
    (void)state;
    fill();
    buckets[SLOTS - 1].address |= 0xabcdull << 48;
    struct slot_profile profile = widened();
    assert_int_equal(profile.column_bytes, 4);
    assert_int_equal(profile.distinct_columns, 5);
}

static void few_addresses_prove_nothing(void **state)
{
    (void)state;
    fill();
    for (uint32_t i = 24; i < SLOTS; i++)
        buckets[i] = (struct bucket){0};
    assert_int_equal(widened().column_bytes, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_of_addresses_are_widened),
        cmocka_unit_test(other_words_are_left),
        cmocka_unit_test(few_addresses_prove_nothing),
    };
    return RUN(tests);
}
