/* HASHTRACK_* as values: settings.h, options.h. */
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

static struct settings read_one(const char *entry)
{
    struct settings settings = {0};
    char *environment[] = {"PATH=/bin", (char *)(uintptr_t)entry, NULL};
    settings_read(&settings, environment);
    return settings;
}

static struct settings defaults(void)
{
    return read_one(NULL);
}

static void test_defaults(void **state)
{
    (void)state;
    char here[PATH_MAX];
    struct settings settings = defaults();
    assert_int_equal(settings.threshold, 1024);
    assert_int_equal(settings.depth, 32);
    assert_int_equal(settings.signal, 0);
    assert_int_equal(settings.warning_count, 0);
    assert_non_null(getcwd(here, sizeof(here)));
    if (strlen(here) < SETTINGS_PATH_BYTES / 2)
        assert_string_equal(settings.dir, here);
    settings_read(&settings, NULL);
    assert_int_equal(settings.threshold, 1024);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=4096").threshold, 4096);
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=64K").threshold, 64 << 10);
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=64k").threshold, 64 << 10);
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=2M").threshold, 2 << 20);
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=1G").threshold, 1 << 30);
    assert_int_equal(read_one("HASHTRACK_THRESHOLD=256").threshold, 256);
    assert_int_equal(read_one("HASHTRACK_DEPTH=1").depth, 1);
    assert_int_equal(read_one("HASHTRACK_DEPTH=64").depth, 64);
}

/* 16 hexadecimal digits, from `hashtrack run`; anything else is none. */
static void test_run_id(void **state)
{
    (void)state;
    assert_int_equal(defaults().run_id, 0);
    assert_true(read_one("HASHTRACK_RUN_ID=00f1e2d3c4b5a697").run_id == 0x00f1e2d3c4b5a697);
    assert_true(read_one("HASHTRACK_RUN_ID=ffffffffffffffff").run_id == UINT64_MAX);
    assert_int_equal(read_one("HASHTRACK_RUN_ID=").run_id, 0);
    struct settings settings = read_one("HASHTRACK_RUN_ID=12g4");
    assert_int_equal(settings.run_id, 0);
    assert_int_equal(settings.warning_count, 1);
    assert_int_equal(read_one("HASHTRACK_RUN_ID=00000000000000001").run_id, 0);
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(read_one("HASHTRACK_SIGNAL=USR2").signal, 12);
    assert_int_equal(read_one("HASHTRACK_SIGNAL=SIGUSR1").signal, 10);
    assert_int_equal(read_one("HASHTRACK_SIGNAL=TERM").signal, 15);
    assert_int_equal(read_one("HASHTRACK_SIGNAL=34").signal, 34);
    assert_int_equal(read_one("HASHTRACK_SIGNAL=0").signal, 0);
}

/* The default stays, and the dump will say which variable it was, but not what stood in it. */
static void test_what_makes_no_sense(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "HASHTRACK_THRESHOLD=",       "HASHTRACK_THRESHOLD=x",
        "HASHTRACK_THRESHOLD=-1",     "HASHTRACK_THRESHOLD= 4096",
        "HASHTRACK_THRESHOLD=4096 ",  "HASHTRACK_THRESHOLD=4096KB",
        "HASHTRACK_THRESHOLD=0x1000", "HASHTRACK_THRESHOLD=255",
        "HASHTRACK_THRESHOLD=2G",     "HASHTRACK_THRESHOLD=18446744073709551617",
        "HASHTRACK_THRESHOLD=K",      "HASHTRACK_THRESHOLD=99999999999999999999G",
        "HASHTRACK_DEPTH=0",          "HASHTRACK_DEPTH=65",
        "HASHTRACK_DEPTH=4K",         "HASHTRACK_SIGNAL=KILL",
        "HASHTRACK_SIGNAL=9",         "HASHTRACK_SIGNAL=STOP",
        "HASHTRACK_SIGNAL=19",        "HASHTRACK_SIGNAL=65",
        "HASHTRACK_SIGNAL=usr2",      "HASHTRACK_SIGNAL=",
    };
    struct settings expected = defaults();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct settings settings = read_one(bad[i]);
        size_t name = strcspn(bad[i], "=");
        assert_int_equal(settings.threshold, expected.threshold);
        assert_int_equal(settings.depth, expected.depth);
        assert_int_equal(settings.signal, expected.signal);
        if (settings.warning_count != 1)
            fail_msg("%s: %u warnings", bad[i], settings.warning_count);
        assert_memory_equal(settings.warnings[0], bad[i], name);
        assert_int_equal(settings.warnings[0][name], ' ');
        if (bad[i][name + 1] == 'x' || bad[i][name + 1] == 'u')
            assert_null(strstr(settings.warnings[0] + name, bad[i] + name + 1));
    }
}

static void test_other_variables_are_not_ours(void **state)
{
    (void)state;
    static const char *const others[] = {"HASHTRACK_THRESHOLDS=4096", "HASHTRACK_THRESH=4096",
                                         "HASHTRACK_threshold=4096",  "XHASHTRACK_DEPTH=3",
                                         "HASHTRACK_DEPTH",           "HASHTRACK_=1"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct settings settings = read_one(others[i]), expected = defaults();
        assert_memory_equal(&settings, &expected, sizeof(settings));
    }
}

/* As many warnings as there is room for, however much is wrong. */
static void test_everything_is_wrong(void **state)
{
    (void)state;
    static char path[4 * SETTINGS_PATH_BYTES] = "HASHTRACK_DIR=/";
    memset(path + strlen(path), 'd', sizeof(path) - strlen(path) - 1);
    char *environment[] = {path, "HASHTRACK_THRESHOLD=1", "HASHTRACK_DEPTH=a", "HASHTRACK_SIGNAL=b",
                           NULL};
    struct settings settings = {0};
    settings_read(&settings, environment);
    assert_int_equal(settings.warning_count, SETTINGS_MAX_WARNINGS);
    for (int i = 0; i < SETTINGS_MAX_WARNINGS; i++)
        assert_true(strnlen(settings.warnings[i], SETTINGS_WARNING_BYTES) < SETTINGS_WARNING_BYTES);
    assert_string_equal(settings.dir, defaults().dir);
}

static void test_directories(void **state)
{
    (void)state;
    char here[PATH_MAX], name[64];
    assert_string_equal(read_one("HASHTRACK_DIR=/var/tmp").dir, "/var/tmp");
    /* Where the program was started, even if it changes its directory later. */
    char directory[] = "/tmp/hashtrack-settings-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(directory), 0);
    assert_string_equal(read_one("HASHTRACK_DIR=").dir, directory);
    snprintf(name, sizeof(name), "%s/dumps", directory);
    assert_string_equal(read_one("HASHTRACK_DIR=dumps").dir, name);
    /* It was removed under the program: what is left is a relative name. */
    assert_int_equal(rmdir(directory), 0);
    assert_string_equal(read_one("HASHTRACK_DIR=dumps").dir, "dumps");
    assert_string_equal(defaults().dir, ".");
    assert_int_equal(chdir("/"), 0);
    assert_string_equal(read_one("HASHTRACK_DIR=dumps").dir, "/dumps");
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_run_id),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_what_makes_no_sense),
        cmocka_unit_test(test_other_variables_are_not_ours),
        cmocka_unit_test(test_everything_is_wrong),
        cmocka_unit_test(test_directories),
    };
    return RUN(tests);
}
