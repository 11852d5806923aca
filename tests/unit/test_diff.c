/* Which tables of two dumps belong together, and what became of them. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "dump_builder.h"

struct side {
    struct dump dump;
    struct findings findings;
};

#define NO_STACK DUMP_NONE

/* A dump of tables {number, bytes, live}; `started` tells processes apart. */
static void make_side(struct side *side, uint64_t started, const uint64_t tables[][3], size_t count,
                      const char *implementation)
{
    struct dump_builder builder;
    struct error error;
    builder_begin(&builder);
    builder.info.start_realtime_ns = started;
    for (size_t i = 0; i < count; i++) {
        struct dump_table table = {
            .number = tables[i][0],
            .bytes = tables[i][1],
            .capacity = tables[i][1] / 8,
            .live = tables[i][2],
            .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
            .kind = DUMP_KIND_CHAINED,
            .growths = 10,
            .confidence_ppm = 1000000,
            .birth_site = NO_STACK,
            .growth_site = NO_STACK,
        };
        builder_table(&builder, implementation, &table);
    }
    struct buffer file = builder_finish(&builder);
    if (!dump_parse("test.htd", file.bytes, file.count, &side->dump, &error) ||
        !findings_make(&side->dump, NULL, NULL, &side->findings, &error))
        fail_msg("%s", error.text);
    free(file.bytes);
}

static void free_side(struct side *side)
{
    findings_free(&side->findings);
    dump_unload(&side->dump);
}

#define MIB (1ULL << 20)

static void test_every_kind_of_change(void **state)
{
    (void)state;
    struct side old_side, new_side;
    struct diff diff;
    struct error error;
    const uint64_t before[][3] = {{1, MIB, 90000},      {2, 8 * MIB, 800000}, {3, 8 * MIB, 10},
                                  {4, 4 * MIB, 400000}, {5, MIB, 90000},      {6, MIB, 90000}};
    const uint64_t after[][3] = {{1, 2 * MIB, 200000}, {2, 8 * MIB, 10}, {3, 8 * MIB, 800000},
                                 {4, MIB, 90000},      {6, MIB, 91000},  {7, MIB, 90000}};
    make_side(&old_side, 1, before, 6, "unknown");
    make_side(&new_side, 1, after, 6, "unknown");
    assert_true(diff_make(&old_side.findings, &new_side.findings, &diff, &error));
    static const struct {
        enum change change;
        uint64_t number, bytes;
    } expected[] = {
        {CHANGE_APPEARED, 7, MIB}, {CHANGE_GREW, 1, MIB},       {CHANGE_HOLLOWED, 2, 0},
        {CHANGE_RECOVERED, 3, 0},  {CHANGE_SHRANK, 4, 3 * MIB}, {CHANGE_WENT, 5, MIB},
    };
    assert_int_equal(diff.count, 6);
    assert_int_equal(diff.unchanged, 1);
    for (size_t i = 0; i < 6; i++) {
        const struct changed_table *changed = &diff.tables[i];
        const struct judged_table *table = changed->after ? changed->after : changed->before;
        assert_string_equal(change_word(changed->change), change_word(expected[i].change));
        assert_int_equal(table->table->number, expected[i].number);
        if (expected[i].bytes)
            assert_int_equal(change_bytes(changed), expected[i].bytes);
        else
            assert_true(change_bytes(changed) > 7 * MIB); /* what its fix saves */
    }
    diff_free(&diff);
    free_side(&old_side);
    free_side(&new_side);
}

static void test_runs_are_matched_by_id(void **state)
{
    (void)state;
    struct side old_side, new_side;
    struct diff diff;
    struct error error;
    /* In another run the same table has another number. */
    make_side(&old_side, 1, (const uint64_t[][3]){{4, MIB, 90000}}, 1, "unknown");
    make_side(&new_side, 2, (const uint64_t[][3]){{9, MIB, 90000}}, 1, "unknown");
    assert_true(diff_make(&old_side.findings, &new_side.findings, &diff, &error));
    assert_int_equal(diff.count, 0);
    assert_int_equal(diff.unchanged, 1);
    diff_free(&diff);
    free_side(&new_side);
    /* In the same process it is another table. */
    make_side(&new_side, 1, (const uint64_t[][3]){{9, MIB, 90000}}, 1, "unknown");
    assert_true(diff_make(&old_side.findings, &new_side.findings, &diff, &error));
    assert_int_equal(diff.count, 2);
    diff_free(&diff);
    free_side(&new_side);
    /* And another implementation is another table in any run. */
    make_side(&new_side, 2, (const uint64_t[][3]){{4, MIB, 90000}}, 1, "uthash");
    assert_true(diff_make(&old_side.findings, &new_side.findings, &diff, &error));
    assert_int_equal(diff.count, 2);
    diff_free(&diff);
    free_side(&old_side);
    free_side(&new_side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_change),
        cmocka_unit_test(test_runs_are_matched_by_id),
    };
    return RUN(tests);
}
