/* An index of numbers of entries with the rests of their hashes: hashed_numbers.h. */
#include "unit.h"

#include <string.h>

#include "hashed_numbers.h"
#include "readable.h"

#define SLOTS   8192u
#define TAIL    2u
#define NOTHING UINT32_MAX

struct pair {
    uint32_t on, number;
};

static struct pair pairs[SLOTS + TAIL];
static uint32_t homes[SLOTS]; /* of the pair in each slot */
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;
static uint64_t seed;

static bool read_pairs(struct table_reading *out)
{
    readable_begin(&readable);
    readable_add(&readable, pairs, sizeof(pairs));
    struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    struct block block = {(uint64_t)(uintptr_t)pairs, sizeof(pairs)};
    bool is_read = hashed_numbers_read(&view, &block, out);
    assert_int_equal(readable.refused, 0);
    return is_read;
}

static void clear(void)
{
    seed = 47;
    memset(pairs, 0xff, SLOTS * sizeof(pairs[0]));
    memset(pairs + SLOTS, 0, TAIL * sizeof(pairs[0]));
}

static uint32_t free_slot(void)
{
    uint32_t slot;
    do
        slot = (uint32_t)random_word(&seed) % SLOTS;
    while (pairs[slot].on != NOTHING);
    return slot;
}

/* Entries that belong where another one's chain goes through are left out. */
static uint32_t fill(uint32_t entries)
{
    uint32_t number = 0;
    clear();
    while (number < entries) {
        uint32_t hash = (uint32_t)random_word(&seed), home = hash % SLOTS, slot = home, last = home;
        if (pairs[home].on != NOTHING && homes[home] != home) {
            uint32_t other = free_slot(), before = homes[home]; /* it makes room */
            while (pairs[before].on != home)
                before = pairs[before].on;
            pairs[before].on = other;
            pairs[other] = pairs[home];
            if (pairs[home].on == home)
                pairs[other].on = other;
            homes[other] = homes[home];
            pairs[home].on = NOTHING;
        }
        if (pairs[home].on != NOTHING) {
            slot = free_slot();
            while (pairs[last].on != last)
                last = pairs[last].on;
            pairs[last].on = slot;
        }
        homes[slot] = home;
        pairs[slot] = (struct pair){.on = slot, .number = number++ | (hash & ~(SLOTS - 1))};
    }
    return number;
}

static void an_index_is_counted(void **state)
{
    (void)state;
    const uint32_t numbers[] = {6500, 3000, 900};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct table_reading reading = {0};
        fill(numbers[i]);
        assert_true(read_pairs(&reading));
        assert_int_equal(reading.capacity, SLOTS);
        assert_int_equal(reading.live, numbers[i]);
    }
}

static void links_may_come_second(void **state)
{
    (void)state;
    struct table_reading reading = {0};
    fill(3000);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        pairs[slot] = (struct pair){.on = pairs[slot].number, .number = pairs[slot].on};
    assert_true(read_pairs(&reading));
    assert_int_equal(reading.live, 3000);
}

/* Cells of regions over a dense list of objects, with a generation that has hardly begun. */
static void handles_with_generations_are_no_index(void **state)
{
    (void)state;
    struct table_reading reading = {0};
    fill(3000);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (pairs[slot].on != NOTHING)
            pairs[slot].number =
                pairs[slot].number % SLOTS + SLOTS * (uint32_t)(random_word(&seed) % 40);
    assert_false(read_pairs(&reading));
}

/* Regions of ten cells each, however random what stands above their numbers. */
static void regions_are_no_chains(void **state)
{
    (void)state;
    struct table_reading reading = {0};
    uint32_t last = NOTHING;
    clear();
    for (uint32_t number = 0; number < 3000; number++) {
        uint32_t slot = free_slot();
        if (number % 10 != 0)
            pairs[last].on = slot;
        pairs[slot] = (struct pair){
            .on = slot, .number = number | ((uint32_t)random_word(&seed) & ~(SLOTS - 1))};
        last = slot;
    }
    assert_false(read_pairs(&reading));
}

/* A number that is missing, or there twice, and a slot that two lead to. */
static void numbers_must_be_there_once(void **state)
{
    (void)state;
    struct table_reading reading = {0};
    uint32_t slot = 0, other;
    fill(3000);
    while (pairs[slot].on == NOTHING)
        slot++;
    pairs[slot].number += 4000;
    assert_false(read_pairs(&reading));
    pairs[slot].number -= 4000;
    assert_true(read_pairs(&reading));
    for (other = slot + 1; pairs[other].on == NOTHING || pairs[other].on == other;)
        other++;
    uint32_t on = pairs[slot].on;
    pairs[slot].on = pairs[other].on;
    assert_false(read_pairs(&reading));
    pairs[slot].on = on;
    pairs[other].number = pairs[slot].number;
    assert_false(read_pairs(&reading));
}

/* Chains that begin nowhere: their links go round. */
static void rings_are_no_chains(void **state)
{
    (void)state;
    struct table_reading reading = {0};
    fill(3000);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t on = pairs[slot].on;
        if (on != NOTHING && on != slot && pairs[on].on == on && homes[slot] == slot) {
            pairs[on].on = slot;
            break;
        }
    }
    assert_false(read_pairs(&reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_is_counted),
        cmocka_unit_test(links_may_come_second),
        cmocka_unit_test(handles_with_generations_are_no_index),
        cmocka_unit_test(regions_are_no_chains),
        cmocka_unit_test(numbers_must_be_there_once),
        cmocka_unit_test(rings_are_no_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
