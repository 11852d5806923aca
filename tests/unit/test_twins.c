/* Whose the words of tables side by side are: twins.h. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "readable.h"
#include "registry_memory.h"
#include "tables.h"
#include "twins.h"

#define SLOTS  1024u
#define LIVE   700u
#define TABLES 3u

/* A table's object as a program has it, and what it points at. */
struct object {
    uint64_t *keys;
    uint8_t *states;
    uint64_t size, used;
};

struct arrays {
    uint64_t keys[SLOTS];
    uint8_t states[SLOTS];
};

static struct {
    struct readable readable;
    struct registry *registry;
    struct array_record known[2 * TABLES];
    uint32_t known_count;
    uint32_t tables[TABLES];
    struct {
        uint64_t before[64];
        uint64_t turns;
        struct object objects[TABLES];
        uint64_t behind[64];
    } memory;
    struct arrays arrays[TABLES];
} world;

static uint64_t address_of(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

static bool find(void *context, uint64_t address, struct array_record *out)
{
    (void)context;
    for (uint32_t i = 0; i < world.known_count; i++) {
        struct array_record now;
        if (world.known[i].address != address)
            continue;
        *out = world.known[i];
        if (registry_find(world.registry, address, &now) != 0)
            *out = now;
        return true;
    }
    return false;
}

static struct array_record add_array(const void *memory, uint64_t bytes, uint32_t table)
{
    struct array_record array = {
        .address = address_of(memory), .bytes = bytes, .sequence = world.known_count + 1};
    uint32_t index = registry_insert(world.registry, &array);
    assert_int_not_equal(index, 0);
    if (table != 0)
        tables_add_array(world.registry, table, index, &array);
    else
        tables_adopt(world.registry, index, &array);
    world.known[world.known_count++] = array;
    assert_true(registry_get(world.registry, index, (uint32_t)array.sequence, &array));
    return array;
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.registry = system_map(sizeof(*world.registry));
    if (!world.registry)
        return -1;
    registry_start(world.registry);
    readable_begin(&world.readable);
    readable_add(&world.readable, &world.memory, sizeof(world.memory));
    for (uint32_t i = 0; i < TABLES; i++)
        world.memory.objects[i] = (struct object){.keys = world.arrays[i].keys,
                                                  .states = world.arrays[i].states,
                                                  .size = SLOTS,
                                                  .used = LIVE};
    world.memory.turns = LIVE;
    return 0;
}

static int end(void **state)
{
    (void)state;
    registry_unmap(world.registry);
    return 0;
}

static uint64_t place_of(uint32_t nth)
{
    return address_of(&world.memory.objects[nth].keys);
}

/* The tables, each known by its keys; `counts` of them all have the numbers of entries beside them
 * that each may take for its own. */
static void make_tables(uint32_t count, const int16_t (*counts)[HEADER_MOST_COUNTS],
                        const uint16_t *numbers)
{
    for (uint32_t i = 0; i < count; i++) {
        struct array_record keys = add_array(world.arrays[i].keys, sizeof(world.arrays[i].keys), 0);
        world.tables[i] = keys.table;
        add_array(world.arrays[i].states, sizeof(world.arrays[i].states), keys.table);
        struct slot_profile profile = {.slot_bytes = 8, .array_sequence = (uint32_t)keys.sequence};
        struct header_profile header = {.place = place_of(i),
                                        .live = LIVE,
                                        .array_bytes = keys.bytes,
                                        .array_sequence = (uint32_t)keys.sequence,
                                        .growths = 3,
                                        .count_number = numbers[i],
                                        .capacity = offsetof(struct object, size),
                                        .capacity_form = HEADER_CAPACITY_WHOLE,
                                        .kind = HEADER_IN_OBJECT,
                                        .times = 1,
                                        .parts = 1,
                                        .proven = 7};
        memcpy(header.counts, counts[i], sizeof(header.counts));
        tables_set_profile(world.registry, world.tables[i], &profile);
        tables_set_header(world.registry, world.tables[i], &header);
    }
}

static struct table_record settle(uint32_t nth)
{
    const struct twin_view view = {
        .reader = &world.readable.reader, .registry = world.registry, .find = find};
    struct table_record record;
    assert_true(tables_get(world.registry, world.tables[nth], &record));
    twins_settle(&view, world.tables[nth], &record);
    return record;
}

enum { OWN = offsetof(struct object, used), STRIDE = sizeof(struct object) };

static void each_of_two_keeps_its_own_count(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE}, {OWN, OWN - STRIDE}};
    make_tables(2, counts, (const uint16_t[]){2, 2});
    for (uint32_t i = 0; i < 2; i++) {
        struct table_record record = settle(i);
        assert_int_equal(record.header.count_number, 1);
        assert_int_equal(record.header.counts[0], OWN);
        assert_int_equal(record.header.proven, 1);
        assert_int_equal(record.header.is_open, 0);
    }
}

static void the_middle_one_of_three_keeps_its_own_count(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE, OWN + 2 * STRIDE},
                                                  {OWN, OWN - STRIDE, OWN + STRIDE},
                                                  {OWN, OWN - STRIDE, OWN - 2 * STRIDE}};
    make_tables(3, counts, (const uint16_t[]){3, 3, 3});
    for (uint32_t i = 0; i < 3; i++) {
        struct table_record record = settle(i);
        assert_int_equal(record.header.count_number, 1);
        assert_int_equal(record.header.counts[0], OWN);
    }
}

