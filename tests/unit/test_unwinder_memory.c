/* What libunwind maps for a thread, and what becomes of it. */
#include "unit.h"

#include <string.h>

#include "stack_extent.h"
#include "system.h"
#include "unwinder_memory.h"

#define FRAMES_BYTES ((size_t)256 << 10)
#define MOST_KEPT    4u

static bool is_first;

bool stack_is_first_thread(void)
{
    return is_first;
}

static unsigned char *map(size_t bytes)
{
    unsigned char *memory = unwinder_memory_map(bytes);
    assert_non_null(memory);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal(memory[i], 0);
    memset(memory, 0xee, bytes);
    return memory;
}

static void pieces_go_to_the_next_thread(void **state)
{
    (void)state;
    unsigned char *piece = map(FRAMES_BYTES);
    assert_true(unwinder_memory_keep(piece, FRAMES_BYTES));
    assert_ptr_equal(map(FRAMES_BYTES), piece);
    unsigned char *another = map(FRAMES_BYTES);
    assert_ptr_not_equal(another, piece);
    system_unmap(piece, FRAMES_BYTES);
    system_unmap(another, FRAMES_BYTES);
}

static void no_more_are_kept_than_a_few(void **state)
{
    (void)state;
    unsigned char *pieces[MOST_KEPT + 1];
    unsigned char *small = map(4096), *large = map(4 * FRAMES_BYTES);
    for (unsigned i = 0; i <= MOST_KEPT; i++)
        pieces[i] = map(FRAMES_BYTES);
    for (unsigned i = 0; i <= MOST_KEPT; i++)
        assert_int_equal(unwinder_memory_keep(pieces[i], FRAMES_BYTES), i < MOST_KEPT);
    assert_false(unwinder_memory_keep(small, 4096));
    assert_false(unwinder_memory_keep(large, 4 * FRAMES_BYTES));
    system_unmap(small, 4096);
    system_unmap(large, 4 * FRAMES_BYTES);
    system_unmap(pieces[MOST_KEPT], FRAMES_BYTES);
    for (unsigned i = 0; i < MOST_KEPT; i++)
        system_unmap(map(FRAMES_BYTES), FRAMES_BYTES);
}

/* A pass over memory leaves it out: it must be the one that is there now. */
static void the_first_threads_is_known(void **state)
{
    (void)state;
    size_t bytes;
    is_first = true;
    unsigned char *begun = map(FRAMES_BYTES);
    assert_ptr_equal(unwinder_memory_of_first(&bytes), begun);
    assert_int_equal(bytes, FRAMES_BYTES);
    unsigned char *grown = map(4 * FRAMES_BYTES);
    assert_true(unwinder_memory_keep(begun, FRAMES_BYTES));
    assert_ptr_equal(unwinder_memory_of_first(&bytes), grown);
    assert_int_equal(bytes, 4 * FRAMES_BYTES);
    is_first = false;
    assert_ptr_equal(map(FRAMES_BYTES), begun);
    assert_ptr_equal(unwinder_memory_of_first(&bytes), grown);
    assert_false(unwinder_memory_keep(grown, 4 * FRAMES_BYTES));
    unwinder_memory_of_first(&bytes);
    assert_int_equal(bytes, 0);
    system_unmap(begun, FRAMES_BYTES);
    system_unmap(grown, 4 * FRAMES_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_go_to_the_next_thread),
        cmocka_unit_test(no_more_are_kept_than_a_few),
        cmocka_unit_test(the_first_threads_is_known),
    };
    return RUN(tests);
}
