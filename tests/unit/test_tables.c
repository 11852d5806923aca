/* Tables over their arrays: how they are made, joined and forgotten. tables.h. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "registry_memory.h"
#include "tables.h"

static struct registry *registry;
static uint64_t sequence;

static int begin(void **state)
{
    (void)state;
    registry = system_map(sizeof(*registry));
    if (!registry)
        return -1;
    registry_start(registry);
    sequence = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    registry_unmap(registry);
    return 0;
}

struct live {
    uint32_t index;
    struct array_record record;
};

static struct live allocate(uint64_t bytes)
{
    struct live live = {.record = {.bytes = bytes, .sequence = ++sequence}};
    live.record.address = 0x10000000 + sequence * 0x100000;
    registry->next_sequence = sequence;
    live.index = registry_insert(registry, &live.record);
    assert_int_not_equal(live.index, 0);
    return live;
}

/* The record as it is now, with the table it was given. */
static struct array_record now(const struct live *live)
{
    struct array_record record;
    assert_true(registry_get(registry, live->index, (uint32_t)live->record.sequence, &record));
    return record;
}

static struct array_record release(const struct live *live)
{
    struct array_record record;
    assert_true(registry_remove(registry, live->record.address, &record));
    return record;
}

/* The array is replaced by one of `bytes`. */
static uint32_t grow(struct live *live, uint64_t bytes, uint64_t entries)
{
    struct live bigger = allocate(bytes);
    struct array_record old = release(live);
    struct growth_evidence evidence = {
        .occupied_ppm = 700000, .moved_ppm = 500000, .live = entries};
    uint32_t table = tables_link(registry, &old, bigger.index, &bigger.record, &evidence);
    assert_int_not_equal(table, 0);
    *live = bigger;
    return table;
}

/* The array is freed; its table with the last one. */
static void free_array(struct live *live)
{
    struct array_record record = release(live);
    uint32_t table = tables_resolve(registry, record.table);
    if (tables_drop_array(registry, table, (uint32_t)record.sequence) == 0)
        tables_forget(registry, table);
}

static void test_growths_are_kept_in_order(void **state)
{
    (void)state;
    struct live live = allocate(1024);
    struct table_record record;
    uint32_t table = 0;
    for (uint64_t bytes = 2048; bytes <= 65536; bytes *= 2)
        table = grow(&live, bytes, bytes / 16);
    assert_int_equal(now(&live).table, table);
    assert_true(tables_get(registry, table, &record));
    assert_int_equal(record.growths, 6);
    assert_int_equal(record.peak_bytes, 65536);
    assert_int_equal(record.peak_live, 4096);
    assert_int_equal(record.number, 1); /* it began with the first array */
    uint64_t expected = 65536;
    for (uint32_t at = record.last_growth; at != 0; expected /= 2) {
        const struct growth_record *growth = pool_at(&registry->growths, at);
        assert_int_equal(growth->to_bytes, expected);
        assert_int_equal(growth->from_bytes, expected / 2);
        at = growth->previous;
    }
    assert_int_equal(expected, 1024);
    free_array(&live);
    assert_false(tables_get(registry, table, &record));
    assert_int_equal(tables_resolve(registry, table), 0);
}

/* A purge of tombstones and a shrink go on with the same table, but are no growths. */
static void test_only_bigger_is_growth(void **state)
{
    (void)state;
    struct live live = allocate(1024);
    struct table_record record;
    uint32_t table = grow(&live, 8192, 100);
    assert_int_equal(grow(&live, 8192, 50), table);
    assert_int_equal(grow(&live, 2048, 10), table);
    assert_true(tables_get(registry, table, &record));
    assert_int_equal(record.growths, 1);
    assert_int_equal(record.peak_bytes, 8192);
    assert_int_equal(record.peak_live, 100);
    free_array(&live);
}