/* A number of turns before the first object lies as far from its count as that from the next. */
static void which_of_three_equal_words_count_is_open(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE, OWN - STRIDE},
                                                  {OWN, OWN - STRIDE, OWN - 2 * STRIDE}};
    make_tables(2, counts, (const uint16_t[]){3, 3});
    for (uint32_t i = 0; i < 2; i++) {
        struct table_record record = settle(i);
        assert_int_equal(record.header.count_number, 2);
        assert_int_equal(record.header.counts[0], OWN);
        assert_int_equal(record.header.is_open, 1);
    }
}

/* Counts that lie as no two objects of one kind have them may be either's. */
static void what_may_be_either_s_counts_nothing(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + 4}, {OWN - STRIDE, OWN + 4 - STRIDE}};
    make_tables(2, counts, (const uint16_t[]){2, 2});
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(settle(i).header.growths, 0);
}

static void a_table_alone_keeps_all(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE}};
    make_tables(1, counts, (const uint16_t[]){2});
    struct table_record record = settle(0);
    assert_int_equal(record.header.count_number, 2);
    assert_int_equal(record.header.proven, 7);
}

static void flags_of_another_table_are_left_out(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE}, {OWN, OWN - STRIDE}};
    make_tables(2, counts, (const uint16_t[]){2, 2});
    const int16_t pointer = offsetof(struct object, states);
    const struct flag_regions regions = {
        .place = place_of(0),
        .array_sequence = 1,
        .growths = 2,
        .way_number = 2,
        .ways = {{.count = OWN + STRIDE,
                  .pointer = pointer + STRIDE,
                  .base = FLAG_FROM_POINTER,
                  .unit = FLAG_BYTE},
                 {.count = OWN, .pointer = pointer, .base = FLAG_FROM_POINTER, .unit = FLAG_BYTE}}};
    tables_set_regions(world.registry, world.tables[0], &regions);
    struct table_record record = settle(0);
    assert_int_equal(record.regions.way_number, 1);
    assert_int_equal(record.regions.ways[0].pointer, pointer);
    assert_int_equal(record.regions.ways[0].count, OWN);
}

static void words_that_scale_are_each_table_s_own(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN, OWN + STRIDE}, {OWN, OWN - STRIDE}};
    make_tables(2, counts, (const uint16_t[]){2, 2});
    const struct scale_profile scale = {
        .place = place_of(0),
        .array_sequence = 1,
        .growths = 4,
        .count_number = 2,
        .counts = {{.offset = OWN + STRIDE, .is_proven = 1}, {.offset = OWN, .is_proven = 1}}};
    tables_set_scale(world.registry, world.tables[0], &scale);
    struct table_record record = settle(0);
    assert_int_equal(record.scale.count_number, 1);
    assert_int_equal(record.scale.counts[0].offset, OWN);
}

static struct twin twin_at(uint64_t place, uint64_t live)
{
    return (struct twin){.place = place, .capacity = SLOTS, .live = live, .slack = 1};
}

static void two_objects_are_two_tables(void **state)
{
    (void)state;
    const struct memory_reader *reader = &world.readable.reader;
    struct twin first = twin_at(place_of(0), LIVE), second = twin_at(place_of(1), LIVE);
    struct twin unknown = twin_at(place_of(1), 0);
    assert_true(twins_are(reader, &first, &second));
    assert_true(twins_are(reader, &first, &unknown));
    world.memory.turns = 0;
    world.memory.objects[1].used = SLOTS; /* no table grows at that, nor is it the other's count */
    assert_false(twins_are(reader, &first, &unknown));
    assert_false(twins_are(reader, &first, &second));
    assert_false(twins_are(reader, &first, &first));
}

/* Two halves, or keys and values, of one object: it has one capacity and one count. */
static void two_pointers_of_one_object_are_one_table(void **state)
{
    (void)state;
    struct twin keys = twin_at(place_of(0), LIVE);
    struct twin states = twin_at(address_of(&world.memory.objects[0].states), LIVE);
    memset(&world.memory.objects[1], 0, sizeof(world.memory.objects[1]));
    memset(&world.memory.objects[2], 0, sizeof(world.memory.objects[2]));
    world.memory.turns = 0;
    assert_false(twins_are(&world.readable.reader, &keys, &states));
}

static void an_array_of_the_neighbour_is_not_shared(void **state)
{
    (void)state;
    const int16_t counts[][HEADER_MOST_COUNTS] = {{OWN}, {OWN}};
    const struct twin_view view = {
        .reader = &world.readable.reader, .registry = world.registry, .find = find};
    make_tables(2, counts, (const uint16_t[]){1, 1});
    struct array_record own, others;
    assert_true(find(NULL, address_of(world.arrays[0].states), &own));
    assert_true(find(NULL, address_of(world.arrays[1].states), &others));
    uint64_t bytes = sizeof(world.arrays[0].keys);
    own.table = 0;
    assert_true(twins_may_share(&view, world.tables[0], place_of(0), bytes, &own));
    assert_false(twins_may_share(&view, world.tables[0], place_of(0), bytes, &others));
    others.table = 0; /* nobody knows whose it is: its place tells */
    assert_false(twins_may_share(&view, world.tables[0], place_of(0), bytes, &others));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(each_of_two_keeps_its_own_count),
        TEST(the_middle_one_of_three_keeps_its_own_count),
        TEST(which_of_three_equal_words_count_is_open),
        TEST(what_may_be_either_s_counts_nothing),
        TEST(a_table_alone_keeps_all),
        TEST(flags_of_another_table_are_left_out),
        TEST(words_that_scale_are_each_table_s_own),
        TEST(two_objects_are_two_tables),
        TEST(two_pointers_of_one_object_are_one_table),
        TEST(an_array_of_the_neighbour_is_not_shared),
    };
    return RUN(tests);
}
