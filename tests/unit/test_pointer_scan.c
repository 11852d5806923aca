/* Who points at an array: which holders are kept where there are more than places for them. */
#include "unit.h"

#include <string.h>

#include "layouts/layout.h"
#include "live_arrays.h"
#include "pointer_scan.h"
#include "system.h"

#define PAGE        4096u
#define ARRAY_BYTES 65536u
#define PAGES       16u

struct place {
    struct memory_reader reader;
    struct live_array array[2]; /* side by side */
    struct live_arrays arrays;
    struct pointer_scan scan;
    unsigned char *memory; /* PAGES */
    unsigned char *scratch;
    uint64_t address; /* of the array, of which nothing need be there */
};

static void begin(struct place *place)
{
    memset(place, 0, sizeof(*place));
    place->reader = process_reader(0);
    place->memory = system_map((size_t)PAGES * PAGE);
    place->scratch = system_map(LAYOUT_SCRATCH_BYTES);
    unsigned char *array = system_map(ARRAY_BYTES);
    assert_non_null(place->memory);
    assert_non_null(place->scratch);
    assert_non_null(array);
    place->address = (uint64_t)(uintptr_t)array;
    for (unsigned i = 0; i < 2; i++) {
        place->array[i].record.address = place->address + (uint64_t)i * ARRAY_BYTES / 2;
        place->array[i].record.bytes = ARRAY_BYTES / 2;
    }
    place->arrays.arrays = place->array;
    place->arrays.count = 2;
    place->scan.reader = &place->reader;
    place->scan.scratch = place->scratch;
}

static void end(struct place *place)
{
    pointer_scan_free(&place->scan);
    system_unmap(place->memory, (size_t)PAGES * PAGE);
    system_unmap(place->scratch, LAYOUT_SCRATCH_BYTES);
    system_unmap((void *)(uintptr_t)place->address, ARRAY_BYTES);
}

static void put(struct place *place, size_t offset)
{
    memcpy(place->memory + offset, &place->address, sizeof(place->address));
}

/* Whether the scan says that the place holds the array's address. */
static bool is_holder(struct place *place, size_t offset)
{
    for (unsigned nth = 0; nth < POINTERS_PER_TARGET; nth++)
        if (pointer_scan_find(&place->scan, &place->arrays, place->address, nth) ==
            (uint64_t)(uintptr_t)place->memory + offset)
            return true;
    return false;
}

static void few_holders_are_all_kept(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    put(&place, 64);
    put(&place, 4u * PAGE + 8);
    assert_true(is_holder(&place, 64));
    assert_true(is_holder(&place, 4u * PAGE + 8));
    assert_false(is_holder(&place, 128));
    end(&place);
}

static void copies_of_a_stack_leave_room_for_the_object(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    for (unsigned i = 0; i < 40; i++)
        put(&place, PAGE + i * 96);
    put(&place, 9u * PAGE + 40);
    assert_true(is_holder(&place, 9u * PAGE + 40));
    end(&place);
}

static void the_oldest_frame_of_a_page_is_kept(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    for (unsigned i = 0; i < 40; i++)
        put(&place, PAGE + i * 96);
    assert_true(is_holder(&place, PAGE));
    assert_true(is_holder(&place, PAGE + 39 * 96));
    end(&place);
}

/* What points at the one is not looked up any more from some point on. */
static void one_that_all_point_at_does_not_hide_the_other(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    for (unsigned page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 40; i++)
            put(&place, page * PAGE + i * 96);
    uint64_t other = place.address + ARRAY_BYTES / 2;
    memcpy(place.memory + (PAGES - 1) * PAGE + 4000, &other, sizeof(other));
    assert_true(is_holder(&place, 0));
    assert_int_equal(pointer_scan_find(&place.scan, &place.arrays, other, 0),
                     (uint64_t)(uintptr_t)place.memory + (PAGES - 1) * PAGE + 4000);
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_holders_are_all_kept),
        cmocka_unit_test(copies_of_a_stack_leave_room_for_the_object),
        cmocka_unit_test(the_oldest_frame_of_a_page_is_kept),
        cmocka_unit_test(one_that_all_point_at_does_not_hide_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
