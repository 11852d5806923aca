/* The arithmetic of the fixes, by hand-made numbers: design section 6. */
#include "unit.h"

#include <string.h>

#include "saving.h"

#define COUNTED (DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE)

static void test_chunks_are_those_of_glibc(void **state)
{
    (void)state;
    static const uint64_t expected[][2] = {
        {0, 32},  {1, 32},  {16, 32},   {24, 32},   {25, 48},   {32, 48},
        {40, 48}, {64, 80}, {128, 144}, {216, 224}, {256, 272}, {1000, 1008},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(malloc_chunk_bytes(expected[i][0]), expected[i][1]);
}

/* An open table of 1000 slots, half of the slots' values v; boxing is asked at the given load. */
static struct saving boxing(uint64_t value_bytes, double load)
{
    struct dump_table table = {
        .bytes = 1000000 * (8 + value_bytes),
        .capacity = 1000000,
        .live = (uint64_t)(load * 1000000),
        .slot_bytes = 8 + value_bytes,
        .value_bytes = value_bytes,
        .kind = DUMP_KIND_OPEN,
        .known = COUNTED | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_VALUE_BYTES,
    };
    return saving_of(&table, NULL, NULL);
}

/* Design section 6: 16 B 0.25, 32 B 0.50, 64 B 0.70, 128 B 0.83, 256 B 0.91. */
static void test_boxing_pays_below_the_documented_loads(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        double pays_below;
    } documented[] = {{16, 0.25}, {32, 0.50}, {64, 0.70}, {128, 0.83}, {256, 0.91}};
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
        struct saving below = boxing(documented[i].value, documented[i].pays_below - 0.006);
        struct saving above = boxing(documented[i].value, documented[i].pays_below + 0.006);
        assert_true(below.box_pays);
        assert_true(below.box > 0);
        assert_false(above.box_pays);
        assert_int_equal(above.box, 0);
    }
}

static void test_boxing_saves_what_the_formula_says(void **state)
{
    (void)state;
    struct dump_table table = {
        .bytes = 131072ULL * 224,
        .capacity = 131072,
        .live = 5000,
        .slot_bytes = 224,
        .value_bytes = 216,
        .peak_live = 130000,
        .kind = DUMP_KIND_OPEN,
        .known = COUNTED | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_PEAK,
    };
    struct saving saving = saving_of(&table, NULL, NULL);
    assert_int_equal(saving.boxed_bytes, 131072ULL * 16 + 5000ULL * 224);
    assert_int_equal(saving.box, 131072ULL * 224 - 131072ULL * 16 - 5000ULL * 224);
    /* at 130,000 of 131,072 it is dearer: 27,262,976 B of slots saved, 29,120,000 B of blocks paid
     */
    assert_int_equal(saving.box_at_peak, 131072LL * 208 - 130000LL * 224);
    assert_true(saving.box_at_peak < 0);
}

static void test_no_boxing_for_tables_of_pointers(void **state)
{
    (void)state;
    struct dump_table table = {
        .bytes = 8000000, .capacity = 1000000, .kind = DUMP_KIND_CHAINED, .known = COUNTED};
    assert_false(saving_of(&table, NULL, NULL).box_pays);
    table.kind = DUMP_KIND_OPEN; /* 8-byte slots: nothing to take out */
    assert_false(saving_of(&table, NULL, NULL).box_pays);
    const struct layout *glib = layout_by_name("GHashTable");
    assert_non_null(glib);
    table.bytes = 20000000;
    assert_false(saving_of(&table, glib, NULL).box_pays);
}

/* hashbrown's slot has a byte of control, tsl's up to eight of distance and hash: a boxed entry
 * takes the place of the entry alone, and boxing one of 8 bytes gives nothing. */
static void test_marks_beside_an_entry_are_not_boxed(void **state)
{
    (void)state;
    static const struct {
        const char *layout;
        uint64_t marks;
    } tables[] = {
        {"Rust HashMap (hashbrown)", 1}, {"absl::flat_hash_map", 1}, {"tsl::robin_map", 8}};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct layout *layout = layout_by_name(tables[i].layout);
        assert_non_null(layout);
        struct dump_table table = {
            .bytes = 524288 * (8 + tables[i].marks),
            .capacity = 524288,
            .live = 30,
            .slot_bytes = 8 + tables[i].marks,
            .kind = DUMP_KIND_OPEN,
            .known = COUNTED | DUMP_KNOWN_SLOT_BYTES,
        };
        assert_int_equal(saving_of(&table, layout, NULL).box, 0);
        table.slot_bytes = 88 + tables[i].marks;
        table.bytes = table.capacity * table.slot_bytes;
        struct saving saving = saving_of(&table, layout, NULL);
        assert_int_equal(saving.boxed_value_bytes, 88);
        assert_int_equal(saving.box, 524288 * 80 - 30 * 96);
    }
}

