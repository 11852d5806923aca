/* The index from hashes to records against a plain list: slots.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "readable.h"
#include "slots.h"
#include "system.h"

#define MOST 20000u

static uint32_t hash_of[MOST + 1]; /* by record number; 0 is never one */
static bool is_in[MOST + 1];

static uint32_t find(const struct slots *slots, uint32_t hash, uint32_t index)
{
    uint32_t at = slots_first(slots, hash);
    while (at != UINT32_MAX && slots->table[at].index != index)
        at = slots_next(slots, hash, at);
    return at;
}

static void assert_as_listed(const struct slots *slots)
{
    uint32_t expected = 0, present = 0;
    for (uint32_t index = 1; index <= MOST; index++) {
        expected += is_in[index];
        bool is_found = hash_of[index] != 0 && find(slots, hash_of[index], index) != UINT32_MAX;
        assert_int_equal(is_found, is_in[index]);
    }
    for (uint32_t at = 0; at < slots->capacity; at++)
        present += slots->table[at].index != 0;
    assert_int_equal(present, expected);
    assert_int_equal(slots->used, expected);
}

static void free_slots(struct slots *slots)
{
    system_unmap(slots->table, slots->capacity * sizeof(struct slot));
    for (uint32_t index = 0; index <= MOST; index++) {
        hash_of[index] = 0;
        is_in[index] = false;
    }
}

static void test_empty_slots_hold_nothing(void **state)
{
    (void)state;
    struct slots slots = {0};
    assert_int_equal(slots_first(&slots, 0), UINT32_MAX);
    assert_int_equal(slots_first(&slots, 0xffffffff), UINT32_MAX);
}

/* `spread` hashes in all: with few of them everything collides. */
static void insert_and_remove(uint32_t spread, uint64_t seed)
{
    struct slots slots = {0};
    for (uint32_t step = 0; step < 6 * MOST; step++) {
        uint32_t index = 1 + (uint32_t)(random_word(&seed) % MOST);
        bool grows = step < 2 * MOST || random_word(&seed) % 5 == 0;
        if (is_in[index]) {
            if (grows)
                continue;
            slots_remove(&slots, find(&slots, hash_of[index], index));
            is_in[index] = false;
        } else if (grows) {
            hash_of[index] = (uint32_t)(random_word(&seed) % spread) * 2654435761u + 1;
            assert_true(slots_insert(&slots, hash_of[index], index));
            is_in[index] = true;
        }
        assert_true(slots.used * 10 <= slots.capacity * 7);
    }
    assert_as_listed(&slots);
    free_slots(&slots);
}

static void test_many_different_hashes(void **state)
{
    (void)state;
    insert_and_remove(UINT32_MAX, 1);
}

static void test_many_equal_hashes(void **state)
{
    (void)state;
    insert_and_remove(700, 2);
}

/* A run that wraps around the end of the table, with one entry after the other taken out of it. */
static void test_a_run_over_the_end(void **state)
{
    (void)state;
    for (uint32_t first = 1; first <= 40; first++) {
        struct slots slots = {0};
        for (uint32_t index = 1; index <= 40; index++) {
            hash_of[index] = SLOTS_FIRST_CAPACITY - 20 + index % 7;
            assert_true(slots_insert(&slots, hash_of[index], index));
            is_in[index] = true;
        }
        for (uint32_t n = 0; n < 40; n++) {
            uint32_t index = 1 + (first + n * 7) % 40;
            if (!is_in[index])
                continue;
            slots_remove(&slots, find(&slots, hash_of[index], index));
            is_in[index] = false;
            for (uint32_t other = 1; other <= 40; other++)
                assert_int_equal(find(&slots, hash_of[other], other) != UINT32_MAX, is_in[other]);
        }
        free_slots(&slots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_slots_hold_nothing),
        cmocka_unit_test(test_many_different_hashes),
        cmocka_unit_test(test_many_equal_hashes),
        cmocka_unit_test(test_a_run_over_the_end),
    };
    return RUN(tests);
}
