/* Which freed tables were kept until the end of the run. */
#include "unit.h"

#include <stdlib.h>

#include "freed_at_end.h"

/* Of one table of the dump. */
static bool answer_of(const struct dump *dump, const struct dump_table *table)
{
    struct successors successors;
    assert_true(successors_find(dump, &successors));
    bool answer = freed_at_end(dump, &successors, table);
    successors_free(&successors);
    return answer;
}

static bool answer(enum dump_reason reason, uint64_t birth, uint64_t read, uint64_t end)
{
    struct dump dump = {.info = {.reason = reason, .at_ms = end}};
    struct dump_table table = {.flags = DUMP_TABLE_FREED, .birth_ms = birth, .read_ms = read};
    return answer_of(&dump, &table);
}

static void test_the_last_twentieth(void **state)
{
    (void)state;
    assert_true(answer(DUMP_REASON_EXIT, 0, 95000, 100000));
    assert_false(answer(DUMP_REASON_EXIT, 0, 94999, 100000));
}

static void test_at_least_300_ms(void **state)
{
    (void)state;
    assert_true(answer(DUMP_REASON_MAIN_RETURNED, 0, 700, 1000));
    assert_false(answer(DUMP_REASON_MAIN_RETURNED, 0, 699, 1000));
    assert_true(answer(DUMP_REASON_MAIN_RETURNED, 100, 5700, 6000));
    assert_false(answer(DUMP_REASON_MAIN_RETURNED, 100, 5699, 6000));
}

static void test_at_most_half_of_a_short_run(void **state)
{
    (void)state;
    assert_true(answer(DUMP_REASON_QUICK_EXIT, 0, 50, 100));
    assert_false(answer(DUMP_REASON_QUICK_EXIT, 0, 49, 100));
}

/* A loop of short-lived tables is not a sum of tables: only the last one was there at the end. */
static void test_of_tables_in_a_row_the_last(void **state)
{
    (void)state;
    unsigned counted = 0;
    for (uint64_t born = 0; born < 100000; born += 10)
        counted += answer(DUMP_REASON_EXIT_NOW, born, born + 10, 100005);
    assert_int_equal(counted, 1);
}

static void test_only_in_the_last_dump(void **state)
{
    (void)state;
    static const enum dump_reason last[] = {DUMP_REASON_MAIN_RETURNED, DUMP_REASON_EXIT,
                                            DUMP_REASON_QUICK_EXIT, DUMP_REASON_EXIT_NOW,
                                            DUMP_REASON_LIBRARY_UNLOADED};
    static const enum dump_reason between[] = {DUMP_REASON_CALL, DUMP_REASON_SIGNAL,
                                               DUMP_REASON_OUTSIDE};
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
        assert_true(answer(last[i], 0, 990, 1000));
    for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++)
        assert_false(answer(between[i], 0, 990, 1000));
}

static void test_only_freed_tables(void **state)
{
    (void)state;
    struct dump dump = {.info = {.reason = DUMP_REASON_EXIT, .at_ms = 1000}};
    struct dump_table table = {.read_ms = 1000};
    assert_false(answer_of(&dump, &table));
}

/* What a snapshot saw before may not be so by then. */
static void test_only_what_was_read_as_it_was_freed(void **state)
{
    (void)state;
    struct dump dump = {.info = {.reason = DUMP_REASON_EXIT, .at_ms = 1000}};
    struct dump_table table = {.flags = DUMP_TABLE_FREED, .read_ms = 1000};
    assert_true(answer_of(&dump, &table));
    table.flags |= DUMP_TABLE_READ_BEFORE;
    assert_false(answer_of(&dump, &table));
}

/* The table that a hollow one with 1,000 entries was rebuilt into, at the end of a run. */
static bool answer_beside_in(struct dump_table other, uint64_t run_ms)
{
    struct dump_table tables[] = {
        {.flags = DUMP_TABLE_FREED,
         .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
         .capacity = 700000,
         .live = 1000,
         .birth_ms = 10,
         .read_ms = run_ms - 100},
        other,
    };
    struct dump dump = {.info = {.reason = DUMP_REASON_MAIN_RETURNED, .at_ms = run_ms},
                        .tables = tables,
                        .table_count = 2};
    return answer_of(&dump, &tables[0]);
}

static bool answer_beside(struct dump_table other)
{
    return answer_beside_in(other, 1000);
}

static void test_rebuilt_tables(void **state)
{
    (void)state;
    const struct dump_table rebuilt = {.known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                       .capacity = 1031,
                                       .live = 1000,
                                       .birth_ms = 900,
                                       .read_ms = 1000};
    struct dump_table other = rebuilt;
    assert_false(answer_beside(other));
    other.live = 1100; /* it goes on being used */
    assert_false(answer_beside(other));
    other.birth_ms = 850; /* entry by entry */
    assert_false(answer_beside(other));

    /* Other tables have nothing to do with it. */
    other = rebuilt;
    other.live = 1101;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.live = 899;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.capacity = 350000;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.birth_ms = 849;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.birth_ms = 903;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.flags = DUMP_TABLE_FREED;
    assert_true(answer_beside(other));
    other = rebuilt;
    other.known = DUMP_KNOWN_CAPACITY;
    assert_true(answer_beside(other));
}

