/* The gate's settings, from a file and from the command line: check_config.h, check_options.h. */
#include "unit.h"

#include <string.h>

#include "check_config.h"

static bool parse(struct check_options *options, const char *text, struct error *error)
{
    return check_config_parse(options, "/src/.hashtrack", text, strlen(text), error);
}

static void set(struct check_options *options, const char *name, const char *value)
{
    struct error error;
    const struct check_option *option = check_option_named(name);
    assert_non_null(option);
    if (!check_option_set(options, option, value, &error))
        fail_msg("%s", error.text);
}

static void test_every_key(void **state)
{
    (void)state;
    struct check_options options = {0};
    struct error error = {0};
    if (!parse(&options,
               "# a comment\n; another\n\n[check]\nmax-hollow = 4M\nmax-per-site=512K\n"
               "min-fill: 0.2\nmin-saving = 100\nfail-on-increase = 5%\nerror-exitcode = 9\n"
               "baseline = tests/known.json\nsuppressions = a\nsuppressions = /b\n"
               "strict-baseline = yes\nsource-root = .\n",
               &error))
        fail_msg("%s", error.text);
    assert_int_equal(options.max_hollow.bytes, 4 << 20);
    assert_string_equal(options.max_hollow.from, "/src/.hashtrack:5: max-hollow");
    assert_int_equal(options.max_per_site.bytes, 512 << 10);
    assert_true(options.min_fill.value == 0.2);
    assert_int_equal(options.min_saving.bytes, 100);
    assert_true(options.fail_on_increase.value == 5);
    assert_int_equal(check_failure_status(&options), 9);
    assert_string_equal(options.baseline.path, "/src/tests/known.json");
    assert_int_equal(options.suppressions.count, 2);
    assert_string_equal(options.suppressions.list[0].path, "/src/a");
    assert_string_equal(options.suppressions.list[1].path, "/b");
    assert_string_equal(options.source_root.path, "/src/.");
    assert_true(options.strict_baseline);
    check_options_free(&options);
}

/* What was said on the command line stands; lists go together. */
static void test_command_line_wins(void **state)
{
    (void)state;
    struct check_options options = {0};
    struct error error = {0};
    set(&options, "max-hollow", "1M");
    set(&options, "baseline", "mine.json");
    set(&options, "suppressions", "mine");
    set(&options, "strict-baseline", NULL);
    assert_true(parse(&options,
                      "[check]\nmax-hollow = 4M\nbaseline = x\nsuppressions = y\n"
                      "strict-baseline = no\nmax-per-site = 2M\n",
                      &error));
    assert_int_equal(options.max_hollow.bytes, 1 << 20);
    assert_string_equal(options.max_hollow.from, "--max-hollow");
    assert_string_equal(options.baseline.path, "mine.json");
    assert_int_equal(options.suppressions.count, 2);
    assert_true(options.strict_baseline);
    assert_int_equal(options.max_per_site.bytes, 2 << 20);
    check_options_free(&options);
}

static void test_first_error_is_named(void **state)
{
    (void)state;
    struct check_options options = {0};
    struct error error = {0};
    assert_false(parse(&options, "[check]\nmax-hollow = much\nwhatever = 1\n", &error));
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "/src/.hashtrack:2: max-hollow: 'much'"));
    check_options_free(&options);
}

/* Not one byte of what is given may be looked at behind its end, or believed. */
static void test_pieces(void **state)
{
    (void)state;
    static const char text[] = "[check]\nmax-hollow = 4M\n[x]\n  y\n=\n[check\n\0z\n";
    for (size_t length = 0; length < sizeof(text); length++) {
        struct check_options options = {0};
        struct error error = {0};
        bool read = check_config_parse(&options, "f", text, length, &error);
        assert_true(read == (error.text[0] == '\0'));
        check_options_free(&options);
    }
}

/* Every option has a name of its own and a place in --help. */
static void test_table(void **state)
{
    (void)state;
    const struct check_option *option;
    for (size_t i = 0; (option = check_option_at(i)); i++) {
        assert_ptr_equal(check_option_named(option->name), option);
        assert_true(strlen(option->help) > 10);
    }
    assert_null(check_option_named("no-such-option"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_command_line_wins),
        cmocka_unit_test(test_first_error_is_named),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_table),
    };
    return RUN(tests);
}
