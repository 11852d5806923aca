/* How much of an array is in memory: residency.h. */
#include "unit.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "residency.h"

#define PAGE  4096u
#define PAGES 32u

static struct residency residency;
static unsigned char *memory;

static int setup(void **state)
{
    (void)state;
    residency_open(&residency, 0);
    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* No huge page, which would be there as a whole. */
    return residency.pagemap < 0 || memory == MAP_FAILED ||
                   madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE) != 0
               ? -1
               : 0;
}

static int teardown(void **state)
{
    (void)state;
    residency_close(&residency);
    return munmap(memory, PAGES * PAGE);
}

/* An array that begins and ends within a page. */
static bool is_hardly_any(void)
{
    return residency_is_hardly_any(&residency, (uint64_t)(uintptr_t)memory + 16,
                                   PAGES * PAGE - 100);
}

static void counts_whole_pages_that_were_touched(void **state)
{
    (void)state;
    assert_true(is_hardly_any());
    /* Those at the ends are the neighbours', too. */
    memory[0] = memory[PAGES * PAGE - 1] = 1;
    assert_true(is_hardly_any());
    memory[7 * PAGE] = 1;
    assert_true(is_hardly_any());
    memory[(PAGES - 2) * PAGE + 9] = 1;
    assert_false(is_hardly_any());
    assert_int_equal(madvise(memory, PAGES * PAGE, MADV_DONTNEED), 0);
    assert_true(is_hardly_any());
}

/* Of what has no whole page, and where nothing is told, nothing is known. */
static void knows_when_it_does_not(void **state)
{
    const struct residency none = {.pagemap = -1};
    uint64_t start = (uint64_t)(uintptr_t)memory;
    (void)state;
    assert_false(residency_is_hardly_any(&residency, start + 8, PAGE));
    assert_false(residency_is_hardly_any(&none, start, PAGES * PAGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_whole_pages_that_were_touched, setup, teardown),
        cmocka_unit_test_setup_teardown(knows_when_it_does_not, setup, teardown),
    };
    return RUN(tests);
}
