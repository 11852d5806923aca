/* Sizes of frames, as ever more are learnt: frame_sizes.h. */
#include "unit.h"

#include "frame_sizes.h"

#define SIZE 48u

static uintptr_t address_at(unsigned nth)
{
    return 0x555555554000u + (uintptr_t)nth * 0x137;
}

static void learn(unsigned from, unsigned end)
{
    const uint32_t offsets[] = {8, 8 + SIZE};
    for (unsigned nth = from; nth < end; nth++) {
        void *const addresses[] = {(void *)address_at(nth), NULL};
        frame_sizes_learn(addresses, offsets, 2);
    }
}

/* How many are known with the right size: a place for one holds the next one's address there. */
static unsigned known(unsigned from, unsigned end)
{
    static uintptr_t stack[64];
    const uintptr_t first = (uintptr_t)stack;
    unsigned count = 0;
    for (unsigned nth = from; nth < end; nth++) {
        void *const addresses[] = {(void *)address_at(nth), (void *)0x1234};
        uint32_t offsets[2] = {8};
        stack[(8 + SIZE) / sizeof(stack[0])] = 0x1234;
        count += frame_sizes_find(first, first + sizeof(stack), addresses, 0, 2, offsets) &&
                 offsets[1] == 8 + SIZE;
    }
    return count;
}

/* Some share a place; but none is forgotten because there is more room now. */
static void keeps_them_as_room_is_made(void **state)
{
    (void)state;
    frame_sizes_start();
    assert_int_equal(known(0, 100), 0);
    learn(0, 1000);
    unsigned before = known(0, 1000);
    assert_in_range(before, 700, 1000);
    learn(1000, 1100); /* more than half of the first ones are taken: the room is made larger */
    assert_in_range(known(0, 1000), before * 9 / 10, 1000);
    learn(1100, 6000);
    assert_in_range(known(5000, 6000), 900, 1000);
    assert_in_range(known(0, 6000), 4800, 6000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_them_as_room_is_made)};
    return RUN(tests);
}
