/* What is advised for each verdict, and that the words carry the numbers. */
#include "unit.h"

#include <string.h>

#include "advice.h"

static const struct dump_table open_table = {
    .bytes = 131072ULL * 224,
    .resident_bytes = 131072ULL * 224,
    .capacity = 131072,
    .live = 5000,
    .slot_bytes = 224,
    .value_bytes = 216,
    .peak_live = 95000,
    .kind = DUMP_KIND_OPEN,
    .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES |
             DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_PEAK | DUMP_KNOWN_RESIDENT,
};

static size_t advise_for(const struct dump_table *table, const char *implementation,
                         enum verdict verdict, struct advice advice[ADVICE_MAX])
{
    const struct layout *layout = layout_by_name(implementation);
    struct saving saving = saving_of(table, layout, NULL);
    struct judgement judgement = {.verdict = verdict};
    return advise(table, layout, &saving, &judgement, advice);
}

static void test_shrink_where_there_is_a_call(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    const struct layout *khash = layout_by_name("khash");
    assert_int_equal(advise_for(&open_table, "khash", VERDICT_HOLLOW, advice), 2);
    assert_int_equal(advice[0].action, ADVICE_SHRINK);
    assert_string_equal(advice[0].how, khash->shrink_call);
    assert_int_equal(advice[0].saves_bytes, (131072 - khash->capacity_for(5000)) * 224);
    assert_int_equal(advice[0].saves_resident_bytes, advice[0].saves_bytes);
    assert_int_equal(advice[1].action, ADVICE_BOX);
    assert_int_equal(advice[1].saves_bytes, 131072ULL * 208 - 5000ULL * 224);
    assert_non_null(strstr(advice[1].cost, "95,000 entries"));
    assert_non_null(strstr(advice[1].cost, "saves 5.71 MiB")); /* 131072 * 208 - 95000 * 224 */
}

static void test_recreate_where_there_is_none(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    assert_true(advise_for(&open_table, "unknown", VERDICT_HOLLOW, advice) >= 1);
    assert_int_equal(advice[0].action, ADVICE_RECREATE);
    /* 5000 entries at the assumed load of 0.5: 16,384 slots, three doublings from 131,072 */
    assert_non_null(strstr(advice[0].how, "16,384 slots"));
    assert_non_null(strstr(advice[0].cost, "takes 3 rehashes"));
}

/* What fills again is no room to give back; boxed values save while it is full, too. */
static void test_leave_what_fills_again(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    const struct layout *khash = layout_by_name("khash");
    struct saving saving = saving_of(&open_table, khash, NULL);
    struct judgement judgement = {.verdict = VERDICT_HOLLOW, .refills = {.times = 3}};
    assert_int_equal(advise(&open_table, khash, &saving, &judgement, advice), 2);
    assert_int_equal(advice[0].action, ADVICE_BOX);
    assert_int_equal(advice[1].action, ADVICE_SHRINK);
    assert_non_null(strstr(advice[1].cost, "filled again 3 times"));
    assert_non_null(strstr(advice[1].cost, "Leave it as it is"));
}

/* An empty table has nothing to double, and still has the whole way back. */
static void test_the_way_back_of_an_empty_table(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    struct dump_table empty = open_table;
    empty.live = 0;
    assert_true(advise_for(&empty, "Rust HashMap (hashbrown)", VERDICT_HOLLOW, advice) >= 1);
    assert_non_null(strstr(advice[0].cost, "takes 14 rehashes")); /* 8 to 131,072 */
}

static void test_reserve_less(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    assert_int_equal(advise_for(&open_table, "khash", VERDICT_OVER_RESERVED, advice), 1);
    assert_int_equal(advice[0].action, ADVICE_RESERVE_LESS);
    assert_non_null(strstr(advice[0].how, "5,000 instead of 131,072"));
    struct dump_table never_used = open_table;
    never_used.live = 0;
    assert_int_equal(advise_for(&never_used, "khash", VERDICT_OVER_RESERVED, advice), 1);
    assert_non_null(strstr(advice[0].how, "reserve nothing"));
}

static void test_no_advice_without_a_finding(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    assert_int_equal(advise_for(&open_table, "khash", VERDICT_OK, advice), 0);
    assert_int_equal(advise_for(&open_table, "khash", VERDICT_GROWING, advice), 0);
}

static void test_no_box_for_pointers(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    struct dump_table map = open_table;
    map.kind = DUMP_KIND_CHAINED;
    assert_int_equal(advise_for(&map, "std::unordered_map", VERDICT_HOLLOW, advice), 1);
    assert_int_equal(advice[0].action, ADVICE_SHRINK);
    assert_string_equal(advice[0].how, "m.rehash(0);");
}

/* 16 bytes in a block of 32: 95,000 of them are more than the slots save, and now recreating gives
 * back more. */
static void test_no_box_that_costs_at_the_peak(void **state)
{
    (void)state;
    struct advice advice[ADVICE_MAX];
    struct dump_table small = open_table;
    small.slot_bytes = 24;
    small.value_bytes = 16;
    small.bytes = small.resident_bytes = small.capacity * small.slot_bytes;
    assert_int_equal(advise_for(&small, "khash", VERDICT_HOLLOW, advice), 1);
    assert_int_equal(advice[0].action, ADVICE_SHRINK);
    small.peak_live = 20000; /* at that peak it saves: 131,072 * 8 - 20,000 * 32 */
    assert_int_equal(advise_for(&small, "khash", VERDICT_HOLLOW, advice), 2);
    assert_int_equal(advice[1].action, ADVICE_BOX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shrink_where_there_is_a_call),
        cmocka_unit_test(test_recreate_where_there_is_none),
        cmocka_unit_test(test_leave_what_fills_again),
        cmocka_unit_test(test_the_way_back_of_an_empty_table),
        cmocka_unit_test(test_reserve_less),
        cmocka_unit_test(test_no_advice_without_a_finding),
        cmocka_unit_test(test_no_box_for_pointers),
        cmocka_unit_test(test_no_box_that_costs_at_the_peak),
    };
    return RUN(tests);
}
