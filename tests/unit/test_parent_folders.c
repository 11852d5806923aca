/* parent_folders.c: paths as compilers write them, with folders and links that are there. */
#include "parent_folders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_folded(const char *path, const char *folded)
{
    char *copy = strdup(path);
    assert_non_null(copy);
    fold_parent_folders(copy);
    assert_string_equal(copy, folded);
    free(copy);
}

static void test_names(void **state)
{
    (void)state;
    assert_folded("/none/build/../src/a.c", "/none/src/a.c");
    assert_folded("/none/a/b/../../src/a.c", "/none/src/a.c");
    assert_folded("/none/a/../b/../c.c", "/none/c.c");
    assert_folded("/../a.c", "/../a.c");
    assert_folded("/none/./../a.c", "/none/./../a.c");
    assert_folded("/none/..a/../a.c", "/none/a.c");
    assert_folded("/none//../a.c", "/none//../a.c");
    assert_folded("build/../a.c", "build/../a.c");
    assert_folded("/none/a..", "/none/a..");
    assert_folded("", "");
}

static void test_links(void **state)
{
    char folder[] = "/tmp/parent-folders-XXXXXX", path[128], link[128], folded[128];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/real", folder);
    snprintf(link, sizeof(link), "%s/link", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(symlink("/usr/lib", link), 0);

    snprintf(path, sizeof(path), "%s/link/../a.c", folder);
    assert_folded(path, path);
    snprintf(path, sizeof(path), "%s/link/../real/../a.c", folder);
    snprintf(folded, sizeof(folded), "%s/link/../a.c", folder);
    assert_folded(path, folded);
    snprintf(path, sizeof(path), "%s/real/../a.c", folder);
    snprintf(folded, sizeof(folded), "%s/a.c", folder);
    assert_folded(path, folded);

    snprintf(path, sizeof(path), "%s/real", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
