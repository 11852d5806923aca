/* Suppressions: patterns as LeakSanitizer matches them, files as it reads them, and its mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "suppressions.h"

static void matches_as_template_match_does(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        /* compiler-rt, sanitizer_suppressions_test.cpp */
        {"*", "abcde", true},
        {"*abc*", "xxxabcxxx", true},
        {"abc", "xxxabcxxx", true},
        {"^abc", "xxxabc", false},
        {"^abc", "abcxxx", true},
        {"abc$", "xxxabc", true},
        {"abc$", "abcxxx", false},
        {"^abc$", "abc", true},
        {"^abc$", "abcd", false},
        {"a*c", "abbbc", true},
        {"^a*c$", "abbbcd", false},
        {"ab*de*gh", "abcdefgh", true},
        {"ab*de*gh", "abcdefh", false},
        {"^*$", "anything", true},
        {"abc*$", "abcdef", true},
        {"abc", "", false},
        {"*", "", false},
        {"abc", NULL, false},
        /* greedy is not needed: the first occurrence decides, as there */
        {"ab$", "abab", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (suppression_pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
    }
}

static struct suppressions *read_text(const char *text)
{
    struct error error;
    struct suppressions *suppressions = suppressions_new();
    assert_non_null(suppressions);
    if (!suppressions_add_text(suppressions, "list", text, &error))
        fail_msg("%s", error.text);
    return suppressions;
}

static void reads_lines(void **state)
{
    (void)state;
    struct suppressions *suppressions = read_text(
        "# a comment\n\n \t hollow:Cache::* \t\r\nleak:^libx.so$\n  # another\nhollow: a b");
    assert_int_equal(suppressions_count(suppressions), 3);
    assert_string_equal(suppression_rule(suppressions, 0), "hollow:Cache::*");
    assert_string_equal(suppression_from(suppressions, 0), "list:3");
    assert_string_equal(suppression_rule(suppressions, 1), "leak:^libx.so$");
    assert_string_equal(suppression_from(suppressions, 1), "list:4");
    assert_string_equal(suppression_rule(suppressions, 2), "hollow: a b");
    assert_string_equal(suppression_from(suppressions, 2), "list:6");
    suppressions_free(suppressions);
}

