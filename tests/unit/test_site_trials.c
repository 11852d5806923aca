/* Which small arrays a snapshot asks the layouts about. */
#include "unit.h"

#include "site_trials.h"

#define TABLES 1u
#define OTHERS 2u

/* How many of `count` arrays of the site are looked at, every `share`th of which is a table. */
static unsigned looks(struct site_trials *trials, uint32_t site, unsigned count, unsigned share)
{
    unsigned looks = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!site_trials_allow(trials, site))
            continue;
        looks++;
        site_trials_note(trials, site, share != 0 && i % share == 0);
    }
    return looks;
}

static void test_all_tables_and_a_few_others(void **state)
{
    (void)state;
    struct site_trials trials;
    site_trials_start(&trials, 3, NULL);
    assert_int_equal(looks(&trials, OTHERS, 5000, 0), 16);
    assert_int_equal(looks(&trials, TABLES, 5000, 1), 5000);
    assert_int_equal(looks(&trials, OTHERS, 10, 1), 0);
    site_trials_free(&trials);
}

static void test_tables_among_their_entries(void **state)
{
    (void)state;
    struct site_trials trials;
    site_trials_start(&trials, 3, NULL);
    assert_int_equal(looks(&trials, TABLES, 5000, 3), 5000);
    assert_int_equal(looks(&trials, OTHERS, 5000, 100), 16);
    site_trials_free(&trials);
}

static void test_looks_in_vain_have_an_end(void **state)
{
    (void)state;
    struct site_trials trials;
    site_trials_start(&trials, 10000, NULL);
    unsigned all = 0;
    for (uint32_t site = 1; site < 10000; site++)
        all += looks(&trials, site, 100, 0);
    assert_int_equal(all, 20000);
    site_trials_free(&trials);
}

static void test_no_site_no_look(void **state)
{
    (void)state;
    struct site_trials trials;
    site_trials_start(&trials, 3, NULL);
    assert_false(site_trials_allow(&trials, 0));
    assert_false(site_trials_allow(&trials, 3)); /* newer than the snapshot */
    site_trials_note(&trials, 3, true);
    site_trials_free(&trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tables_and_a_few_others),
        cmocka_unit_test(test_tables_among_their_entries),
        cmocka_unit_test(test_looks_in_vain_have_an_end),
        cmocka_unit_test(test_no_site_no_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
