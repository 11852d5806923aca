/* A table's id stays the same from run to run, and two tables never share one. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "dump_builder.h"
#include "table_identity.h"

struct run {
    uint64_t load_address;
    const char *server_path, *build_id, *tracker_path;
    uint64_t offset;
};

/* Three tables: two of the same stacks, one of another implementation. */
static void identities_of(const struct run *run, char ids[3][TABLE_ID_BYTES])
{
    struct dump_builder builder;
    struct dump dump;
    struct error error;
    builder_begin(&builder);
    uint32_t tracker = builder_module(&builder, run->tracker_path, "1111");
    uint32_t server = builder_module(&builder, run->server_path, run->build_id);
    builder_site(&builder, tracker, (const uint64_t[]){run->load_address & 0xffff, 0});
    uint32_t site = builder_site(&builder, server, (const uint64_t[]){run->offset, 0x20, 0});
    /* One stack through the tracker's wrapper of main, whose offsets change with its version. */
    struct dump_table table = {
        .address = run->load_address, .birth_site = site, .growth_site = 0, .number = 5};
    builder_table(&builder, "unknown", &table);
    table.number = 3;
    builder_table(&builder, "unknown", &table);
    table.number = 4;
    builder_table(&builder, "uthash", &table);
    struct buffer file = builder_finish(&builder);
    if (!dump_parse("test.htd", file.bytes, file.count, &dump, &error))
        fail_msg("%s", error.text);
    assert_true(table_identities(&dump, ids, &error));
    dump_unload(&dump);
    free(file.bytes);
}

static const struct run first = {0x7f0000001010, "/opt/server", "abcd", "/lib/libhashtrack.so",
                                 0x10};

static void test_same_binary_other_run(void **state)
{
    (void)state;
    struct run second = first;
    char a[3][TABLE_ID_BYTES], b[3][TABLE_ID_BYTES];
    second.load_address = 0x7e0000772020;
    second.server_path = "/home/ci/build/server"; /* the build-id says that it is the same */
    identities_of(&first, a);
    identities_of(&second, b);
    for (int i = 0; i < 3; i++)
        assert_string_equal(a[i], b[i]);
}

static void test_other_binary(void **state)
{
    (void)state;
    struct run second = first, third = first;
    char a[3][TABLE_ID_BYTES], b[3][TABLE_ID_BYTES];
    identities_of(&first, a);
    second.build_id = "abce";
    identities_of(&second, b);
    assert_string_not_equal(a[0], b[0]);
    third.offset = 0x11;
    identities_of(&third, b);
    assert_string_not_equal(a[0], b[0]);
}

static void test_without_build_id_the_name_counts(void **state)
{
    (void)state;
    struct run second = first, third;
    char a[3][TABLE_ID_BYTES], b[3][TABLE_ID_BYTES];
    second.build_id = "";
    third = second;
    third.server_path = "/elsewhere/server";
    identities_of(&second, a);
    identities_of(&third, b);
    assert_string_equal(a[0], b[0]);
    third.server_path = "/opt/client";
    identities_of(&third, b);
    assert_string_not_equal(a[0], b[0]);
}

static void test_ordinals_by_number(void **state)
{
    (void)state;
    char ids[3][TABLE_ID_BYTES];
    identities_of(&first, ids);
    assert_int_equal(strlen(ids[1]), 16); /* number 3 came before number 5 */
    assert_int_equal(strncmp(ids[0], ids[1], 16), 0);
    assert_string_equal(ids[0] + 16, "-2");
    assert_int_equal(strlen(ids[2]), 16);
    assert_string_not_equal(ids[2], ids[1]);
}

static void identity_of_line(const char *file, const char *function, uint32_t line,
                             char id[TABLE_ID_BYTES])
{
    struct dump_builder builder;
    struct dump dump;
    struct error error;
    char ids[1][TABLE_ID_BYTES];
    builder_begin(&builder);
    uint32_t module = builder_module(&builder, "/usr/bin/python3.11", "abcd");
    uint32_t script = builder_script(&builder, file, function, line);
    uint32_t site = builder_script_site(&builder, script, module, 0x10);
    struct dump_table table = {.birth_site = site, .growth_site = site, .number = 1};
    builder_table(&builder, "CPython dict", &table);
    struct buffer written = builder_finish(&builder);
    if (!dump_parse("test.htd", written.bytes, written.count, &dump, &error))
        fail_msg("%s", error.text);
    assert_true(table_identities(&dump, ids, &error));
    memcpy(id, ids[0], TABLE_ID_BYTES);
    dump_unload(&dump);
    free(written.bytes);
}

/* The interpreter is at the same address for all of them. */
static void test_lines_of_scripts_tell_tables_apart(void **state)
{
    (void)state;
    char a[TABLE_ID_BYTES], b[TABLE_ID_BYTES];
    identity_of_line("/opt/app/load.py", "load", 12, a);
    identity_of_line("/home/ci/app/load.py", "load", 12, b);
    assert_string_equal(a, b);
    identity_of_line("/opt/app/store.py", "load", 12, b);
    assert_string_not_equal(a, b);
    identity_of_line("/opt/app/load.py", "store", 12, b);
    assert_string_not_equal(a, b);
    identity_of_line("/opt/app/load.py", "load", 13, b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_binary_other_run),
        cmocka_unit_test(test_other_binary),
        cmocka_unit_test(test_without_build_id_the_name_counts),
        cmocka_unit_test(test_ordinals_by_number),
        cmocka_unit_test(test_lines_of_scripts_tell_tables_apart),
    };
    return RUN(tests);
}
