/* Names short enough for a headline. */
#include "unit.h"

#include <string.h>

#include "place.h"

static void test_short_function(void **state)
{
    (void)state;
    static const struct {
        const char *function, *shown;
    } expected[] = {
        {"main", "main"},
        {"Cache::insert(std::string const&, int)", "Cache::insert"},
        {"std::vector<std::pair<int, int>>::at(unsigned long) const", "std::vector<>::at"},
        {"(anonymous namespace)::fill(int)", "(anonymous namespace)::fill"},
        {"Table::operator()(int)", "Table::operator()"},
        {"Map<int>::operator[](int const&)", "Map<>::operator[]"},
        {"operator<< <char>(std::ostream&)", "operator<< <>"},
        {"Pointer<T>::operator->() const", "Pointer<>::operator->"},
        {"run()::{lambda(int)#1}::operator()(int) const", "run"},
        {"Loop::{lambda(int)#1}::operator()(int) const", "Loop::{lambda(int)#1}::operator()"},
        {"<server::Cache as core::ops::Drop>::drop", "<server::Cache as core::ops::Drop>::drop"},
        {"server::fill::<u64>", "server::fill::<>"},
        {"(", "("},
        {"broken<", "broken<>"},
        {"", ""},
    };
    char out[128];
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        short_function(out, sizeof(out), expected[i].function);
        assert_string_equal(out, expected[i].shown);
    }
}

static void test_short_function_in_a_small_buffer(void **state)
{
    (void)state;
    static const char *const names[] = {"aaaaaaaaaaaaaaaaaaaaaaaa", "a<b>a<b>a<b>a<b>a<b>a<b>",
                                        "{lambda(int)#1}{lambda(int)#2}", "<T as Trait>::method"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t room = 2; room < 20; room++) {
            char out[20];
            memset(out, 'x', sizeof(out));
            short_function(out, room, names[i]);
            assert_true(strlen(out) < room);
        }
}

static void test_path_base(void **state)
{
    (void)state;
    assert_string_equal(path_base("/usr/bin/x"), "x");
    assert_string_equal(path_base("x"), "x");
    assert_string_equal(path_base("/usr/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_function),
        cmocka_unit_test(test_short_function_in_a_small_buffer),
        cmocka_unit_test(test_path_base),
    };
    return RUN(tests);
}