static void test_the_older_table_stays(void **state)
{
    (void)state;
    struct live keys = allocate(1024), values = allocate(1024);
    uint32_t a = grow(&keys, 2048, 10), b = grow(&values, 2048, 10);
    struct table_record record;
    assert_int_not_equal(a, b);
    assert_int_equal(tables_merge(registry, b, a), a);
    assert_int_equal(tables_resolve(registry, b), a);
    assert_int_equal(tables_merge(registry, a, b), a);
    /* It lives as long as any of its arrays. */
    free_array(&keys);
    assert_true(tables_get(registry, a, &record));
    assert_int_equal(tables_resolve(registry, now(&values).table), a);
    free_array(&values);
    assert_false(tables_get(registry, a, &record));
    assert_int_equal(tables_resolve(registry, b), 0);
}

/* Whatever was joined to whatever: all of it is found, and all of it goes together. */
static void test_chains_of_merges(void **state)
{
    (void)state;
    struct live arrays[4];
    uint32_t tables[4];
    struct table_record record;
    for (int i = 0; i < 4; i++) {
        arrays[i] = allocate(1024);
        tables[i] = grow(&arrays[i], 2048, 10);
    }
    assert_int_equal(tables_merge(registry, tables[3], tables[2]), tables[2]);
    assert_int_equal(tables_merge(registry, tables[1], tables[0]), tables[0]);
    assert_int_equal(tables_merge(registry, tables[3], tables[1]), tables[0]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(tables_resolve(registry, tables[i]), tables[0]);
    for (int i = 0; i < 4; i++) {
        assert_true(tables_get(registry, tables[0], &record));
        free_array(&arrays[i]);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(tables_resolve(registry, tables[i]), 0);
}

/* Also what is joined to one of two tables that were told from each other is none of the other. */
static void test_tables_told_apart_stay_so(void **state)
{
    (void)state;
    struct live arrays[3];
    uint32_t tables[3];
    for (int i = 0; i < 3; i++) {
        arrays[i] = allocate(1024);
        tables[i] = grow(&arrays[i], 2048, 10);
    }
    assert_false(tables_are_apart(registry, tables[0], tables[2]));
    tables_set_apart(registry, tables[0], tables[2]);
    assert_true(tables_are_apart(registry, tables[0], tables[2]));
    assert_true(tables_are_apart(registry, tables[2], tables[0]));
    assert_false(tables_are_apart(registry, tables[1], tables[2]));
    assert_int_equal(tables_merge(registry, tables[1], tables[2]), tables[1]);
    assert_true(tables_are_apart(registry, tables[0], tables[1]));
    tables_set_apart(registry, tables[1], tables[2]);
    assert_false(tables_are_apart(registry, tables[1], tables[2]));
    for (int i = 0; i < 3; i++)
        free_array(&arrays[i]);
    assert_false(tables_are_apart(registry, tables[0], tables[1]));
}

/* More tables than the pool has room for, but never many at once: none may be dropped. */
static void test_records_are_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct live keys = allocate(1024), values = allocate(1024);
        uint32_t a = grow(&keys, 2048, 10), b = grow(&values, 2048, 10);
        uint32_t table = tables_merge(registry, a, b);
        tables_add_reading(registry, table, 128, 10);
        free_array(&keys);
        free_array(&values);
    }
    assert_int_equal(registry->counters.values[COUNTER_TABLES_DROPPED], 0);
    assert_true(registry->tables.count < 20);
    assert_true(registry->growths.count < 20);
    assert_true(registry->readings.count < 20);
}

