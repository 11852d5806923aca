/* Which outputs may be asked for together, and that files are replaced whole or not at all. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_options.h"
#include "check_output.h"
#include "gate.h"

static void expect_refused(const char *const arguments[], size_t count, const char *words)
{
    struct check_outputs outputs = {0};
    struct error error = {0};
    for (size_t i = 0; i < count; i++) {
        bool taken = check_output_add(&outputs, arguments[i], &error);
        if (i + 1 < count && !taken)
            fail_msg("%s: %s", arguments[i], error.text);
        if (i + 1 == count && taken)
            fail_msg("%s was taken", arguments[i]);
    }
    assert_int_equal(error.status, STATUS_USAGE);
    if (!strstr(error.text, words))
        fail_msg("'%s' is not in '%s'", words, error.text);
}

#define REFUSED(words, ...)                                                                        \
    expect_refused((const char *const[]){__VA_ARGS__},                                             \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), words)

static void test_refused(void **state)
{
    (void)state;
    REFUSED("text, json, junit, sarif, github, gitlab and tap", "xml");
    REFUSED("there is no ''", "");
    REFUSED("there is no 'juni'", "juni=x");
    REFUSED("a path must follow", "junit=");
    REFUSED("both go to stdout", "text", "tap");
    REFUSED("both go to stdout", "junit", "tap=-");
    REFUSED("both go to stdout", "github", "json=/dev/stdout");
    REFUSED("both go to stderr", "github=/dev/stderr", "json=/dev/fd/2");
    REFUSED("two outputs into x", "junit=x", "sarif=x");
}

static void test_taken_together(void **state)
{
    (void)state;
    static const char *const arguments[] = {"text", "github=/dev/stderr", "junit=a", "junit=b=c"};
    struct check_outputs outputs = {0};
    struct error error;
    for (size_t i = 0; i < 4; i++)
        assert_true(check_output_add(&outputs, arguments[i], &error));
    assert_int_equal(outputs.count, 4);
    assert_null(outputs.list[0].path);
    assert_string_equal(outputs.list[3].path, "b=c");
    assert_string_equal(outputs.list[3].kind->name, "junit");
}

/* With run --check, stdout is the program's. */
static void test_text_on_stderr(void **state)
{
    (void)state;
    struct check_outputs outputs = {.text_on_stderr = true};
    struct error error;
    assert_true(check_output_add(&outputs, "text", &error));
    assert_true(check_output_add(&outputs, "tap", &error));
    assert_false(check_output_add(&outputs, "github=/dev/stderr", &error));
}

static void test_too_many(void **state)
{
    (void)state;
    struct check_outputs outputs = {0};
    struct error error;
    char arguments[CHECK_OUTPUTS_MAX + 1][16];
    for (size_t i = 0; i <= CHECK_OUTPUTS_MAX; i++) {
        snprintf(arguments[i], sizeof(arguments[i]), "tap=%zu", i);
        assert_int_equal(check_output_add(&outputs, arguments[i], &error), i < CHECK_OUTPUTS_MAX);
    }
}

static size_t files_in(const char *folder)
{
    char command[64];
    snprintf(command, sizeof(command), "ls -A '%s'", folder);
    FILE *list = popen(command, "r");
    char line[256];
    size_t count = 0;
    assert_non_null(list);
    while (fgets(line, sizeof(line), list))
        count++;
    pclose(list);
    return count;
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/check-output-XXXXXX", sarif[64], tap[64], command[64];
    assert_non_null(mkdtemp(folder));
    snprintf(sarif, sizeof(sarif), "sarif=%s/nowhere/out.sarif", folder);
    snprintf(tap, sizeof(tap), "tap=%s/out.tap", folder);
    struct gate gate = {.dumps = 1};
    struct check_options options = {0};
    struct error error = {0};
    assert_true(check_output_add(&options.outputs, sarif, &error));
    assert_true(check_output_add(&options.outputs, tap, &error));
    /* The first cannot be written; the second is all the same. */
    assert_false(check_outputs_write(&options.outputs, &gate, &options, &error));
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "nowhere/out.sarif"));
    FILE *file = fopen(strchr(tap, '=') + 1, "r");
    char line[64] = "";
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "TAP version 13\n");
    fclose(file);
    assert_int_equal(files_in(folder), 1); /* and no temporary one */

    /* A renderer that fails leaves what was there before. */
    options.source_root.path = (char *)"/no/such/folder";
    options.outputs.count = 0;
    snprintf(sarif, sizeof(sarif), "sarif=%s/out.tap", folder);
    assert_true(check_output_add(&options.outputs, sarif, &error));
    assert_false(check_outputs_write(&options.outputs, &gate, &options, &error));
    assert_non_null(strstr(error.text, "/no/such/folder"));
    file = fopen(strchr(tap, '=') + 1, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "TAP version 13\n");
    fclose(file);
    assert_int_equal(files_in(folder), 1);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct gate gate = {.dumps = 1};
    struct check_options options = {0};
    struct error error = {0};
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_true(check_output_add(&options.outputs, "junit=/dev/full", &error));
    assert_false(check_outputs_write(&options.outputs, &gate, &options, &error));
    assert_string_equal(error.text, "cannot write /dev/full: No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_taken_together),
        cmocka_unit_test(test_text_on_stderr), cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_full_disk),
    };
    return RUN(tests);
}