static void names_the_line_of_a_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"race:foo", "list:1: \"race:\" is a suppression of ThreadSanitizer; hashtrack reads"},
        {"hollow:a\nvptr:b", "list:2: \"vptr:\" is a suppression of UndefinedBehaviorSanitizer"},
        {"holow:a", "list:1: \"holow:\" is no type of suppression"},
        {"HOLLOW:a", "list:1: \"HOLLOW:\" is no type"},
        {"hollow a", "list:1: a line is \"hollow:PATTERN\""},
        {"\n\nleak:", "list:3: there is no pattern: it would suppress everything"},
        {"leak:^", "list:1: there is no pattern"},
        {"leak:a$b", "list:1: $ is the end: nothing can match behind it"},
        {":a", "list:1: \":\" is no type"},
        {"<?xml version=\"1.0\"?>", "list:1: a line is"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        struct suppressions *suppressions = read_text("hollow:kept\n");
        assert_false(suppressions_add_text(suppressions, "list", cases[i].text, &error));
        assert_int_equal(error.status, STATUS_USAGE);
        if (strncmp(error.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("'%s' is not '%s'", error.text, cases[i].says);
        assert_int_equal(suppressions_count(suppressions), 1);
        suppressions_free(suppressions);
    }
}

static void reads_files(void **state)
{
    (void)state;
    char path[] = "/tmp/suppressionsXXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    struct error error = {0};
    struct suppressions *suppressions = suppressions_new();
    assert_true(suppressions_add_file(suppressions, path, &error)); /* empty */
    assert_int_equal(suppressions_count(suppressions), 0);
    assert_int_equal(write(file, "leak:a\nleak:b", 13), 13);
    assert_true(suppressions_add_file(suppressions, path, &error));
    assert_int_equal(suppressions_count(suppressions), 2);
    assert_int_equal(write(file, "\n\0leak:c\n", 9), 9);
    assert_false(suppressions_add_file(suppressions, path, &error));
    assert_non_null(strstr(error.text, "not a text"));
    assert_int_equal(error.status, STATUS_USAGE);
    close(file);
    unlink(path);
    assert_false(suppressions_add_file(suppressions, path, &error));
    assert_non_null(strstr(error.text, path));
    assert_false(suppressions_add_file(suppressions, "/tmp", &error));
    assert_non_null(strstr(error.text, "/tmp: "));
    assert_int_equal(suppressions_count(suppressions), 2);
    suppressions_free(suppressions);
}

static ssize_t match(const char *text, const struct suppression_subject *subject)
{
    struct suppressions *suppressions = read_text(text);
    ssize_t index = suppressions_match(suppressions, subject);
    suppressions_free(suppressions);
    return index;
}

static void looks_at_frames_and_owner(void **state)
{
    (void)state;
    struct gate_frame growth[] = {
        {.function = "Cache<int>::insert", .file = "/src/cache.cc", .module = "/opt/server"},
        {.function = NULL, .module = NULL},
        {.function = "main", .module = "/opt/server"},
    };
    struct gate_frame birth[] = {{.function = "start", .module = "/opt/libplugin.so"}};
    const struct suppression_subject subject = {growth, 3, birth, 1, "g_cache.sessions"};
    assert_int_equal(match("hollow:nothing\nleak:insert", &subject), 1);
    assert_int_equal(match("leak:cache.cc$", &subject), 0);
    assert_int_equal(match("leak:libplugin", &subject), 0);
    assert_int_equal(match("hollow:^g_cache.", &subject), 0);
    assert_int_equal(match("hollow:^start$", &subject), 0);
    assert_int_equal(match("hollow:^cache", &subject), -1);
    assert_int_equal(match("hollow:other\nhollow:different", &subject), -1);
    assert_int_equal(match("", &subject), -1);
    /* Our names have no template arguments when they are pasted, and never parameters. */
    assert_int_equal(match("hollow:^Cache::insert$", &subject), 0);
    assert_int_equal(match("hollow:Cache<int>::insert(int)", &subject), 0);
    assert_int_equal(match("hollow:Cache::insert(int) const", &subject), 0);
    assert_int_equal(match("hollow:Cache::ins(int)", &subject), -1);
    const struct suppression_subject empty = {0};
    assert_int_equal(match("hollow:*", &empty), -1);
}

static void keeps_parentheses_of_names(void **state)
{
    (void)state;
    struct gate_frame frame = {.function = "(anonymous namespace)::Hash::operator()"};
    const struct suppression_subject subject = {.frames = &frame, .frame_count = 1};
    assert_int_equal(match("leak:(anonymous namespace)::Hash", &subject), 0);
    assert_int_equal(match("leak:Hash::operator()", &subject), 0);
    assert_int_equal(match("leak:Hash::operator()(int)", &subject), 0);
    assert_int_equal(match("leak:(anonymous namespace)::Hash::operator()(int) const", &subject), 0);
    assert_int_equal(match("leak:(anonymous namespace)::Other(int)", &subject), -1);
}

/* The line that is generated for a finding must suppress it. */
static void assert_line(const struct gate_finding *finding, const char *expected)
{
    char *line = suppression_line_for(finding);
    assert_non_null(line);
    assert_string_equal(line, expected);
    const struct suppression_subject subject = {finding->frames, finding->frame_count, NULL, 0,
                                                finding->owner};
    assert_int_equal(match(line, &subject), 0);
    free(line);
}

static void generates_lines_that_work(void **state)
{
    (void)state;
    struct gate_frame frame = {.function = "Cache<int>::insert<long>", .module = "/opt/server"};
    char *functions[] = {"Cache::insert"};
    struct gate_finding finding = {
        .functions = functions,
        .function_count = 1,
        .frames = &frame,
        .frame_count = 1,
        .module = "/opt/server",
        .owner = "g_cache",
    };
    assert_line(&finding, "hollow:^Cache::insert$");
    functions[0] = frame.function = "do$llar*\n";
    assert_line(&finding, "hollow:^do*llar**$");
    functions[0] = frame.function = "gr\xc3\xb6\xc3\x9f"
                                    "e \xc2\x9b\xff";
    assert_line(&finding, "hollow:^gr\xc3\xb6\xc3\x9f"
                          "e ***$");
    functions[0] = frame.function = "main";
    assert_line(&finding, "hollow:^g_cache$");
    finding.owner = NULL;
    assert_line(&finding, "# main is in every stack: this suppresses all tables of the program\n"
                          "hollow:^main$");
    finding.function_count = 0;
    frame.function = NULL;
    assert_line(&finding, "# without symbols: this suppresses all tables of the module\n"
                          "hollow:^/opt/server$");
    finding.module = NULL;
    assert_null(suppression_line_for(&finding));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_template_match_does),
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(names_the_line_of_a_mistake),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(looks_at_frames_and_owner),
        cmocka_unit_test(keeps_parentheses_of_names),
        cmocka_unit_test(generates_lines_that_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
