/* What is left of a function's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "function_key.h"

static void assert_key(const char *function, const char *expected)
{
    char *key = function_key(function);
    assert_non_null(key);
    assert_string_equal(key, expected);
    free(key);
}

static void drops_arguments_of_templates(void **state)
{
    (void)state;
    assert_key("main", "main");
    assert_key("Cache<int, std::vector<int>>::insert", "Cache::insert");
    assert_key("Cache<int, std::vector<int> >::insert<(3 > 2)>", "Cache::insert");
    assert_key("ns::v1::B<A->b>::g<double>", "ns::v1::B::g");
    assert_key("call<main::{lambda()#1}>", "call");
    assert_key("C<(3>2)>::h", "C::h");
}

static void drops_parameters_and_tags(void **state)
{
    (void)state;
    assert_key("main(int, char**)::Local::f(int) const", "main::Local::f");
    assert_key("tagged[abi:cxx11][abi:foo]", "tagged");
    assert_key("non-virtual thunk to X::w()", "X::w");
    assert_key("(anonymous namespace)::Anon::f", "Anon::f");
    assert_key("ns::(anonymous namespace)::f", "ns::f");
}

static void keeps_operators(void **state)
{
    (void)state;
    assert_key("B<int>::operator<", "B::operator<");
    assert_key("B<int>::operator<<", "B::operator<<");
    assert_key("B<int>::operator< <int>", "B::operator<");
    assert_key("B<int>::operator<=>", "B::operator<=>");
    assert_key("B<int>::operator->", "B::operator->");
    assert_key("B<int>::operator[]", "B::operator[]");
    assert_key("B<int>::operator bool", "B::operator bool");
    assert_key("B<int>::operator std::vector<int>", "B::operator std::vector");
    assert_key("operator new", "operator new");
    assert_key("B<int>::~B", "B::~B");
    assert_key("operators", "operators");
}

static void gives_lambdas_to_their_function(void **state)
{
    (void)state;
    assert_key("main::{lambda(auto:1)#2}::operator()<int>", "main"); /* gcc */
    assert_key("main::$_1::operator()<int>", "main");                /* clang */
    assert_key("main::<lambda(int)>::operator()", "main");           /* gcc, in DWARF */
    assert_key("Hash::operator()", "Hash");
    assert_key("app::main::{closure#0}", "app::main");
    assert_key("app::main::{{closure}}", "app::main");
    assert_key("$_0::operator()", "");
    assert_key("pay_$_1", "pay_$_1");
}

static void spells_rust_in_one_way(void **state)
{
    (void)state;
    assert_key("<app::Cache<K,V> as app::Store>::put", "app::Cache as app::Store::put");
    assert_key("<app::Cache<u64, [u8; 64]>>::insert::<str>", "app::Cache::insert");
    assert_key("app::<impl app::Store for alloc::vec::Vec<T>>::put",
               "alloc::vec::Vec as app::Store::put");
    assert_key("<alloc::vec::Vec<u8> as app::Store>::put", "alloc::vec::Vec as app::Store::put");
    assert_key("app::<impl app::Thing>::put", "app::Thing::put");
    assert_key("app[1234abcd]::main", "app::main");
    assert_key("app::insert::<fn(u8) -> u8>", "app::insert");
}

static void bears_what_is_no_name(void **state)
{
    (void)state;
    assert_key("", "");
    assert_key("<", "");
    assert_key("a<b(c", "a");
    assert_key("::x", "x");
    assert_key(">>>", ">>>");
    char deep[20001];
    memset(deep, '<', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    free(function_key(deep));
    for (size_t i = 0; i + 1 < sizeof(deep); i++)
        deep[i] = "<impl "[i % 6];
    free(function_key(deep));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_arguments_of_templates),
        cmocka_unit_test(drops_parameters_and_tags),
        cmocka_unit_test(keeps_operators),
        cmocka_unit_test(gives_lambdas_to_their_function),
        cmocka_unit_test(spells_rust_in_one_way),
        cmocka_unit_test(bears_what_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
