/* The baseline as a file and in memory: baseline.h. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baseline.h"
#include "date.h"

#define HEAD "{\"schema\": \"" BASELINE_SCHEMA "\"}\n"

static struct gate_finding finding(const char *fingerprint, uint64_t saving)
{
    struct gate_finding finding = {
        .verdict = VERDICT_HOLLOW,
        .implementation = (char *)"khash",
        .program = (char *)"/opt/bin/server",
        .saving = saving,
    };
    snprintf(finding.fingerprint, sizeof(finding.fingerprint), "%s", fingerprint);
    return finding;
}

static char *text_of_file(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Written in order, whatever order it came in; the same is read again. */
static void test_round_trip(void **state)
{
    (void)state;
    char path[] = "/tmp/hashtrack-baseline.XXXXXX";
    close(mkstemp(path));
    struct error error;
    struct baseline baseline = {.path = strdup(path)}, again;
    struct gate_finding findings[] = {finding("bb", 2), finding("aa", 1), finding("cc", 3)};
    char *functions[] = {(char *)"Cache::insert", (char *)"main"};
    findings[0].functions = functions;
    findings[0].function_count = 2;
    findings[0].owner = (char *)"g_\"cache\"";
    findings[2].state = GATE_SUPPRESSED;
    const struct gate gate = {.findings = findings, .finding_count = 3};
    assert_true(baseline_update(&baseline, &gate, &error));
    assert_true(baseline_store(&baseline, &error));
    assert_string_equal(
        text_of_file(path),
        HEAD "{\"bytes\": 1, \"family\": \"khash\", \"fingerprint\": \"aa\", \"program\": "
             "\"server\", \"rule\": \"hollow\", \"site\": \"an unknown place\"}\n"
             "{\"bytes\": 2, \"family\": \"khash\", \"fingerprint\": \"bb\", \"owner\": "
             "\"g_\\\"cache\\\"\", \"program\": \"server\", \"rule\": \"hollow\", \"site\": "
             "\"Cache::insert < main\"}\n");
    assert_true(baseline_load(path, &again, &error));
    assert_int_equal(again.count, 2);
    assert_string_equal(baseline_find(&again, "bb")->owner, "g_\"cache\"");
    assert_null(baseline_find(&again, "cc"));
    baseline_free(&again);
    baseline_free(&baseline);
    unlink(path);
}

static void test_missing_is_empty(void **state)
{
    (void)state;
    struct error error;
    struct baseline baseline;
    assert_true(baseline_load("/tmp/no-such-baseline.json", &baseline, &error));
    assert_false(baseline.exists);
    assert_int_equal(baseline.count, 0);
    baseline_free(&baseline);
}

static void parse(const char *text, struct baseline *baseline)
{
    struct error error;
    if (!baseline_parse("b.json", text, strlen(text), baseline, &error))
        fail_msg("%s", error.text);
}

#define ENTRY(fingerprint, more)                                                                   \
    "{\"bytes\": 5, \"family\": \"x\", \"fingerprint\": \"" fingerprint                            \
    "\", \"rule\": \"hollow\", \"site\": \"f\"" more "}\n"
#define ACCEPTED ", \"accepted\": true, \"reason\": \"r\""

/* An update takes over, and drops what is fixed, but touches no acceptance; pruning drops both. */
static void test_update_and_prune(void **state)
{
    (void)state;
    struct error error;
    struct baseline baseline;
    struct gate_fixed fixed[] = {{.fingerprint = "aa"}, {.fingerprint = "bb"}};
    struct gate_finding findings[] = {finding("cc", 7), finding("dd", 8)};
    const struct gate gate = {
        .findings = findings, .finding_count = 2, .fixed = fixed, .fixed_count = 2};
    parse(HEAD ENTRY("aa", "") ENTRY("bb", ACCEPTED) ENTRY("cc", "") ENTRY("dd", ACCEPTED)
              ENTRY("ee", ""),
          &baseline);
    assert_true(baseline_update(&baseline, &gate, &error));
    assert_null(baseline_find(&baseline, "aa"));
    assert_non_null(baseline_find(&baseline, "bb"));
    assert_int_equal(baseline_find(&baseline, "cc")->bytes, 7);
    assert_int_equal(baseline_find(&baseline, "dd")->bytes, 5); /* accepted as it was */
    assert_non_null(baseline_find(&baseline, "ee"));            /* of a program not looked at */
    baseline_prune(&baseline, &gate);
    assert_null(baseline_find(&baseline, "bb"));
    assert_int_equal(baseline.count, 3);
    baseline_free(&baseline);
}

static void test_accept(void **state)
{
    (void)state;
    struct error error;
    struct baseline baseline;
    struct gate_finding findings[] = {finding("aa11", 7), finding("aa22", 8), finding("bb", 9)};
    findings[2].state = GATE_SUPPRESSED;
    const struct gate gate = {.findings = findings, .finding_count = 3};
    parse(HEAD ENTRY("cc33", ""), &baseline);
    const struct acceptance unclear = {"aa", "r", NULL}, unknown = {"bb", "r", NULL};
    assert_false(baseline_accept(&baseline, &gate, &unclear, &error));
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "2 ids begin with aa"));
    assert_false(baseline_accept(&baseline, &gate, &unknown, &error));
    assert_int_equal(baseline.count, 1);
    const struct acceptance good = {"aa1", "because", "2999-01-01"};
    assert_true(baseline_accept(&baseline, &gate, &good, &error));
    const struct baseline_entry *entry = baseline_find(&baseline, "aa11");
    assert_true(entry->accepted);
    assert_int_equal(entry->bytes, 7);
    assert_string_equal(entry->reason, "because");
    assert_false(baseline_entry_expired(entry, "2999-01-01"));
    assert_true(baseline_entry_expired(entry, "2999-01-02"));
    const struct acceptance known = {"cc", "old", NULL};
    assert_true(baseline_accept(&baseline, NULL, &known, &error));
    assert_true(baseline_find(&baseline, "cc33")->accepted);
    assert_int_equal(baseline_find(&baseline, "cc33")->bytes, 5);
    baseline_free(&baseline);
}

/* The file is as it was when a new one cannot be put in its place. */
static void test_failed_store(void **state)
{
    (void)state;
    struct error error;
    struct baseline baseline = {.path = strdup("/tmp")};
    assert_false(baseline_store(&baseline, &error));
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "cannot write /tmp"));
    baseline_free(&baseline);
}

static void test_dates(void **state)
{
    (void)state;
    static const char *const good[] = {"2026-01-01", "2028-02-29", "1970-12-31", "9999-12-31"};
    static const char *const bad[] = {"",     "2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01 ",
                                      "soon", "2026-00-10", "26-01-01"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(is_date(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (is_date(bad[i]))
            fail_msg("'%s' is taken for a date", bad[i]);
    char today[DATE_BYTES];
    date_of_today(today);
    assert_true(is_date(today));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_missing_is_empty),
        cmocka_unit_test(test_update_and_prune), cmocka_unit_test(test_accept),
        cmocka_unit_test(test_failed_store),     cmocka_unit_test(test_dates),
    };
    return RUN(tests);
}
