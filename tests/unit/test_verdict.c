/* When a table is hollow, and when it is not: design section 6, one test a clause. */
#include "unit.h"

#include <stdbool.h>

#include "verdict.h"

#define COUNTED (DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE)
#define MIB     (1ULL << 20)

/* A dump after 100 s with one table of 24-byte slots, and what was recorded of it. */
struct scene {
    struct dump dump;
    struct dump_table table;
    struct dump_growth growths[4];
    struct dump_reading readings[4];
    const char *layout;
    uint64_t min_saving;
    double min_fill;
    bool sibling_grew;
};

/* Grew 12 times at load 0.7, the last time long ago, and holds the given share of its slots. */
static struct scene grown_table(double load)
{
    struct scene scene = {
        .dump.info.at_ms = 100000,
        .dump.info.tracked_bytes = 50 * MIB,
        .table =
            {
                .bytes = MIB * 24,
                .capacity = MIB,
                .live = (uint64_t)(load * MIB),
                .kind = DUMP_KIND_OPEN,
                .read = DUMP_READ_EXACT,
                .known = COUNTED,
                .growths = 12,
                .growth_load_ppm = 700000,
                .last_growth_ms = 40000,
            },
        .min_saving = MIB,
    };
    return scene;
}

static struct judgement judge(struct scene *scene)
{
    const struct layout *layout = scene->layout ? layout_by_name(scene->layout) : NULL;
    if (scene->layout)
        assert_non_null(layout);
    scene->dump.growths = scene->growths;
    scene->dump.readings = scene->readings;
    scene->dump.tables = &scene->table;
    struct saving saving =
        saving_of(&scene->table, layout, dump_growths(&scene->dump, &scene->table));
    return judge_table(&scene->dump, &scene->table, layout, &saving,
                       &(struct finding_limits){scene->min_saving, scene->min_fill},
                       scene->sibling_grew);
}

static void assert_verdict(struct scene *scene, enum verdict verdict, enum verdict_reason reason)
{
    struct judgement judgement = judge(scene);
    assert_string_equal(verdict_word(judgement.verdict), verdict_word(verdict));
    assert_int_equal(judgement.reason, reason);
}

static void test_limit_of_each_family(void **state)
{
    (void)state;
    static const struct {
        const char *layout;
        double hollow_below;
    } documented[] = {
        {"std::unordered_map", 0.23},
        {"Rust HashMap (hashbrown)", 0.22},
        {"khash", 0.19},
        {"CPython dict", 0.17},
    };
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
        const struct layout *layout = layout_by_name(documented[i].layout);
        assert_non_null(layout);
        struct load_limits limits = load_limits_of(&(struct dump_table){0}, layout, NULL);
        assert_float_equal(limits.hollow_below, documented[i].hollow_below, 0.006);
    }
}

static void test_limit_of_a_table_nobody_knows(void **state)
{
    (void)state;
    struct dump_table table = {.growth_load_ppm = 800000};
    struct dump_growth growth = {.from_bytes = 1000, .to_bytes = 4000};
    assert_float_equal(load_limits_of(&table, NULL, NULL).hollow_below, 0.2, 1e-9);
    table.growth_count = 1; /* it grows by four: right after that it is only 0.2 full */
    assert_float_equal(load_limits_of(&table, NULL, &growth).hollow_below, 0.1, 1e-9);
    table.growth_load_ppm = 0;
    assert_float_equal(load_limits_of(&table, NULL, &growth).hollow_below, 0.125, 1e-9);
}

static void test_limit_of_an_index_beside_its_entries(void **state)
{
    (void)state;
    struct dump_table table = {.growth_load_ppm = 800000, .growth_count = 2, .array_count = 2};
    struct dump_growth growths[] = {
        {.from_bytes = 1000, .to_bytes = 4000, .occupied_ppm = 800000},
        {.from_bytes = 8000, .to_bytes = 16000}, /* of the entries */
    };
    assert_float_equal(load_limits_of(&table, NULL, growths).hollow_below, 0.1, 1e-9);
    table.array_count = 1; /* whose load was not measured the last time */
    assert_float_equal(load_limits_of(&table, NULL, growths).hollow_below, 0.2, 1e-9);
}

