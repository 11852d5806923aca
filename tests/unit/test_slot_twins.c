/* Whether two arrays are the slots of two tables: slot_twins.h. */
#include "unit.h"

#include <string.h>

#include "readable.h"
#include "slot_twins.h"

#define SLOTS   4096u
#define USED    1600u /* a factor that is odd gives each number once */
#define ENTRIES (2 * SLOTS)

struct entry {
    uint64_t key, value;
};

static uint64_t one[SLOTS], other[SLOTS];
static uint8_t states[SLOTS];
static struct entry entries[ENTRIES];
static struct readable readable;

static struct slot_profile profile(bool is_whole)
{
    return (struct slot_profile){
        .slot_bytes = 8, .column_bytes = 8, .is_distinct = 1, .is_whole = is_whole};
}

static bool is_used(uint32_t nth, uint32_t factor)
{
    return (nth * factor >> 7) % SLOTS < USED;
}

/* Random keys, in slots that the factor chooses. */
static void fill(uint64_t *slots, uint32_t factor, uint64_t seed)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        slots[i] = is_used(i, factor) ? random_word(&seed) : 0;
}

/* Pointers to entries of their own, in slots that the factor chooses, with keys from the seed. */
static void fill_pointers(uint64_t *slots, struct entry *of, uint32_t factor, uint64_t seed)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        of[i].key = random_word(&seed);
        of[i].value = random_word(&seed);
        slots[i] = is_used(i, factor) ? (uint64_t)(uintptr_t)&of[i] : 0;
    }
}

static struct block block_of(const void *array, size_t bytes)
{
    return (struct block){(uint64_t)(uintptr_t)array, bytes};
}

static void begin(void)
{
    readable_begin(&readable);
    readable_add(&readable, one, sizeof(one));
    readable_add(&readable, other, sizeof(other));
    readable_add(&readable, states, sizeof(states));
    readable_add(&readable, entries, sizeof(entries));
}

static bool are_twins(bool is_whole)
{
    struct slot_profile how = profile(is_whole);
    struct block array = block_of(one, sizeof(one));
    begin();
    bool are = slot_twins_are(&readable.reader, &how, &array, (uint64_t)(uintptr_t)other);
    assert_int_equal(readable.refused, 0);
    return are;
}

static bool go_along(void)
{
    struct slot_profile how = profile(true);
    struct block array = block_of(one, sizeof(one)), along = block_of(states, sizeof(states));
    begin();
    return slot_twins_go_along(&readable.reader, &how, &array, &along);
}

/* Halves of a cuckoo table are used so, too, but get entries of either. */
static void slots_in_use_by_chance_are_of_two_tables(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    fill(other, 2246822519u, 2);
    assert_true(are_twins(true));
    assert_false(are_twins(false));
}

static void the_same_keys_are_of_two_tables(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    fill(other, 2654435761u, 1);
    assert_true(are_twins(false));
    fill_pointers(one, entries, 2654435761u, 1);
    fill_pointers(other, entries + SLOTS, 2654435761u, 1);
    assert_true(are_twins(false));
}

/* Values may be zero here and there, and nobody may have cleared them. */
static void columns_of_the_same_slots_are_of_one_table(void **state)
{
    uint64_t seed = 9;
    (void)state;
    fill(one, 2654435761u, 1);
    fill(other, 2654435761u, 2);
    assert_false(are_twins(true));
    for (uint32_t i = 0; i < SLOTS; i++)
        if (i % 3 == 0)
            other[i] = 0;
    assert_false(are_twins(true));
    fill(other, 2654435761u, 2);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (one[i] == 0 && i % 2 == 0)
            other[i] = random_word(&seed);
    assert_false(are_twins(true));
    fill_pointers(one, entries, 2654435761u, 1);
    fill_pointers(other, entries + SLOTS, 2654435761u, 2);
    assert_false(are_twins(true));
}

/* Of a bucket's list, which has mostly one entry right after a growth. */
static void first_and_last_of_lists_are_of_one_table(void **state)
{
    (void)state;
    fill_pointers(one, entries, 2654435761u, 1);
    memcpy(other, one, sizeof(other));
    assert_true(are_twins(false)); /* two sets of the same pointers */
    for (uint32_t i = 0; i < SLOTS; i += 10)
        if (other[i] != 0)
            other[i] = (uint64_t)(uintptr_t)&entries[SLOTS + i];
    assert_false(are_twins(true));
}

static void nothing_is_said_of_an_array_that_was_not_filled_yet(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    memset(other, 0, sizeof(other));
    assert_false(are_twins(true));
}

static void states_go_along_with_their_own_slots(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    for (uint32_t i = 0; i < SLOTS; i++)
        states[i] = one[i] != 0;
    assert_true(go_along());
    fill(one, 2246822519u, 1);
    assert_false(go_along());
    memset(states, 1, sizeof(states));
    assert_false(go_along());
}

static bool are_strangers(void)
{
    struct slot_profile how = profile(true);
    struct block array = block_of(one, sizeof(one)), beside = block_of(states, sizeof(states));
    begin();
    return slot_twins_are_strangers(&readable.reader, &how, &array, &beside);
}

static void what_is_in_use_by_chance_is_a_stranger(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    for (uint32_t i = 0; i < SLOTS; i++)
        states[i] = is_used(i, 2246822519u) ? (uint8_t)(i | 1) : 0;
    assert_true(are_strangers());
    for (uint32_t i = 0; i < SLOTS; i++)
        states[i] = is_used(i, 2246822519u) ? (uint8_t)(i & 0x7F) : 0xFF;
    assert_true(are_strangers());
}

static void values_that_may_be_zero_are_no_strangers(void **state)
{
    (void)state;
    fill(one, 2654435761u, 1);
    for (uint32_t i = 0; i < SLOTS; i++)
        states[i] = one[i] != 0 && i % 3 != 0;
    assert_false(are_strangers());
    memset(states, 0, sizeof(states)); /* not written yet */
    assert_false(are_strangers());
    memset(states, 0xA5, sizeof(states)); /* or not cleared */
    assert_false(are_strangers());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_in_use_by_chance_are_of_two_tables),
        cmocka_unit_test(the_same_keys_are_of_two_tables),
        cmocka_unit_test(columns_of_the_same_slots_are_of_one_table),
        cmocka_unit_test(first_and_last_of_lists_are_of_one_table),
        cmocka_unit_test(nothing_is_said_of_an_array_that_was_not_filled_yet),
        cmocka_unit_test(states_go_along_with_their_own_slots),
        cmocka_unit_test(what_is_in_use_by_chance_is_a_stranger),
        cmocka_unit_test(values_that_may_be_zero_are_no_strangers),
    };
    return RUN(tests);
}
