/* Places in scripts: one number for each, found again, never another's: script_places.h. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script_places.h"

static struct registry *new_registry(void)
{
    struct registry *registry = calloc(1, sizeof(*registry));
    assert_non_null(registry);
    registry_start(registry);
    return registry;
}

static struct script_place place_number(uint32_t number)
{
    struct script_place place = {.line = (int32_t)number};
    snprintf(place.function, sizeof(place.function), "f%u", number);
    snprintf(place.file, sizeof(place.file), "/a/%u.py", number % 7);
    place.key.file = script_hash(place.file, strlen(place.file));
    place.key.function = script_hash(place.function, strlen(place.function));
    place.key.instruction = (int32_t)(number * 2);
    return place;
}

static uint64_t dropped(const struct registry *registry)
{
    return atomic_load(&registry->counters.values[COUNTER_SCRIPT_PLACES_DROPPED]);
}

static void test_a_place_keeps_its_number(void **state)
{
    (void)state;
    struct registry *registry = new_registry();
    for (uint32_t i = 1; i <= 1000; i++) {
        struct script_place place = place_number(i);
        assert_int_equal(script_place_find(registry, &place.key), 0);
        assert_int_equal(script_place_add(registry, &place), i);
        assert_int_equal(script_place_add(registry, &place), i);
    }
    for (uint32_t i = 1; i <= 1000; i++) {
        struct script_place place = place_number(i);
        assert_int_equal(script_place_find(registry, &place.key), i);
        const struct script_place *kept = pool_at(&registry->scripts, i);
        assert_string_equal(kept->function, place.function);
        assert_int_equal(kept->line, i);
    }
    assert_int_equal(dropped(registry), 0);
    free(registry);
}

/* Each part of the key counts. */
static void test_another_function_is_another_place(void **state)
{
    (void)state;
    struct registry *registry = new_registry();
    struct script_place first = place_number(1);
    uint32_t number = script_place_add(registry, &first);
    struct script_place others[] = {first, first, first, first, first};
    others[0].key.file++;
    others[1].key.function++;
    others[2].key.lines++;
    others[3].key.first_line++;
    others[4].key.instruction++;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(script_place_find(registry, &others[i].key), 0);
        assert_int_equal(script_place_add(registry, &others[i]), number + 1 + i);
    }
    free(registry);
}

static void test_a_full_pool_drops_and_counts(void **state)
{
    (void)state;
    struct registry *registry = new_registry();
    registry->scripts.max_records = 100;
    for (uint32_t i = 1; i < 100; i++) {
        struct script_place place = place_number(i);
        assert_false(script_places_are_full(registry));
        assert_int_equal(script_place_add(registry, &place), i);
    }
    struct script_place one_more = place_number(100), known = place_number(40);
    assert_true(script_places_are_full(registry));
    assert_int_equal(script_place_add(registry, &one_more), 0);
    assert_int_equal(script_place_add(registry, &one_more), 0);
    assert_int_equal(dropped(registry), 2);
    assert_int_equal(script_place_add(registry, &known), 40);
    free(registry);
}

static void test_a_hash_is_of_all_bytes(void **state)
{
    (void)state;
    char bytes[40] = {0};
    for (size_t count = 1; count < sizeof(bytes); count++) {
        uint64_t zeros = script_hash(bytes, count);
        assert_int_not_equal(zeros, script_hash(bytes, count - 1)); /* zeros count as well */
        for (size_t at = 0; at < count; at++) {
            bytes[at] = 1;
            assert_int_not_equal(zeros, script_hash(bytes, count));
            bytes[at] = 0;
        }
        bytes[count] = 1; /* behind the end */
        assert_int_equal(zeros, script_hash(bytes, count));
        bytes[count] = 0;
    }
}

static void test_a_place_is_no_return_address(void **state)
{
    (void)state;
    assert_int_equal(script_frame_place(script_frame_address(1)), 1);
    assert_int_equal(script_frame_place(script_frame_address(32767)), 32767);
    assert_int_equal(script_frame_place(0x7fffffffffff), 0);
    assert_int_equal(script_frame_place(0xffffffffff600000), 0); /* vsyscall */
    assert_int_equal(script_frame_place(0), 0);
    /* Not canonical: bits 47 to 63 differ. */
    assert_true(script_frame_address(1) >> 47 != 0 && script_frame_address(1) >> 47 != 0x1ffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_place_keeps_its_number),
        cmocka_unit_test(test_another_function_is_another_place),
        cmocka_unit_test(test_a_full_pool_drops_and_counts),
        cmocka_unit_test(test_a_hash_is_of_all_bytes),
        cmocka_unit_test(test_a_place_is_no_return_address),
    };
    return RUN(tests);
}