/* Shrunk below the threshold, or partly unmapped: nothing can be read any more. */
static void test_arrays_that_are_abandoned(void **state)
{
    (void)state;
    struct live keys = allocate(1024), values = allocate(1024);
    uint32_t a = grow(&keys, 2048, 10), table = tables_merge(registry, a, grow(&values, 2048, 10));
    struct table_record record;
    struct array_record gone = release(&keys);
    tables_abandon_array(registry, &gone);
    assert_true(tables_get(registry, table, &record));
    gone = release(&values);
    tables_abandon_array(registry, &gone);
    assert_false(tables_get(registry, table, &record));
    tables_abandon_array(registry, &gone); /* of a table that is gone, or of none */
    gone.table = 0;
    tables_abandon_array(registry, &gone);

    /* What a freed table held last stays in the report. */
    struct live freed = allocate(1024);
    table = grow(&freed, 2048, 10);
    struct array_record array = now(&freed);
    struct table_reading reading = {
        .capacity = 128, .live = 10, .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE};
    tables_set_freed(registry, table, &array, &reading, 0, DUMP_READ_ESTIMATED, 0);
    gone = release(&freed);
    tables_abandon_array(registry, &gone);
    assert_true(tables_get(registry, table, &record));
    assert_int_equal(record.freed_live, 10);
}

/* A thread may remember a table that is gone since (thread.h, last_link). */
static void test_a_table_that_is_gone_takes_no_part(void **state)
{
    (void)state;
    struct live short_lived = allocate(1024), other = allocate(1024);
    uint32_t gone = grow(&short_lived, 2048, 10), table = grow(&other, 2048, 10);
    struct table_record record;
    struct array_record array = now(&other);
    free_array(&short_lived);
    assert_int_equal(tables_merge(registry, gone, table), table);
    assert_int_equal(tables_merge(registry, table, gone), table);
    tables_set_layout(registry, gone, 1);
    tables_add_reading(registry, gone, 1, 1);
    tables_add_array(registry, gone, other.index, &array);
    assert_int_equal(tables_drop_array(registry, gone, 1), UINT32_MAX);
    assert_int_equal(now(&other).table, table);
    /* The next new table gets the record, and nothing of all that. */
    struct live next = allocate(1024);
    uint32_t reused = grow(&next, 2048, 10);
    assert_int_equal(reused, gone);
    assert_true(tables_get(registry, reused, &record));
    assert_int_equal(record.layout, 0);
    assert_int_equal(record.last_reading, 0);
    free_array(&next);
    free_array(&other);
}

/* An array that did not fit into the table's record still names it: nobody else may become it. */
static void test_more_arrays_than_a_record_holds(void **state)
{
    (void)state;
    struct live arrays[TABLE_MAX_ARRAYS + 1], next;
    arrays[0] = allocate(1024);
    uint32_t table = grow(&arrays[0], 2048, 10);
    for (unsigned i = 1; i <= TABLE_MAX_ARRAYS; i++) {
        arrays[i] = allocate(2048);
        tables_add_array(registry, table, arrays[i].index, &arrays[i].record);
    }
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        free_array(&arrays[i]);
    assert_int_equal(now(&arrays[TABLE_MAX_ARRAYS]).table, table);
    next = allocate(1024);
    assert_int_not_equal(grow(&next, 2048, 10), table);
    free_array(&next);
    free_array(&arrays[TABLE_MAX_ARRAYS]);
}

/* The address comes again, and nobody said that the array was gone: then its table is, too. */
static void test_a_missed_free_ends_the_table(void **state)
{
    (void)state;
    struct live live = allocate(1024);
    uint32_t table = grow(&live, 2048, 10);
    struct table_record record;
    assert_true(tables_get(registry, table, &record));
    struct array_record again = {
        .address = live.record.address, .bytes = 4096, .sequence = ++sequence};
    assert_int_equal(registry_insert(registry, &again), live.index);
    assert_false(tables_get(registry, table, &record));
    live.record = again;
    assert_int_equal(now(&live).table, 0);
    release(&live);
}

static uint32_t free_hollow(uint64_t bytes)
{
    struct live live = allocate(1024);
    uint32_t table = grow(&live, bytes, 10);
    struct array_record gone = release(&live);
    struct table_reading reading = {
        .capacity = 128, .live = 10, .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE};
    tables_drop_array(registry, table, (uint32_t)gone.sequence);
    tables_set_freed(registry, table, &gone, &reading, 0, DUMP_READ_ESTIMATED, 0);
    return table;
}

