/* An index behind its entries in one block: index_region.h. */
#include "unit.h"

#include <string.h>

#include "index_region.h"
#include "readable.h"

#define ENTRIES 5000u
#define SLOTS   8192u
#define NONE    UINT32_MAX
#define DELETED (UINT32_MAX - 1)

/* Values of 8 bytes, hashes, links, and behind them the index. */
static struct region {
    uint64_t values[ENTRIES];
    uint64_t hashes[ENTRIES];
    uint32_t links[ENTRIES];
    uint32_t rest[2]; /* the index begins where one of 8-byte words might */
    uint32_t index[SLOTS];
} region;

static struct object {
    uint64_t before[9];
    struct region *memory;
    uint32_t entries, used, slots, deleted;
    uint64_t behind[9];
} object;

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;
static uint64_t seed;

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    (void)index;
    return nth == 0 && address == (uint64_t)(uintptr_t)&region ? (uint64_t)(uintptr_t)&object.memory
                                                               : 0;
}

static bool is_object(uint64_t place, void *context)
{
    (void)context;
    return place == (uint64_t)(uintptr_t)&object.memory;
}

static bool read_region(struct table_reading *out)
{
    static const struct block_index blocks = {.pointer_to = pointer_to};
    struct layout_view view = {.reader = &readable.reader, .blocks = &blocks, .scratch = scratch};
    struct block block = {(uint64_t)(uintptr_t)&region, sizeof(region)};
    readable_begin(&readable);
    readable_add(&readable, &region, sizeof(region));
    readable_add(&readable, &object, sizeof(object));
    bool is_read = index_region_read(&view, &block, is_object, NULL, out);
    return is_read;
}

static int make_empty(void **state)
{
    (void)state;
    seed = 53;
    memset(&region, 0, sizeof(region));
    memset(region.links, 0xff, sizeof(region.links));
    memset(region.index, 0xff, sizeof(region.index));
    object = (struct object){.memory = &region, .entries = ENTRIES, .slots = SLOTS};
    return 0;
}

/* --- open: from slot to slot --- */

static uint32_t slot_of(uint32_t number)
{
    uint32_t slot = (uint32_t)region.hashes[number] % SLOTS;
    while (region.index[slot] != NONE && region.index[slot] != number)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void append(uint64_t hash)
{
    uint32_t number = object.used++;
    region.values[number] = number * 3 + 1;
    region.hashes[number] = hash;
    region.index[slot_of(number)] = number;
}

static void fill_open(uint32_t kept_of)
{
    while (object.used < ENTRIES - 40)
        append(random_word(&seed));
    for (uint32_t number = 0; number < object.used; number++) {
        if (number % kept_of == 0)
            continue;
        region.index[slot_of(number)] = DELETED;
        region.hashes[number] = region.values[number] = 0;
        object.deleted++;
    }
}

static void an_open_index_is_counted(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_open(1);
    assert_true(read_region(&reading));
    assert_int_equal(reading.capacity, ENTRIES);
    assert_int_equal(reading.live, object.used);
}

static void deleted_numbers_are_not_live(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_open(50);
    assert_true(read_region(&reading));
    assert_int_equal(reading.capacity, ENTRIES);
    assert_int_equal(reading.live, object.used - object.deleted);
    assert_int_equal(reading.tombstones, object.deleted);
    assert_int_equal(reading.header, (uint64_t)(uintptr_t)&object.memory);
}

/* --- chained: the index holds the first entries --- */

static uint32_t bucket_of(uint64_t hash)
{
    return (uint32_t)(hash % SLOTS);
}

static void link_entry(uint64_t hash)
{
    uint32_t number = object.used++, *head = &region.index[bucket_of(hash)];
    region.hashes[number] = hash;
    region.links[number] = *head;
    *head = number;
}

static void fill_chains(uint32_t entries)
{
    while (object.used < entries)
        link_entry(random_word(&seed));
}

static void chains_are_followed(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_chains(ENTRIES);
    assert_true(read_region(&reading));
    assert_int_equal(reading.capacity, ENTRIES);
    assert_int_equal(reading.live, ENTRIES);
    assert_int_equal(reading.live_error, 0);
}

static void few_chains_are_followed(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_chains(400);
    assert_true(read_region(&reading));
    assert_int_equal(reading.live, 400);
}

static void links_in_a_circle_are_none(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_chains(400);
    for (uint32_t number = 0; number < 400; number++)
        region.links[number] = number;
    assert_false(read_region(&reading));
}

/* --- what looks the same --- */

static void an_object_must_name_it(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_open(50);
    object.entries = 0;
    assert_false(read_region(&reading));
    object.entries = ENTRIES;
    object.slots = 0;
    assert_false(read_region(&reading));
}

static void a_number_twice_is_no_index(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_open(50);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (region.index[slot] == NONE) {
            region.index[slot] = 50;
            break;
        }
    assert_false(read_region(&reading));
}

/* Ids with a generation before the slot's number, some of them stale. */
static void a_sparse_set_is_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    for (uint32_t i = 0; i < 900; i++) {
        uint32_t slot = (uint32_t)random_word(&seed) % SLOTS;
        if (region.index[slot] != NONE)
            continue;
        region.index[slot] = object.used;
        region.hashes[object.used] = slot | random_word(&seed) % 65536 * SLOTS;
        region.hashes[object.used] += i % 40 == 0;
        object.used++;
    }
    assert_false(read_region(&reading));
}

/* Edges of a graph, linked by the node that they begin at. */
static void an_adjacency_list_is_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    while (object.used < 3000) {
        uint32_t from = (uint32_t)random_word(&seed) % SLOTS;
        link_entry(from);
        region.hashes[object.used - 1] |= random_word(&seed) % SLOTS << 32;
        region.values[object.used - 1] = random_word(&seed);
    }
    assert_false(read_region(&reading));
}

static void a_permutation_is_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    for (uint32_t i = 0; i < ENTRIES - 100; i++) {
        region.index[i * 5 % SLOTS] = (uint32_t)(i * 7ull % ENTRIES);
        region.hashes[i] = random_word(&seed);
    }
    assert_false(read_region(&reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_open_index_is_counted, make_empty),
        cmocka_unit_test_setup(deleted_numbers_are_not_live, make_empty),
        cmocka_unit_test_setup(chains_are_followed, make_empty),
        cmocka_unit_test_setup(few_chains_are_followed, make_empty),
        cmocka_unit_test_setup(links_in_a_circle_are_none, make_empty),
        cmocka_unit_test_setup(an_object_must_name_it, make_empty),
        cmocka_unit_test_setup(a_number_twice_is_no_index, make_empty),
        cmocka_unit_test_setup(a_sparse_set_is_no_table, make_empty),
        cmocka_unit_test_setup(an_adjacency_list_is_no_table, make_empty),
        cmocka_unit_test_setup(a_permutation_is_no_table, make_empty),
    };
    return RUN(tests);
}
