/* Numbers as people read them. */
#include "unit.h"

#include "format.h"

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } expected[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.00 KiB"},
        {1536, "1.50 KiB"},
        {10 * 1024 - 1, "10.0 KiB"}, /* not 10.00 */
        {100 * 1024 - 1, "100 KiB"}, /* not 100.0 */
        {1023 * 1024 + 511, "1023 KiB"},
        {1023 * 1024 + 512, "1.00 MiB"}, /* not 1024 KiB */
        {1024 * 1024 - 1, "1.00 MiB"},
        {23509432, "22.4 MiB"},
        {4043309056, "3.77 GiB"},
        {UINT64_MAX, "16.0 EiB"},
    };
    char out[FORMAT_BYTES];
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_string_equal(format_bytes(out, expected[i].bytes), expected[i].text);
    assert_string_equal(format_bytes_change(out, 10, 2058), "+2.00 KiB");
    assert_string_equal(format_bytes_change(out, 2058, 10), "-2.00 KiB");
    assert_string_equal(format_bytes_change(out, 7, 7), "+0 B");
}

static void test_counts(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    assert_string_equal(format_count(out, 0), "0");
    assert_string_equal(format_count(out, 999), "999");
    assert_string_equal(format_count(out, 1000), "1,000");
    assert_string_equal(format_count(out, 16777216), "16,777,216");
    assert_string_equal(format_count(out, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void test_durations(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    assert_string_equal(format_duration(out, 450), "0.5 s");
    assert_string_equal(format_duration(out, 41000), "41 s");
    assert_string_equal(format_duration(out, 725000), "12m05s");
    assert_string_equal(format_duration(out, 11520000), "3h12m");
    assert_string_equal(format_duration(out, 187200000), "2d04h");
}

static void test_loads_and_shares(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    assert_string_equal(format_load(out, 0), "0");
    assert_string_equal(format_load(out, 0.85), "0.85");
    assert_string_equal(format_load(out, 2.31), "2.31");
    assert_string_equal(format_load(out, 0.0093), "0.0093");
    assert_string_equal(format_load(out, 0.000034), "0.000034");
    assert_string_equal(format_share(out, 60, 100), "60%");
    assert_string_equal(format_share(out, 4, 1000), "0.4%");
    assert_string_equal(format_share(out, 1, 100000), "less than 0.1%");
    assert_string_equal(format_share(out, 0, 0), "0%");
}

static void test_parse_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},        {"1048576", 1048576}, {"64K", 65536},
                {"1m", 1048576}, {"2G", 2147483648},   {"18446744073709551615", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 M",
                                      "1MB",
                                      "1T",
                                      "M",
                                      "0x10",
                                      "1.5M",
                                      "18446744073709551616",
                                      "18446744073709551615K"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(parse_bytes(good[i].text, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(parse_bytes(bad[i], &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),       cmocka_unit_test(test_counts),
        cmocka_unit_test(test_durations),   cmocka_unit_test(test_loads_and_shares),
        cmocka_unit_test(test_parse_bytes),
    };
    return RUN(tests);
}
