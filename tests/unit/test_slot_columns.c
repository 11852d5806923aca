/* What each column of an unknown table's slots says of how many are live: slot_columns.h. */
#include "unit.h"

#include <string.h>

#include "readable.h"
#include "slot_columns.h"

#define SLOTS   4096u
#define USED    3000u
#define LEFT    500u
#define DELETED 0xdeaddeaddeaddeadu

struct entry {
    uint64_t key, value;
};

static struct entry slots[SLOTS];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;

static struct slot_profile profile(void)
{
    return (struct slot_profile){
        .slot_bytes = sizeof(struct entry), .column_bytes = 8, .distinct_columns = 3};
}

static bool is_used(uint32_t nth)
{
    return nth * 2654435761u % SLOTS < USED; /* an odd factor: each number once */
}

static bool is_left(uint32_t nth)
{
    return nth * 2654435761u % SLOTS < LEFT;
}

/* USED slots of random keys and values. */
static void make(void)
{
    uint64_t seed = 7;
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct entry entry = {.key = random_word(&seed), .value = random_word(&seed)};
        slots[i] = is_used(i) ? entry : (struct entry){0};
    }
}

static bool read_slots(const struct slot_profile *how, struct slot_columns *out)
{
    readable_begin(&readable);
    readable_add(&readable, slots, sizeof(slots));
    struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    struct block block = {(uint64_t)(uintptr_t)slots, sizeof(slots)};
    bool is_read = slot_columns_read(&view, &block, how, USED, out);
    assert_int_equal(readable.refused, 0);
    return is_read;
}

static void columns_that_agree_say_what_the_slots_do(void **state)
{
    (void)state;
    struct slot_profile how = profile();
    struct slot_columns columns;
    struct table_reading reading = {.capacity = SLOTS, .live = USED}, few;
    make();
    assert_true(read_slots(&how, &columns));
    assert_int_equal(columns.fewest, USED);
    assert_int_equal(columns.most, USED);
    assert_false(slot_columns_suppose(&columns, &reading, &few));
}

/* Erasing leaves a mark in the place of the key, and the value as it is. */
static void a_frequent_word_is_no_key(void **state)
{
    (void)state;
    struct slot_profile how = profile();
    struct slot_columns columns;
    struct table_reading reading = {.capacity = SLOTS, .live = USED}, few;
    make();
    for (uint32_t i = 0; i < SLOTS; i++)
        if (is_used(i) && !is_left(i))
            slots[i].key = DELETED;
    assert_true(read_slots(&how, &columns));
    assert_int_equal(columns.fewest, LEFT);
    assert_int_equal(columns.most, USED);
    assert_true(slot_columns_suppose(&columns, &reading, &few));
    assert_int_equal(few.live, LEFT);
    assert_int_equal(few.tombstones, USED - LEFT);
    assert_true(few.known & DUMP_KNOWN_TOMBSTONES);
    assert_int_equal(few.capacity, SLOTS);
}

/* Only of the columns that differed from entry to entry is anything asked. */
static void other_columns_are_not_asked(void **state)
{
    (void)state;
    struct slot_profile how = profile();
    struct slot_columns columns;
    make();
    for (uint32_t i = 0; i < SLOTS; i++)
        if (is_used(i) && !is_left(i))
            slots[i].key = DELETED;
    how.distinct_columns = 2;
    assert_true(read_slots(&how, &columns));
    assert_int_equal(columns.fewest, USED);
    how.distinct_columns = 1;
    assert_true(read_slots(&how, &columns));
    assert_int_equal(columns.most, LEFT);
}

/* Values that all became the same say nothing of the keys. */
static void a_column_of_nothing_is_not_supposed(void **state)
{
    (void)state;
    struct slot_profile how = profile();
    struct slot_columns columns;
    struct table_reading reading = {.capacity = SLOTS, .live = USED}, few;
    make();
    for (uint32_t i = 0; i < SLOTS; i++)
        if (is_used(i))
            slots[i].value = 1;
    assert_true(read_slots(&how, &columns));
    assert_int_equal(columns.fewest, 0);
    assert_int_equal(columns.most, USED);
    assert_false(slot_columns_suppose(&columns, &reading, &few));
}

static void slots_of_another_kind_are_refused(void **state)
{
    (void)state;
    struct slot_columns columns;
    struct slot_profile how[8];
    make();
    for (unsigned i = 0; i < 8; i++)
        how[i] = profile();
    how[0].distinct_columns = 0;
    how[1].distinct_columns = 4; /* of a word behind the slot */
    how[2].is_chained = 1;
    how[3].is_indexed = 1;
    how[4].has_states = 1;
    how[5].mark = SLOT_MARK_ODD;
    how[6].column = 12; /* half of the word lies behind the slot */
    how[7].header_bytes = sizeof(slots);
    for (unsigned i = 0; i < 8; i++)
        assert_false(read_slots(&how[i], &columns));
}

static void memory_that_is_gone_is_refused(void **state)
{
    (void)state;
    struct slot_profile how = profile();
    struct slot_columns columns;
    make();
    readable_begin(&readable);
    readable_add(&readable, slots, sizeof(slots) / 2);
    struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    struct block block = {(uint64_t)(uintptr_t)slots, sizeof(slots)};
    assert_false(slot_columns_read(&view, &block, &how, USED, &columns));
}

static void the_tables_own_count_bears_it_out(void **state)
{
    (void)state;
    struct slot_columns columns = {.fewest = LEFT, .most = USED};
    struct table_reading counted = {.live = LEFT, .flags = DUMP_TABLE_COUNTED};
    assert_true(slot_columns_bear_out(&columns, &counted));
    counted.live = LEFT + 1;
    assert_true(slot_columns_bear_out(&columns, &counted));
    counted.live = LEFT - 1;
    assert_true(slot_columns_bear_out(&columns, &counted));
    counted.live = LEFT + 2;
    assert_false(slot_columns_bear_out(&columns, &counted));
    counted.live = LEFT - 2;
    assert_false(slot_columns_bear_out(&columns, &counted));
    counted.live = USED;
    assert_false(slot_columns_bear_out(&columns, &counted));
    counted = (struct table_reading){.live = LEFT};
    assert_false(slot_columns_bear_out(&columns, &counted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_agree_say_what_the_slots_do),
        cmocka_unit_test(a_frequent_word_is_no_key),
        cmocka_unit_test(other_columns_are_not_asked),
        cmocka_unit_test(a_column_of_nothing_is_not_supposed),
        cmocka_unit_test(slots_of_another_kind_are_refused),
        cmocka_unit_test(memory_that_is_gone_is_refused),
        cmocka_unit_test(the_tables_own_count_bears_it_out),
    };
    return RUN(tests);
}
