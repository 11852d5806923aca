/* Arrays that were put into larger ones as they were: growth_moved_whole.h. */
#include "unit.h"

#include <string.h>

#include "growth_moved_whole.h"
#include "readable.h"

#define OLD_WORDS 4096u
#define NEW_WORDS (2 * OLD_WORDS)

static uint64_t old_words[OLD_WORDS], new_words[NEW_WORDS];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;
static struct layout_view view;

/* Small numbers, each of which stands in many places, in half of the words. */
static int begin(void **state)
{
    (void)state;
    uint64_t seed = 7;
    readable_begin(&readable);
    readable_add(&readable, old_words, sizeof(old_words));
    readable_add(&readable, new_words, sizeof(new_words));
    view = (struct layout_view){.reader = &readable.reader, .scratch = scratch};
    memset(new_words, 0, sizeof(new_words));
    for (unsigned i = 0; i < OLD_WORDS; i++)
        old_words[i] = random_word(&seed) % 2 * (1 + random_word(&seed) % 100);
    return 0;
}

static bool is_moved_whole(void)
{
    const struct block old = {(uint64_t)(uintptr_t)old_words, sizeof(old_words)};
    const struct block array = {(uint64_t)(uintptr_t)new_words, sizeof(new_words)};
    return growth_moved_whole(&view, &old, &array);
}

static void finds_what_was_put_into_the_middle(void **state)
{
    (void)state;
    memcpy(new_words + OLD_WORDS / 2, old_words, sizeof(old_words));
    assert_true(is_moved_whole());
    new_words[0] = 1; /* written since: the last word tells */
    assert_true(is_moved_whole());
}

static void finds_what_stayed_where_it_was(void **state)
{
    (void)state;
    memcpy(new_words, old_words, sizeof(old_words));
    new_words[NEW_WORDS - 1] = 1; /* written since: the first word tells */
    assert_true(is_moved_whole());
}

static void passes_over_what_was_scattered(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (unsigned i = 0; i < OLD_WORDS; i++)
        if (old_words[i] != 0)
            new_words[random_word(&seed) % NEW_WORDS] = old_words[i];
    assert_false(is_moved_whole());
}

/* As a mask moves them. */
static void passes_over_what_was_split(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (unsigned i = 0; i < OLD_WORDS; i++)
        new_words[i + random_word(&seed) % 2 * OLD_WORDS] = old_words[i];
    assert_false(is_moved_whole());
}

/* Keys and values behind each other in one block: the second part moved further. */
static void passes_over_parts_that_moved_apart(void **state)
{
    (void)state;
    memcpy(new_words, old_words, sizeof(old_words) / 2);
    memcpy(new_words + OLD_WORDS, old_words + OLD_WORDS / 2, sizeof(old_words) / 2);
    assert_false(is_moved_whole());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_what_was_put_into_the_middle, begin),
        cmocka_unit_test_setup(finds_what_stayed_where_it_was, begin),
        cmocka_unit_test_setup(passes_over_what_was_scattered, begin),
        cmocka_unit_test_setup(passes_over_what_was_split, begin),
        cmocka_unit_test_setup(passes_over_parts_that_moved_apart, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