static void test_hollow_below_the_limit_only(void **state)
{
    (void)state;
    struct scene below = grown_table(0.17), above = grown_table(0.18);
    assert_verdict(&below, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    assert_verdict(&above, VERDICT_OK, REASON_LOADED);
}

static void test_no_limit_where_nothing_can_be_done(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.001);
    scene.layout = "Perl string table";
    assert_verdict(&scene, VERDICT_OK, REASON_NO_WAY);
}

static void test_an_estimate_is_taken_at_its_upper_end(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.10);
    scene.table.read = DUMP_READ_ESTIMATED;
    scene.table.live_error = MIB / 30; /* 0.10 + 2 * 0.033 = 0.167 */
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    scene.table.live_error = MIB / 25; /* 0.10 + 2 * 0.04 = 0.18 */
    assert_verdict(&scene, VERDICT_OK, REASON_LOADED);
}

static void test_the_saving_must_be_worth_it(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.bytes = scene.table.capacity; /* 1 MiB in all */
    assert_verdict(&scene, VERDICT_OK, REASON_SMALL);
    scene.min_saving = MIB / 2;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
}

/* What the user calls hollow counts, not what is usual for the kind of table. */
static void test_min_fill(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.3);
    assert_int_equal(judge(&scene).reason, REASON_LOADED);
    scene.min_fill = 0.31;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    scene = grown_table(0.01);
    scene.min_fill = 0.005;
    assert_int_equal(judge(&scene).reason, REASON_LOADED);
}

static void test_default_minimum(void **state)
{
    (void)state;
    struct dump dump = {.info.tracked_bytes = 5 * MIB};
    assert_int_equal(default_min_saving(&dump), MIB);
    dump.info.tracked_bytes = 1000 * MIB;
    assert_int_equal(default_min_saving(&dump), 10 * MIB);
}

static void test_one_jump_is_over_reserved(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.growths = 0;
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_NEVER_FULLER);
    /* a small growth, then a reservation for a hundred times as much */
    scene.table.growths = 1;
    scene.table.growth_count = 1;
    scene.growths[0] =
        (struct dump_growth){.from_bytes = scene.table.bytes / 100, .to_bytes = scene.table.bytes};
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_NEVER_FULLER);
    scene.growths[0].from_bytes = scene.table.bytes / 2;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
}

static void test_one_jump_is_a_growth_when_siblings_grew(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.growths = 0;
    scene.sibling_grew = true;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_SIBLING_GREW);
}

static void test_small_growths_are_not_seen(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.growths = 0;
    scene.table.bytes = 4095;
    scene.min_saving = 1;
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_GROWTH_NOT_SEEN);
    scene.table.bytes = 4096;
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_NEVER_FULLER);
    scene.table.flags |= DUMP_TABLE_GROWS_UNSEEN;
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_GROWTH_HIDDEN);
}

static void test_a_reservation_that_was_used_is_hollow(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.growths = 0;
    scene.table.known |= DUMP_KNOWN_PEAK;
    scene.table.peak_live = MIB / 2;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_PEAK);
    scene.table.peak_live = MIB / 50; /* it was used a little, and never as much as reserved */
    assert_verdict(&scene, VERDICT_OVER_RESERVED, REASON_NEVER_FULLER);
    scene.table.reading_count = 1; /* a timeline saw it full */
    scene.readings[0] = (struct dump_reading){.at_ms = 5, .capacity = MIB, .live = MIB / 2};
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_PEAK);
}

static void test_deleted_slots_without_growth_or_peak(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.known |= DUMP_KNOWN_TOMBSTONES;
    scene.table.tombstones = MIB / 2;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    scene.table.growths = 0;
    assert_verdict(&scene, VERDICT_TOMBSTONES, REASON_DELETED_MARKS);
    scene.layout = "khash"; /* whose deleted slots never made it grow */
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_DELETED_MARKS);
    scene.table.known |= DUMP_KNOWN_PEAK; /* the slots were deleted because there were entries */
    scene.table.peak_live = MIB / 2;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_PEAK);
}