static void test_rebuild_counts_the_new_tables_empty_slots(void **state)
{
    (void)state;
    struct dump_table table = {
        .bytes = 1048576ULL * 24,
        .capacity = 1048576,
        .live = 9000,
        .live_error = 400,
        .growth_load_ppm = 700000,
        .kind = DUMP_KIND_OPEN,
        .known = COUNTED,
    };
    struct saving saving = saving_of(&table, NULL, NULL);
    assert_int_equal(saving.live_high, 9800);
    assert_int_equal(saving.rebuilt_capacity,
                     16384); /* 9800 / 0.7 = 14000, the power of two above */
    assert_int_equal(saving.rebuilt_bytes, 16384 * 24);
    assert_int_equal(saving.rebuild, (1048576 - 16384) * 24);
}

static void test_rebuild_uses_what_the_layout_knows(void **state)
{
    (void)state;
    const struct layout *map = layout_by_name("std::unordered_map");
    assert_non_null(map);
    struct dump_table table = {.bytes = 8 * 2938679ULL,
                               .capacity = 2938679,
                               .live = 100,
                               .kind = DUMP_KIND_CHAINED,
                               .known = COUNTED};
    struct saving saving = saving_of(&table, map, NULL);
    assert_int_equal(saving.rebuilt_capacity, map->capacity_for(100));
    assert_int_equal(saving.rebuild, 8 * (2938679ULL - map->capacity_for(100)));
}

/* Qt 6's QHash keeps the blocks of erased entries: 32 spans of 144 bytes and a 48-entry block each
 * come down to one span and one block. */
static void test_blocks_that_stay_count_as_saved(void **state)
{
    (void)state;
    const struct layout *hash = layout_by_name("QHash (Qt 6)");
    assert_non_null(hash);
    struct dump_table table = {.bytes = 8 + 32 * 144,
                               .capacity = 4096,
                               .live = 10,
                               .entry_blocks = 32,
                               .entry_bytes = 32 * 784,
                               .kind = DUMP_KIND_COMPACT,
                               .known = COUNTED | DUMP_KNOWN_ENTRIES};
    struct saving saving = saving_of(&table, hash, NULL);
    assert_int_equal(saving.rebuilt_capacity, 128);
    assert_int_equal(saving.freed_entry_bytes, 31 * 784);
    assert_int_equal(saving.rebuild, 31 * 144 + 31 * 784);
}

static void test_nothing_is_saved_by_a_full_or_an_unread_table(void **state)
{
    (void)state;
    struct dump_table table = {.bytes = 4096, .capacity = 256, .live = 250, .known = COUNTED};
    assert_int_equal(best_saving(&(struct saving){0}), 0);
    assert_int_equal(saving_of(&table, NULL, NULL).rebuild, 0);
    table.known = DUMP_KNOWN_CAPACITY;
    assert_false(saving_of(&table, NULL, NULL).known);
    table.known = COUNTED;
    table.capacity = 0;
    assert_false(saving_of(&table, NULL, NULL).known);
}

static void test_resident_saving_is_capped(void **state)
{
    (void)state;
    struct dump_table table = {.bytes = 1000000, .resident_bytes = 300000};
    assert_int_equal(resident_saving(&table, 900000, 100000), 200000);
    assert_int_equal(resident_saving(&table, 150000, 100000), 150000);
    assert_int_equal(resident_saving(&table, 500000, 500000), 0);
}

/* The largest numbers that dump_check() lets through must not overflow. */
static void test_largest_numbers(void **state)
{
    (void)state;
    const uint64_t most = (1ULL << 48) - 1;
    for (uint32_t kind = DUMP_KIND_UNKNOWN; kind <= DUMP_KIND_COMPACT; kind++)
        for (size_t i = 0; i == 0 || all_layouts[i - 1]; i++) {
            struct dump_table table = {
                .bytes = most,
                .capacity = most,
                .live = most,
                .live_error = most,
                .slot_bytes = most,
                .value_bytes = most,
                .entry_blocks = 1,
                .entry_bytes = most,
                .peak_live = most,
                .growth_load_ppm = 1,
                .kind = kind,
                .known = UINT32_MAX,
            };
            const struct layout *layout = i ? all_layouts[i - 1] : NULL;
            struct saving saving = saving_of(&table, layout, NULL);
            assert_true(saving.rebuild <= 2 * most && saving.box <= most);
            table.live = table.live_error = 0;
            saving = saving_of(&table, layout, NULL);
            assert_true(saving.rebuild <= 2 * most && saving.box <= most);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_are_those_of_glibc),
        cmocka_unit_test(test_boxing_pays_below_the_documented_loads),
        cmocka_unit_test(test_boxing_saves_what_the_formula_says),
        cmocka_unit_test(test_no_boxing_for_tables_of_pointers),
        cmocka_unit_test(test_marks_beside_an_entry_are_not_boxed),
        cmocka_unit_test(test_rebuild_counts_the_new_tables_empty_slots),
        cmocka_unit_test(test_rebuild_uses_what_the_layout_knows),
        cmocka_unit_test(test_blocks_that_stay_count_as_saved),
        cmocka_unit_test(test_nothing_is_saved_by_a_full_or_an_unread_table),
        cmocka_unit_test(test_resident_saving_is_capped),
        cmocka_unit_test(test_largest_numbers),
    };
    return RUN(tests);
}
