/* Which module a stack means whose place several modules have had, one after the other. */
#include "unit.h"

#include "unloaded_modules.h"

static struct registry registry;

static uint32_t add(uint64_t start, uint64_t end, uint32_t unload)
{
    uint32_t index = pool_take(&registry.unloaded);
    *(struct unloaded_module *)pool_at(&registry.unloaded, index) =
        (struct unloaded_module){.start = start, .end = end, .unload = unload};
    return index;
}

static void test_the_first_that_went_after_the_stack_was_taken(void **state)
{
    (void)state;
    uint32_t first = add(0x1000, 0x3000, 2), second = add(0x2000, 0x5000, 5);
    assert_int_equal(unloaded_modules_find(&registry, 0x2500, 0), first);
    assert_int_equal(unloaded_modules_find(&registry, 0x2500, 1), first);
    assert_int_equal(unloaded_modules_find(&registry, 0x2500, 2), second);
    assert_int_equal(unloaded_modules_find(&registry, 0x2500, 5), 0); /* what is there now */
}

static void test_only_what_held_the_address(void **state)
{
    (void)state;
    uint32_t index = add(0x10000, 0x11000, 1);
    assert_int_equal(unloaded_modules_find(&registry, 0x10fff, 0), index);
    assert_int_equal(unloaded_modules_find(&registry, 0x11000, 0), 0);
    assert_int_equal(unloaded_modules_find(&registry, 0xffff, 0), 0);
}

int main(void)
{
    registry_start(&registry);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_went_after_the_stack_was_taken),
        cmocka_unit_test(test_only_what_held_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
