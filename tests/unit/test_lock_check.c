/* Locks in the order of their ranks: lock.h, lock_check.c. Each violation ends a child process. */
#define HASHTRACK_CHECK_LOCKS
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"

static struct lock low = {.rank = 3}, middle = {.rank = 70}, high = {.rank = 100}, unranked;

static bool ends_by_a_trap(void (*function)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        function();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

static void in_order(void)
{
    lock_take(&low);
    lock_take(&middle);
    lock_take(&high);
    lock_release(&middle);
    lock_release(&high);
    lock_take(&middle);
    lock_release(&middle);
    lock_release(&low);
    lock_take(&low);
    lock_release(&low);
    lock_check_none();
}

static void lower_after_higher(void)
{
    lock_take(&high);
    lock_take(&low);
}

static void twice(void)
{
    lock_take(&middle);
    lock_take(&middle);
}

/* Nobody waits in lock_try, so it cannot deadlock. */
static void only_tries(void)
{
    lock_take(&high);
    lock_try(&low);
    lock_try(&unranked);
    lock_release(&unranked);
}

static void unwinds_with_a_lock(void)
{
    lock_try(&low);
    lock_check_none();
}

static void test_the_order_is_checked(void **state)
{
    (void)state;
    assert_false(ends_by_a_trap(in_order));
    assert_false(ends_by_a_trap(only_tries));
    assert_true(ends_by_a_trap(lower_after_higher));
    assert_true(ends_by_a_trap(twice));
    assert_true(ends_by_a_trap(unwinds_with_a_lock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_order_is_checked),
    };
    return RUN(tests);
}