static void test_capacity_that_rises_alone_is_tombstones(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.growth_count = 3;
    for (int i = 0; i < 3; i++)
        scene.growths[i] = (struct dump_growth){.from_bytes = scene.table.bytes >> (3 - i),
                                                .to_bytes = scene.table.bytes >> (2 - i),
                                                .live = 10000 + 100 * (uint64_t)i};
    assert_verdict(&scene, VERDICT_TOMBSTONES, REASON_CAPACITY_ROSE_ALONE);
    scene.growths[1].live = 30000; /* entries rose with it: it fell later */
    scene.growths[2].live = 60000;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
}

static void test_tables_that_shrink_by_themselves(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.layout = "GHashTable";
    assert_verdict(&scene, VERDICT_OK, REASON_SHRINKS_BY_ITSELF);
    scene.layout = "Redis dict";
    assert_verdict(&scene, VERDICT_OK, REASON_SHRINKS_BY_ITSELF);
    /* g_hash_table_iter_remove() leaves the array as it is until the next insert or removal */
    scene.layout = "GHashTable";
    scene.table.known |= DUMP_KNOWN_TOMBSTONES;
    scene.table.tombstones = 9 * MIB / 10;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
}

static void test_growing(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.36);
    scene.table.last_growth_ms = 99500;
    assert_verdict(&scene, VERDICT_GROWING, REASON_JUST_GREW);
    scene.table.last_growth_ms = 90000;
    assert_verdict(&scene, VERDICT_OK, REASON_LOADED);
    scene = grown_table(0.01); /* grown a moment ago, and emptied since */
    scene.table.last_growth_ms = 99500;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    scene.table.flags = DUMP_TABLE_REHASHING;
    assert_verdict(&scene, VERDICT_GROWING, REASON_MOVING);
}

static void test_what_was_not_read_is_not_judged(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.01);
    scene.table.known = DUMP_KNOWN_CAPACITY;
    assert_verdict(&scene, VERDICT_OK, REASON_NOT_READ);
}

/* Slots that were taken for heads of chains: more entries are estimated than there are slots. */
static void test_more_entries_than_slots_prove_nothing(void **state)
{
    (void)state;
    struct scene scene = grown_table(0.34);
    scene.table.growth_load_ppm = 2220000; /* a load of 1.11 right after growing, if it were so */
    assert_verdict(&scene, VERDICT_OK, REASON_LOADED);
    scene.table.kind = DUMP_KIND_COMPACT;
    assert_verdict(&scene, VERDICT_OK, REASON_LOADED);
    scene.table.kind = DUMP_KIND_CHAINED;
    assert_verdict(&scene, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);

    scene = grown_table(0.01);
    scene.table.growth_count = 1;
    scene.growths[0] =
        (struct dump_growth){.from_bytes = MIB * 12, .to_bytes = MIB * 24, .live = MIB + 4};
    assert_int_equal(judge(&scene).proven_peak, 0);
    scene.table.reading_count = 1;
    scene.readings[0] = (struct dump_reading){.capacity = MIB, .live = MIB - 4};
    assert_int_equal(judge(&scene).proven_peak, MIB - 4);
    scene.readings[0].live =
        MIB * 2; /* an index of chains, which looks open now that it is empty */
    assert_int_equal(judge(&scene).proven_peak, MIB * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_of_each_family),
        cmocka_unit_test(test_limit_of_a_table_nobody_knows),
        cmocka_unit_test(test_limit_of_an_index_beside_its_entries),
        cmocka_unit_test(test_hollow_below_the_limit_only),
        cmocka_unit_test(test_no_limit_where_nothing_can_be_done),
        cmocka_unit_test(test_an_estimate_is_taken_at_its_upper_end),
        cmocka_unit_test(test_the_saving_must_be_worth_it),
        cmocka_unit_test(test_min_fill),
        cmocka_unit_test(test_default_minimum),
        cmocka_unit_test(test_one_jump_is_over_reserved),
        cmocka_unit_test(test_small_growths_are_not_seen),
        cmocka_unit_test(test_one_jump_is_a_growth_when_siblings_grew),
        cmocka_unit_test(test_a_reservation_that_was_used_is_hollow),
        cmocka_unit_test(test_deleted_slots_without_growth_or_peak),
        cmocka_unit_test(test_capacity_that_rises_alone_is_tombstones),
        cmocka_unit_test(test_tables_that_shrink_by_themselves),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_what_was_not_read_is_not_judged),
        cmocka_unit_test(test_more_entries_than_slots_prove_nothing),
    };
    return RUN(tests);
}
