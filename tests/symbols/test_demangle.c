/* Linker names of both languages, and names that are not mangled at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "demangle.h"

static void names_become_readable(void **state)
{
    (void)state;
    static const struct {
        const char *linker, *readable;
    } names[] = {
        {"main", "main"},
        {"", ""},
        {"_Z", "_Z"},
        {"_ZN5Cache8rememberEi", "Cache::remember"},
        {"_ZN5Cache8rememberEi.constprop.0", "Cache::remember"},
        {"insertdict.isra.0", "insertdict"},
        {"memcpy@@GLIBC_2.14", "memcpy"},
        {"_ZNSt6vectorISt4pairIiiESaIS1_EE9push_backEOS1_",
         "std::vector<std::pair<int, int>, std::allocator<std::pair<int, int>>>::push_back"},
        {"_ZN5Store3getERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", "Store::get"},
        {"_ZN5StoreINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE3getEv",
         "Store<std::string>::get"},
        /* Rust, legacy scheme with its hash, and v0 */
        {"_ZN9hashbrown3raw8RawTable6resize17h0123456789abcdefE",
         "hashbrown::raw::RawTable::resize"},
        {"_RNvCs15kBYyAo9fc_7mycrate7example", "mycrate::example"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *readable = demangle_function(names[i].linker);
        assert_string_equal(readable, names[i].readable);
        free(readable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_become_readable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
