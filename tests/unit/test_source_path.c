/* Which file of the sources a path of DWARF means, and when nobody can tell. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source_path.h"

/* A checkout: top/.git, top/src/a.c, top/link -> src, top/out.c -> /etc/hostname, named through
 * a link beside it. */
struct sources {
    char folder[64], top[128], named[128];
    struct error error;
};

static void make_file(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void make_folder(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const char *folder, const char *name, const char *target)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
    struct sources *sources = calloc(1, sizeof(*sources));
    char folder[] = "/tmp/source-path-XXXXXX";
    if (!sources || !mkdtemp(folder))
        return -1;
    char *real = realpath(folder, NULL);
    snprintf(sources->folder, sizeof(sources->folder), "%s", real);
    free(real);
    snprintf(sources->top, sizeof(sources->top), "%s/top", sources->folder);
    snprintf(sources->named, sizeof(sources->named), "%s/named", sources->folder);
    make_folder(sources->folder, "top");
    make_link(sources->folder, "named", "top");
    make_folder(sources->top, ".git");
    make_folder(sources->top, "src");
    make_folder(sources->top, "src/deep");
    make_file(sources->top, "src/a.c");
    make_link(sources->top, "link", "src");
    make_link(sources->top, "out.c", "/etc/hostname");
    *state = sources;
    return 0;
}

static int tear_down(void **state)
{
    struct sources *sources = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r '%s'", sources->folder);
    int status = system(command);
    free(sources);
    return status;
}

static void expect_path(struct source_root *root, const char *folder, const char *file,
                        const char *expected)
{
    char path[512];
    snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", file);
    const char *found = source_path(root, path);
    if (!expected) {
        if (found)
            fail_msg("%s became %s", path, found);
        return;
    }
    if (!found)
        fail_msg("%s is not known", path);
    assert_string_equal(found, expected);
}

static void test_absolute_paths(void **state)
{
    struct sources *sources = *state;
    struct source_root *root = source_root_new(sources->top, &sources->error);
    assert_non_null(root);
    assert_string_equal(source_root_path(root), sources->top);
    expect_path(root, sources->top, "src/a.c", "src/a.c");
    expect_path(root, sources->top, "src/a.c", "src/a.c"); /* and from memory */
    expect_path(root, sources->top, "src//deep/.././a.c", "src/a.c");
    expect_path(root, sources->top, "link/a.c", "src/a.c"); /* code hosts show no links */
    expect_path(root, sources->top, "out.c", NULL);
    expect_path(root, sources->named, "src/a.c", "src/a.c");
    expect_path(root, "", "/usr/include/stdio.h", NULL);
    expect_path(root, sources->folder, "top2/src/a.c", NULL); /* a prefix, but no folder */
    expect_path(root, "", sources->top, NULL);
    expect_path(root, sources->top, "../other.c", NULL);
    assert_null(source_path(root, NULL));
    assert_null(source_path(root, ""));
    source_root_free(root);
}

/* The sources need not be where hashtrack runs. */
static void test_absent_files(void **state)
{
    struct sources *sources = *state;
    struct source_root *root = source_root_new(sources->named, &sources->error);
    assert_non_null(root);
    expect_path(root, sources->top, "build/../gone/b.c", "gone/b.c");
    expect_path(root, sources->named, "gone/b.c", "gone/b.c");
    expect_path(root, sources->top, "gone/../../b.c", NULL);
    expect_path(root, "", "/../../gone/b.c", NULL);
    source_root_free(root);
}

static void test_relative_paths(void **state)
{
    struct sources *sources = *state;
    struct source_root *root = source_root_new(sources->top, &sources->error);
    assert_non_null(root);
    expect_path(root, "", "src/a.c", "src/a.c"); /* -ffile-prefix-map=/home/me/top=. */
    expect_path(root, "", "./src/a.c", "src/a.c");
    expect_path(root, "", "/proc/self/cwd/src/a.c", "src/a.c"); /* Bazel */
    expect_path(root, "", "src/gone.c", NULL);
    expect_path(root, "", "../top/src/a.c", "src/a.c");
    expect_path(root, "", "../../../etc/hostname", NULL);
    expect_path(root, "", "a.c", NULL);
    source_root_free(root);
}

static void test_the_top_is_found(void **state)
{
    struct sources *sources = *state;
    char here[4096], below[256];
    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(below, sizeof(below), "%s/src/deep", sources->top);
    assert_int_equal(chdir(below), 0);
    struct source_root *root = source_root_new(NULL, &sources->error);
    assert_non_null(root);
    assert_string_equal(source_root_path(root), sources->top);
    source_root_free(root);

    root = source_root_new("..", &sources->error); /* as --source-root names it */
    assert_non_null(root);
    expect_path(root, sources->top, "src/a.c", "a.c");
    source_root_free(root);

    assert_int_equal(chdir("/"), 0);
    root = source_root_new(NULL, &sources->error);
    assert_non_null(root);
    assert_string_equal(source_root_path(root), "");
    char whole[256];
    snprintf(whole, sizeof(whole), "%s/src/a.c", sources->top + 1);
    expect_path(root, sources->top, "src/a.c", whole);
    source_root_free(root);
    assert_int_equal(chdir(here), 0);
}

static void test_no_such_root(void **state)
{
    struct sources *sources = *state;
    assert_null(source_root_new("/no/such/folder", &sources->error));
    assert_int_equal(sources->error.status, STATUS_USAGE);
    assert_non_null(strstr(sources->error.text, "/no/such/folder"));
}

/* More files than are remembered at once. */
static void test_many_files(void **state)
{
    struct sources *sources = *state;
    struct source_root *root = source_root_new(sources->top, &sources->error);
    assert_non_null(root);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            char file[32];
            snprintf(file, sizeof(file), "gen/f%d.c", i);
            expect_path(root, sources->top, file, file);
        }
    source_root_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_absolute_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absent_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_relative_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_top_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_files, set_up, tear_down),
    };
    return RUN(tests);
}
