/* Keys of two words, either of which may be zero: slot_zeros.h. */
#include "unit.h"

#include <string.h>

#include "readable.h"
#include "slot_zeros.h"

#define SLOTS 4096u

struct cell {
    uint32_t row, column, weight, next;
};

static struct cell cells[SLOTS];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

/* Every second slot is in use; rows of each 128th of these are zero, and so are other columns. */
static void fill(uint32_t weight)
{
    memset(cells, 0, sizeof(cells));
    for (uint32_t i = 0; i < SLOTS; i += 2)
        cells[i] =
            (struct cell){i % 256 == 64 ? 0 : i + 1, i % 256 == 128 ? 0 : i + 7, weight, weight};
}

static struct slot_profile avoided(void)
{
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, cells, sizeof(cells));
    const struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    const struct block block = {(uint64_t)(uintptr_t)cells, sizeof(cells)};
    struct slot_profile profile = {.slot_bytes = sizeof(struct cell),
                                   .column_bytes = 4,
                                   .is_distinct = 1,
                                   .distinct_columns = 3};
    slot_zeros_avoid(&view, &block, &profile);
    return profile;
}

static void a_column_without_zeros_is_taken(void **state)
{
    (void)state;
    fill(5);
    struct slot_profile profile = avoided();
    assert_int_equal(profile.column, 8);
    assert_int_equal(profile.column_bytes, 4);
    assert_int_equal(profile.is_distinct, 0);
}

static void else_both_words_of_the_key_are(void **state)
{
    (void)state;
    fill(0);
    struct slot_profile profile = avoided();
    assert_int_equal(profile.column, 0);
    assert_int_equal(profile.column_bytes, 8);
    assert_int_equal(profile.is_distinct, 1);
    assert_int_equal(profile.distinct_columns, 1);
}

static void a_column_that_tells_is_kept(void **state)
{
    (void)state;
    fill(0);
    for (uint32_t i = 0; i < SLOTS; i += 2)
        cells[i].row = i + 1;
    struct slot_profile profile = avoided();
    assert_int_equal(profile.column, 0);
    assert_int_equal(profile.column_bytes, 4);
}

/* What lies in front of the slots, or behind them, is no entry. */
static void zeros_at_one_end_are_of_none(void **state)
{
    (void)state;
    fill(0);
    for (uint32_t i = 0; i < SLOTS; i += 2)
        cells[i].row = i < SLOTS / 2 && i % 256 == 64 ? 0 : i + 1;
    assert_int_equal(avoided().column_bytes, 4);
}

static void zeros_in_many_tell_nothing(void **state)
{
    (void)state;
    fill(5);
    for (uint32_t i = 0; i < SLOTS; i += 4)
        cells[i].row = 0;
    assert_int_equal(avoided().column, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_without_zeros_is_taken),
        cmocka_unit_test(else_both_words_of_the_key_are),
        cmocka_unit_test(a_column_that_tells_is_kept),
        cmocka_unit_test(zeros_at_one_end_are_of_none),
        cmocka_unit_test(zeros_in_many_tell_nothing),
    };
    return RUN(tests);
}