/* What was rebuilt is found among many tables of the same moment, and a dump whose tables all are
 * of one moment ends: half a million freed ones times half a million others would take minutes. */
static void test_many_tables_of_one_moment(void **state)
{
    (void)state;
    const struct dump_table freed = {.flags = DUMP_TABLE_FREED,
                                     .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                     .capacity = 700000,
                                     .live = 1000,
                                     .birth_ms = 10,
                                     .read_ms = 900};
    const struct dump_table other = {.known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                     .capacity = 1031,
                                     .live = 10,
                                     .birth_ms = 900};
    const size_t half = 200000;
    struct dump_table *tables = calloc(2 * half, sizeof(*tables));
    assert_non_null(tables);
    for (size_t i = 0; i < half; i++) {
        tables[i] = freed;
        tables[half + i] = other;
    }
    struct dump dump = {.info = {.reason = DUMP_REASON_MAIN_RETURNED, .at_ms = 1000},
                        .tables = tables,
                        .table_count = 2 * half};
    struct successors successors;
    assert_true(successors_find(&dump, &successors));
    for (size_t i = 0; i < half; i++)
        assert_true(freed_at_end(&dump, &successors, &tables[i]));
    successors_free(&successors);

    tables[half + half / 2].live = 1000;
    tables[half + half / 2].birth_ms = 901; /* the last before the free */
    assert_false(answer_of(&dump, &tables[0]));
    free(tables);
}

/* Where all takes long the rebuilding does, too. */
static void test_rebuilt_on_a_busy_machine(void **state)
{
    (void)state;
    struct dump_table other = {.known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                               .capacity = 1031,
                               .live = 1000,
                               .birth_ms = 9900 - 200,
                               .read_ms = 10000};
    assert_false(answer_beside_in(other, 10000));
    other.birth_ms--;
    assert_true(answer_beside_in(other, 10000));
}

/* The new array was among the last blocks before the free, however long the thread had to wait. */
static void test_rebuilt_between_others(void **state)
{
    (void)state;
    const struct dump_table other = {.number = 107,
                                     .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                     .capacity = 1031,
                                     .live = 1000,
                                     .birth_ms = 1900 - 800,
                                     .read_ms = 2000};
    struct dump_table tables[] = {{.number = 3,
                                   .flags = DUMP_TABLE_FREED,
                                   .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                   .capacity = 700000,
                                   .live = 1000,
                                   .birth_ms = 10,
                                   .read_ms = 1900,
                                   .freed_number = 107},
                                  other};
    struct dump dump = {.info = {.reason = DUMP_REASON_MAIN_RETURNED, .at_ms = 2000},
                        .tables = tables,
                        .table_count = 2};
    assert_false(answer_of(&dump, &tables[0]));
    tables[0].freed_number = 114;
    assert_false(answer_of(&dump, &tables[0]));

    tables[0].freed_number = 115; /* others came in between */
    assert_true(answer_of(&dump, &tables[0]));
    tables[0].freed_number = 106; /* it came later */
    assert_true(answer_of(&dump, &tables[0]));
    tables[0].freed_number = 0; /* by an earlier release */
    assert_true(answer_of(&dump, &tables[0]));
    tables[0].freed_number = 107;
    tables[1].birth_ms = 1900 - 1001; /* no thread waits so long */
    assert_true(answer_of(&dump, &tables[0]));
    tables[1] = other;
    tables[1].live = 10; /* nor did it take over */
    assert_true(answer_of(&dump, &tables[0]));
}

/* Times that cannot be: the dump may say anything. */
static void test_impossible_times(void **state)
{
    (void)state;
    assert_false(answer(DUMP_REASON_EXIT, 0, 1001, 1000));
    assert_false(answer(DUMP_REASON_EXIT, 999, 998, 1000));
    assert_false(answer(DUMP_REASON_EXIT, 0, UINT64_MAX, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_twentieth),
        cmocka_unit_test(test_at_least_300_ms),
        cmocka_unit_test(test_at_most_half_of_a_short_run),
        cmocka_unit_test(test_of_tables_in_a_row_the_last),
        cmocka_unit_test(test_only_in_the_last_dump),
        cmocka_unit_test(test_only_freed_tables),
        cmocka_unit_test(test_only_what_was_read_as_it_was_freed),
        cmocka_unit_test(test_rebuilt_tables),
        cmocka_unit_test(test_many_tables_of_one_moment),
        cmocka_unit_test(test_rebuilt_on_a_busy_machine),
        cmocka_unit_test(test_rebuilt_between_others),
        cmocka_unit_test(test_impossible_times),
    };
    return RUN(tests);
}
