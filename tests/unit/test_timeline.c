/* Readings as a line of characters. */
#include "unit.h"

#include <string.h>

#include "refills.h"
#include "timeline.h"

static const struct terminal ascii = {.width = 100}, utf8 = {.width = 100, .utf8 = true};

static struct dump dump_of(struct dump_table *table, const struct dump_reading *readings,
                           uint32_t count)
{
    table->first_reading = 0;
    table->reading_count = count;
    return (struct dump){.tables = table, .readings = readings, .reading_count = count};
}

static void test_rise_and_fall(void **state)
{
    (void)state;
    const struct dump_reading readings[] = {{.at_ms = 0, .capacity = 100, .live = 0},
                                            {.at_ms = 1000, .capacity = 100, .live = 70},
                                            {.at_ms = 2000, .capacity = 100, .live = 10},
                                            {.at_ms = 4000, .capacity = 100, .live = 0}};
    struct dump_table table = {0};
    struct dump dump = dump_of(&table, readings, 4);
    char line[TIMELINE_BYTES];
    assert_true(timeline(&dump, &table, 0, &ascii, line));
    /* 100 ms a column: empty until 1000 ms, full until 2000 ms, a seventh until 4000 ms */
    assert_string_equal(line, "_________##########...................._");
    /* It held more before it was looked at: a bar is only as full as the table was. */
    assert_true(timeline(&dump, &table, 700, &ascii, line));
    assert_string_equal(line, "_________.........._____________________");
}

static void test_width_is_constant(void **state)
{
    (void)state;
    const struct dump_reading readings[] = {
        {.at_ms = 5, .live = 1}, {.at_ms = 5, .live = 9}, {.at_ms = 5, .live = 3}};
    struct dump_table table = {0};
    struct dump dump = dump_of(&table, readings, 3);
    char line[TIMELINE_BYTES];
    assert_true(timeline(&dump, &table, 0, &utf8, line)); /* all at one moment */
    assert_int_equal(strlen(line), 3 * TIMELINE_COLUMNS);
    dump = dump_of(&table, readings, 2);
    assert_false(timeline(&dump, &table, 0, &utf8, line));
}

static void test_times_that_run_backwards(void **state)
{
    (void)state;
    const struct dump_reading readings[] = {
        {.at_ms = 900, .live = 1}, {.at_ms = 100, .live = 9}, {.at_ms = 5, .live = 3}};
    struct dump_table table = {0};
    struct dump dump = dump_of(&table, readings, 3);
    char line[TIMELINE_BYTES];
    assert_true(timeline(&dump, &table, 0, &ascii, line));
    assert_int_equal(strlen(line), TIMELINE_COLUMNS);
}

static void test_hollow_since(void **state)
{
    (void)state;
    struct dump_reading readings[] = {{.at_ms = 1, .capacity = 100, .live = 5},
                                      {.at_ms = 2, .capacity = 100, .live = 60},
                                      {.at_ms = 3, .capacity = 100, .live = 9},
                                      {.at_ms = 4, .capacity = 100, .live = 3}};
    struct dump_table table = {0};
    struct dump dump = dump_of(&table, readings, 4);
    uint64_t at_ms = 0;
    assert_true(hollow_since(&dump, &table, 0.2, &at_ms));
    assert_int_equal(at_ms, 3);
    readings[3].live = 30; /* it is not hollow now */
    assert_false(hollow_since(&dump, &table, 0.2, &at_ms));
    readings[1].live = readings[3].live = 3; /* it never was anything else */
    assert_false(hollow_since(&dump, &table, 0.2, &at_ms));
}

static void test_refills(void **state)
{
    (void)state;
    struct dump_reading readings[] = {
        {.at_ms = 1, .capacity = 100, .live = 60}, {.at_ms = 2, .capacity = 100, .live = 2},
        {.at_ms = 3, .capacity = 100, .live = 0},  {.at_ms = 4, .capacity = 100, .live = 70},
        {.at_ms = 5, .capacity = 100, .live = 30}, {.at_ms = 6, .capacity = 100, .live = 1},
        {.at_ms = 7, .capacity = 100, .live = 40}, {.at_ms = 8, .capacity = 100, .live = 0}};
    struct dump_table table = {.capacity = 100};
    struct dump dump = dump_of(&table, readings, 8);
    struct refills refills = refills_of(&dump, &table, 0.2);
    assert_int_equal(refills.times, 2);
    assert_int_equal(refills.last_ms, 7);
    dump = dump_of(&table, readings, 3); /* emptied, once */
    assert_int_equal(refills_of(&dump, &table, 0.2).times, 0);
    /* Reserved and then filled for the first time. */
    dump = dump_of(&table, readings + 1, 3);
    assert_int_equal(refills_of(&dump, &table, 0.2).times, 0);
    /* Grown, emptied before anybody looked, and filled again. */
    table.growths = 5;
    assert_int_equal(refills_of(&dump, &table, 0.2).times, 1);
    /* Emptied, replaced by a small array and grown once more. */
    readings[1].capacity = 10;
    table.growths = 0;
    dump = dump_of(&table, readings, 4);
    assert_int_equal(refills_of(&dump, &table, 0.2).times, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rise_and_fall),
        cmocka_unit_test(test_width_is_constant),
        cmocka_unit_test(test_times_that_run_backwards),
        cmocka_unit_test(test_hollow_since),
        cmocka_unit_test(test_refills),
    };
    return RUN(tests);
}
