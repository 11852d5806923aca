/* Which of the program's mappings may be read directly: anonymous_memory.h. */
#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "anonymous_memory.h"

#define PAGE    4096ull
#define BASE    0x7f0000000000ull
#define PAGES   512u
#define WRITE   (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static void *at(uint64_t page)
{
    return (void *)(uintptr_t)(BASE + page * PAGE);
}

static void map(uint64_t page, uint64_t pages)
{
    anonymous_memory_mapped(at(page), pages * PAGE, WRITE, PRIVATE);
}

static void unmap(uint64_t page, uint64_t pages)
{
    anonymous_memory_unmapping(at(page), pages * PAGE);
}

static bool knows(uint64_t page)
{
    uint64_t until = anonymous_memory_until(BASE + page * PAGE + 8);
    assert_true(until == 0 || until > BASE + page * PAGE);
    return until != 0;
}

static int forget_all(void **state)
{
    (void)state;
    anonymous_memory_unmapping(NULL, SIZE_MAX);
    return 0;
}

static void only_private_anonymous_memory_counts(void **state)
{
    static const struct {
        int protection, flags;
    } others[] = {
        {WRITE, MAP_PRIVATE},
        {WRITE, MAP_SHARED | MAP_ANONYMOUS},
        {WRITE, PRIVATE | MAP_GROWSDOWN},
        {PROT_NONE, PRIVATE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        anonymous_memory_mapped(at(0), PAGE, others[i].protection, others[i].flags);
        assert_false(knows(0));
    }
    map(0, 1);
    assert_true(knows(0));
    assert_false(knows(1));
    assert_int_equal(anonymous_memory_until(BASE - 1), 0);
}

/* Side by side they are one, so that a range of many small mappings takes one place. */
static void neighbours_become_one(void **state)
{
    (void)state;
    for (uint64_t page = 100; page > 0; page--)
        map(page, 1);
    for (uint64_t page = 101; page < 200; page++)
        map(page, 1);
    assert_int_equal(anonymous_memory_until(BASE + PAGE), BASE + 200 * PAGE);
}

/* What is known is always there, whatever happens; what is there need not be known. */
static void never_knows_what_is_gone(void **state)
{
    static unsigned char is_mapped[PAGES];
    unsigned known = 0;
    (void)state;
    srand(1);
    memset(is_mapped, 0, sizeof(is_mapped));
    for (int round = 0; round < 20000; round++) {
        uint64_t page = (uint64_t)rand() % PAGES, pages = 1 + (uint64_t)rand() % 20;
        if (page + pages > PAGES)
            continue;
        bool maps = rand() % 2;
        unmap(page, pages);
        if (maps)
            map(page, pages);
        memset(is_mapped + page, maps, pages);
        for (unsigned i = 0; round % 10 == 0 && i < PAGES; i++) {
            bool knows_it = knows(i);
            known += knows_it;
            assert_false(knows_it && !is_mapped[i]);
        }
    }
    assert_true(known > 0);
}

/* Where one call takes pieces of several away, parts of pages too. */
static void unmapping_goes_across(void **state)
{
    (void)state;
    map(0, 4);
    map(8, 4);
    map(16, 4);
    anonymous_memory_unmapping(at(3), 14 * PAGE - 100);
    assert_true(knows(0) && knows(2));
    assert_false(knows(3) || knows(8) || knows(11) || knows(16));
    assert_true(knows(17) && knows(19));
}

static void *map_and_unmap(void *own)
{
    uint64_t first = (uint64_t)(uintptr_t)own;
    for (int round = 0; round < 100000; round++) {
        map(first, 8);
        unmap(first, 8);
    }
    return NULL;
}

/* Two threads, each beside the other's: their mappings are merged and parted all the time. */
static void threads_leave_nothing_behind(void **state)
{
    pthread_t threads[2];
    (void)state;
    for (uint64_t i = 0; i < 2; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, map_and_unmap, (void *)(uintptr_t)(i * 8)), 0);
    for (uint64_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < 16; i++)
        assert_false(knows(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_private_anonymous_memory_counts, forget_all),
        cmocka_unit_test_setup(neighbours_become_one, forget_all),
        cmocka_unit_test_setup(never_knows_what_is_gone, forget_all),
        cmocka_unit_test_setup(unmapping_goes_across, forget_all),
        cmocka_unit_test_setup(threads_leave_nothing_behind, forget_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