/* What was freed gives way to what lives, the smallest first, and the report says so. */
static void test_freed_tables_make_room(void **state)
{
    (void)state;
    struct table_record record;
    struct live live[9];
    registry->tables.max_records = 10; /* nine, for number 0 is none */
    uint32_t large = free_hollow(1 << 20), small = free_hollow(1 << 12);
    for (unsigned i = 0; i < 7; i++) {
        live[i] = allocate(1024);
        assert_int_not_equal(grow(&live[i], 2048, 10), 0);
    }
    assert_int_equal(registry->counters.values[COUNTER_FREED_FORGOTTEN], 0);
    live[7] = allocate(1024);
    assert_int_equal(grow(&live[7], 2048, 10), small);
    assert_true(tables_get(registry, small, &record));
    assert_int_equal(record.flags & TABLE_FREED, 0);
    assert_true(tables_get(registry, large, &record));
    assert_int_equal(record.freed_bytes, 1 << 20);
    live[8] = allocate(1024);
    assert_int_equal(grow(&live[8], 2048, 10), large);
    assert_int_equal(registry->counters.values[COUNTER_FREED_FORGOTTEN], 2);
    /* Nobody else is gone. */
    struct live another = allocate(1024), bigger = allocate(2048);
    struct array_record old = release(&another);
    assert_int_equal(
        tables_link(registry, &old, bigger.index, &bigger.record, &(struct growth_evidence){0}), 0);
    assert_int_equal(registry->counters.values[COUNTER_TABLES_DROPPED], 1);
}

static void mark_as_continuing(struct array_record *array, void *context)
{
    array->flags |= ARRAY_CONTINUES;
    array->table = *(const uint32_t *)context;
}

/* An array that came just after a table's was freed is expected to go on with it, until it turns
 * out to have replaced that of a table beside it. */
static void test_an_array_that_became_anothers_is_not_expected_any_more(void **state)
{
    (void)state;
    struct live first = allocate(4096), second = allocate(4096);
    uint32_t expected = grow(&first, 8192, 400), other = grow(&second, 8192, 300);
    struct live bigger = allocate(16384), own = allocate(16384);
    struct growth_evidence evidence = {.live = 700};
    registry_update(registry, bigger.index, (uint32_t)bigger.record.sequence, mark_as_continuing,
                    &expected);
    registry_update(registry, own.index, (uint32_t)own.record.sequence, mark_as_continuing,
                    &expected);
    struct array_record old = release(&second), array = now(&bigger);
    assert_int_equal(tables_link(registry, &old, bigger.index, &array, &evidence), other);
    assert_int_equal(now(&bigger).table, other);
    assert_true(now(&bigger).flags & ARRAY_ANOTHERS);

    old = release(&first);
    array = now(&own);
    assert_int_equal(tables_link(registry, &old, own.index, &array, &evidence), expected);
    assert_false(now(&own).flags & ARRAY_ANOTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_growths_are_kept_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_only_bigger_is_growth, begin, end),
        cmocka_unit_test_setup_teardown(test_the_older_table_stays, begin, end),
        cmocka_unit_test_setup_teardown(test_chains_of_merges, begin, end),
        cmocka_unit_test_setup_teardown(test_records_are_used_again, begin, end),
        cmocka_unit_test_setup_teardown(test_arrays_that_are_abandoned, begin, end),
        cmocka_unit_test_setup_teardown(test_a_table_that_is_gone_takes_no_part, begin, end),
        cmocka_unit_test_setup_teardown(test_a_missed_free_ends_the_table, begin, end),
        cmocka_unit_test_setup_teardown(test_freed_tables_make_room, begin, end),
        cmocka_unit_test_setup_teardown(test_tables_told_apart_stay_so, begin, end),
        cmocka_unit_test_setup_teardown(test_more_arrays_than_a_record_holds, begin, end),
        cmocka_unit_test_setup_teardown(test_an_array_that_became_anothers_is_not_expected_any_more,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
