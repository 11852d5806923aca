/* Records that are linked within their array: linked_slots.h. */
#include "unit.h"

#include <string.h>

#include "linked_slots.h"
#include "readable.h"

#define RECORDS 8192u
#define NONE    UINT32_MAX

struct record {
    uint32_t hash, next;
    uint64_t value;
};

static struct record records[RECORDS];
static uint32_t first_free;
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;
static uint64_t seed;

static bool read_records(struct table_reading *out)
{
    readable_begin(&readable);
    readable_add(&readable, records, sizeof(records));
    struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    struct block block = {(uint64_t)(uintptr_t)records, sizeof(records)};
    bool is_read = linked_slots_read(&view, &block, out);
    assert_int_equal(readable.refused, 0);
    return is_read;
}

static void put_free(uint32_t slot, uint32_t hash)
{
    records[slot] = (struct record){.hash = hash, .next = first_free};
    first_free = slot;
}

static void all_free(void)
{
    seed = 41;
    first_free = NONE;
    for (uint32_t i = RECORDS; i-- > 0;)
        put_free(i, 0);
}

static void take_free(uint32_t slot)
{
    uint32_t *link = &first_free;
    while (*link != slot)
        link = &records[*link].next;
    *link = records[slot].next;
}

/* The first of a chain in its slot, others wherever there is room. */
static void insert(uint32_t hash)
{
    uint32_t home = hash % RECORDS, slot = home;
    if (records[home].value != 0)
        slot = first_free;
    take_free(slot);
    records[slot] = (struct record){.hash = hash, .next = NONE, .value = random_word(&seed) | 1};
    if (slot != home) {
        records[slot].next = records[home].next;
        records[home].next = slot;
    }
}

/* A table, half full, then of so many entries: whole chains are taken out. */
static uint32_t make_table(uint32_t kept_of)
{
    uint32_t live = 0;
    all_free();
    for (uint32_t i = 0; i < RECORDS / 2; i++) {
        uint32_t hash = (uint32_t)random_word(&seed);
        bool is_anothers = records[hash % RECORDS].value != 0 &&
                           records[hash % RECORDS].hash % RECORDS != hash % RECORDS;
        if (!is_anothers)
            insert(hash);
    }
    for (uint32_t i = 0; i < RECORDS; i++) {
        if (records[i].value == 0 || records[i].hash % RECORDS != i || i % kept_of == 0)
            continue;
        uint32_t next;
        for (uint32_t slot = i; slot != NONE; slot = next) {
            next = records[slot].next;
            put_free(slot, 0);
        }
    }
    for (uint32_t i = 0; i < RECORDS; i++)
        live += records[i].value != 0;
    return live;
}

static void a_full_table_is_counted(void **state)
{
    (void)state;
    struct table_reading reading;
    uint32_t live = make_table(1);
    assert_true(read_records(&reading));
    assert_int_equal(reading.capacity, RECORDS);
    assert_int_equal(reading.live, live);
}

static void free_records_are_not_live(void **state)
{
    (void)state;
    struct table_reading reading;
    uint32_t live = make_table(8);
    assert_true(live < RECORDS / 8);
    assert_true(read_records(&reading));
    assert_int_equal(reading.capacity, RECORDS);
    assert_int_equal(reading.live, live);
}

/* Objects that bear the number of their slot, in a list of those used last; free ones bear none. */
static void numbered_objects_are_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    uint32_t last = NONE;
    all_free();
    for (uint32_t i = 0; i < RECORDS / 2; i++) {
        uint32_t slot = (uint32_t)random_word(&seed) % RECORDS;
        if (records[slot].value != 0)
            continue;
        take_free(slot);
        records[slot] = (struct record){.hash = slot, .next = last, .value = random_word(&seed)};
        last = slot;
    }
    assert_false(read_records(&reading));
}

/* The same with something random before the number. */
static void handles_are_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    numbered_objects_are_no_table(state);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (records[i].value != 0)
            records[i].hash |= (uint32_t)random_word(&seed) * RECORDS;
    assert_false(read_records(&reading));
}

/* Lists whose objects have random keys, but are not found by them. */
static void lists_are_no_table(void **state)
{
    (void)state;
    struct table_reading reading;
    make_table(2);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (records[i].value != 0)
            records[i].hash = (uint32_t)random_word(&seed);
    assert_false(read_records(&reading));
}

/* Under linear probing a state of one would be a link to the next slot. */
static void probing_is_no_chain(void **state)
{
    (void)state;
    struct table_reading reading;
    memset(records, 0, sizeof(records));
    seed = 43;
    for (uint32_t i = 0; i < RECORDS / 2; i++) {
        uint32_t hash = (uint32_t)random_word(&seed), slot = hash % RECORDS;
        while (records[slot].value != 0)
            slot = (slot + 1) % RECORDS;
        records[slot] = (struct record){.hash = hash, .next = 1, .value = random_word(&seed) | 1};
    }
    assert_false(read_records(&reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_table_is_counted),
        cmocka_unit_test(free_records_are_not_live),
        cmocka_unit_test(numbered_objects_are_no_table),
        cmocka_unit_test(handles_are_no_table),
        cmocka_unit_test(lists_are_no_table),
        cmocka_unit_test(probing_is_no_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
