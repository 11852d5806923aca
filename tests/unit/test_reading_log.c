/* Readings in bounded memory: what is kept when there are too many. */
#include "unit.h"

#include "reading_log.h"

static void add(struct reading_log *log, uint64_t number, uint64_t at_ms, uint64_t live)
{
    struct dump_reading reading = {.at_ms = at_ms, .capacity = 1000, .live = live};
    reading_log_add(log, number, &reading);
}

static void test_keeps_what_there_is(void **state)
{
    (void)state;
    struct reading_log log = {0};
    add(&log, 7, 10, 1);
    add(&log, 9, 10, 5);
    add(&log, 7, 20, 2);
    const struct reading_series *series = reading_log_of(&log, 7);
    assert_non_null(series);
    assert_int_equal(series->count, 2);
    assert_int_equal(series->readings[1].live, 2);
    assert_int_equal(reading_log_of(&log, 9)->count, 1);
    assert_null(reading_log_of(&log, 8));
    reading_log_free(&log);
}

static void test_an_idle_table_takes_two(void **state)
{
    (void)state;
    struct reading_log log = {0};
    for (uint64_t at = 0; at < 1000; at++)
        add(&log, 1, at, 42);
    const struct reading_series *series = reading_log_of(&log, 1);
    assert_int_equal(series->count, 2);
    assert_int_equal(series->readings[0].at_ms, 0);
    assert_int_equal(series->readings[1].at_ms, 999);
    reading_log_free(&log);
}

/* One full moment among thousands of readings is still there, and the last reading, in order. */
static void test_a_peak_survives(void **state)
{
    (void)state;
    for (uint64_t peak = 0; peak < 3000; peak += 97) {
        struct reading_log log = {0};
        for (uint64_t at = 0; at < 3000; at++)
            add(&log, 1, at, at == peak ? 900 : at % 5);
        const struct reading_series *series = reading_log_of(&log, 1);
        assert_true(series->count <= LOG_MOST_READINGS && series->count >= LOG_MOST_READINGS / 2);
        bool found = false;
        for (uint32_t i = 0; i < series->count; i++) {
            found = found || (series->readings[i].at_ms == peak && series->readings[i].live == 900);
            assert_true(i == 0 || series->readings[i - 1].at_ms < series->readings[i].at_ms);
        }
        assert_true(found);
        assert_int_equal(series->readings[series->count - 1].at_ms, 2999);
        reading_log_free(&log);
    }
}

static void test_the_tables_are_bounded(void **state)
{
    (void)state;
    struct reading_log log = {0};
    for (uint64_t number = 1; number <= LOG_MOST_TABLES + 10; number++)
        add(&log, number, 1, 1);
    assert_int_equal(log.count, LOG_MOST_TABLES);
    assert_non_null(reading_log_of(&log, LOG_MOST_TABLES));
    assert_null(reading_log_of(&log, LOG_MOST_TABLES + 1));
    reading_log_free(&log);
}

/* Only what was empty to the end counts, from its first empty reading on. */
static void test_knows_since_when_a_table_was_empty(void **state)
{
    (void)state;
    struct reading_log log = {0};
    for (uint64_t at = 0; at < 10; at++) {
        add(&log, 1, at, at < 7 ? 900 : 0);
        add(&log, 2, at, 0);
        add(&log, 3, at, at < 7 ? 0 : 1);
        add(&log, 4, at, at == 3 ? 900 : 0);
    }
    assert_int_equal(reading_series_empty_since(reading_log_of(&log, 1)), 7);
    assert_int_equal(reading_series_empty_since(reading_log_of(&log, 2)), 0);
    assert_true(reading_series_empty_since(reading_log_of(&log, 3)) == UINT64_MAX);
    assert_int_equal(reading_series_empty_since(reading_log_of(&log, 4)), 4);
    assert_true(reading_series_empty_since(reading_log_of(&log, 5)) == UINT64_MAX);
    reading_log_free(&log);
}

/* Not what is emptied entry by entry, nor what is empty, nor what has another array by then. */
static void test_knows_what_stayed_low(void **state)
{
    (void)state;
    struct reading_log log = {0};
    const uint64_t limit = 250;
    static const uint64_t stayed[] = {900, 240, 230}, falls[] = {900, 240, 200, 160, 120},
                          emptied[] = {900, 10, 0, 0}, filled[] = {10, 260, 300};
    for (uint64_t at = 0; at < 3; at++)
        add(&log, 1, at, stayed[at]);
    for (uint64_t at = 0; at < 5; at++)
        add(&log, 2, at, falls[at]);
    for (uint64_t at = 0; at < 4; at++)
        add(&log, 3, at, emptied[at]);
    for (uint64_t at = 0; at < 3; at++)
        add(&log, 4, at, filled[at]);
    assert_true(reading_series_stayed_low(reading_log_of(&log, 1), 1000, limit, 99));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 1), 500, limit, 99));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 2), 1000, limit, 99));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 3), 1000, limit, 99));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 4), 1000, limit, 99));
    assert_false(reading_series_stayed_low(NULL, 1000, limit, 99));
    add(&log, 4, 3, 20);
    add(&log, 4, 4, 5); /* a few entries are no fall */
    assert_true(reading_series_stayed_low(reading_log_of(&log, 4), 1000, limit, 99));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 4), 1000, limit, 3));
    reading_log_free(&log);
}

/* A cache that was hollow for a while, was filled again, and is taken apart at the end. */
static void test_what_was_full_again_did_not_stay_low(void **state)
{
    (void)state;
    struct reading_log log = {0};
    static const uint64_t refilled[] = {900, 240, 230, 900, 240, 100}, after[] = {900, 240, 230};
    for (uint64_t at = 0; at < 6; at++)
        add(&log, 1, at, refilled[at]);
    assert_true(reading_series_stayed_low(reading_log_of(&log, 1), 1000, 250, 2));
    assert_false(reading_series_stayed_low(reading_log_of(&log, 1), 1000, 250, 5));
    for (uint64_t at = 0; at < 3; at++)
        add(&log, 2, at, after[at]);
    assert_true(reading_series_stayed_low(reading_log_of(&log, 2), 1000, 250, 2));
    reading_log_free(&log);
}

/* From a million entries to none in half a minute, with a look a second, and more of them where it
 * is below a quarter: what it lost from look to look is little, but no less than before. */
static void test_what_falls_slowly_did_not_stay_low(void **state)
{
    (void)state;
    struct reading_log log = {0};
    uint64_t live = 1000000;
    for (uint64_t at = 0; live > 1000; at += live > 250000 ? 1000 : 100) {
        add(&log, 1, at, live);
        live -= live > 250000 ? 33000 : 3300;
    }
    assert_false(reading_series_stayed_low(reading_log_of(&log, 1), 1000, 250000, UINT64_MAX));
    reading_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_what_there_is),
        cmocka_unit_test(test_an_idle_table_takes_two),
        cmocka_unit_test(test_a_peak_survives),
        cmocka_unit_test(test_the_tables_are_bounded),
        cmocka_unit_test(test_knows_since_when_a_table_was_empty),
        cmocka_unit_test(test_knows_what_stayed_low),
        cmocka_unit_test(test_what_was_full_again_did_not_stay_low),
        cmocka_unit_test(test_what_falls_slowly_did_not_stay_low),
    };
    return RUN(tests);
}
