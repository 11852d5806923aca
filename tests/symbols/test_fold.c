/* Which frames are folded, without any ELF file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fold.h"
#include "symbols.h"

static void folds_machinery_of_containers_and_allocators(void **state)
{
    (void)state;
    static const char *const internal[] = {
        "malloc",
        "operator new",
        "operator new[]",
        "std::unordered_map<int, int>::operator[]",
        "std::_Hashtable<int>::_M_rehash_aux",
        "__gnu_cxx::new_allocator<int>::allocate",
        "std::collections::hash::map::HashMap<K,V,S,A>::insert",
        "<std::collections::hash::map::HashMap<K,V> as core::iter::Extend<T>>::extend",
        "<&mut alloc::vec::Vec<u8> as std::io::Write>::write",
        "<alloc::vec::Vec<<X as mycrate::Trait>::Item> as core::iter::Extend<T>>::extend",
        "hashbrown::raw::RawTable<T,A>::reserve_rehash",
        "alloc::alloc::alloc",
        "__rust_alloc",
        "absl::lts_20220623::container_internal::raw_hash_set<P>::resize",
        "boost::unordered::detail::table<T>::rehash_impl",
        "g_hash_table_insert",
        "g_malloc0_n",
        "PyDict_SetItem",
        "_PyObject_GC_NewVar",
        "zcalloc_num",
        "dictAddRaw",
        "xrealloc",
        "kh_resize_names",
    };
    for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++)
        assert_non_null(fold_family(internal[i], "/usr/bin/program"));
}

static void leaves_the_programs_own_functions(void **state)
{
    (void)state;
    static const char *const own[] = {
        "main",
        "stdout_writer",
        "Cache::remember",
        "standard::map::insert",
        "<mycrate::Map as core::ops::Index<K>>::index",
        "<std::collections::hash::set::HashSet<T> as mycrate::Sink<Vec<u8>>>::take",
        "malloc_statistics",
        "dictionary_load",
        "expand", /* OpenSSL's only in OpenSSL */
        "insertdict",
        "set_options",
        "_PyEval_EvalFrameDefault",
        "dbAdd",
        "start_thread",
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        assert_null(fold_family(own[i], "/usr/bin/program"));
}

static void goes_by_module_where_names_are_common(void **state)
{
    (void)state;
    assert_non_null(fold_family("insertdict", "/usr/bin/python3.11"));
    assert_non_null(fold_family("dictresize", "/usr/lib/libpython3.11.so.1.0"));
    assert_non_null(fold_family(NULL, "/usr/lib/libhashtrack.so"));
    assert_non_null(fold_family(NULL, "libglib-2.0.so.0.7400.6"));
    assert_null(fold_family(NULL, "/usr/lib/libmine.so"));
    assert_null(fold_family(NULL, NULL));
}

#define FRAME(name)                                                                                \
    {                                                                                              \
        .function = name, .module = "/usr/bin/program"                                             \
    }

static void folds_recursion_and_start_up(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {
        FRAME("malloc"),
        FRAME("walk"),
        FRAME("walk"),
        FRAME("start_thread"),
        FRAME("walk"),
        FRAME("main"),
        FRAME("__libc_start_call_main"),
        FRAME("_start"),
    };
    static const bool expected[] = {true, false, true, false, false, false, true, true};
    fold_mark(frames, sizeof(frames) / sizeof(frames[0]));
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        assert_int_equal(frames[i].internal, expected[i]);
}

static void folds_the_c_main_of_rust_only(void **state)
{
    (void)state;
    struct symbol_frame rust[] = {FRAME("app::main"), FRAME("std::rt::lang_start"), FRAME("main")};
    fold_mark(rust, 3);
    assert_false(rust[0].internal);
    assert_true(rust[1].internal);
    assert_true(rust[2].internal);

    /* Where lang_start was inlined. */
    struct symbol_frame inlined[] = {FRAME("app::main"),
                                     FRAME("std::sys::backtrace::__rust_begin_short_backtrace"),
                                     FRAME("main"), FRAME("_start")};
    fold_mark(inlined, 4);
    assert_false(inlined[0].internal);
    assert_true(inlined[2].internal);
    struct symbol_frame cxx[] = {FRAME("fill"), FRAME("std::for_each<int>"), FRAME("main")};
    fold_mark(cxx, 3);
    assert_false(cxx[2].internal);
}

static void never_folds_a_whole_stack(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {FRAME("malloc"), FRAME("std::locale::init"), FRAME("_start")};
    fold_mark(frames, 3);
    for (size_t i = 0; i < 3; i++)
        assert_false(frames[i].internal);
    fold_mark(frames, 0);
}

#define LINE(name, path, number)                                                                   \
    {                                                                                              \
        .function = name, .file = path, .line = number, .is_script = true                          \
    }
#define OF(name, path)                                                                             \
    {                                                                                              \
        .function = name, .module = path                                                           \
    }

static void folds_the_interpreter_around_lines_of_a_script(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {
        OF("dict_resize", "/usr/bin/python3.11"),
        OF("_PyEval_EvalFrameDefault", "/usr/bin/python3.11"),
        LINE("__init__", "/opt/app/a.py", 3),
        LINE("__init__", "/opt/app/b.py", 9), /* of another class */
        {.function = "_find_and_load", .is_script = true, .internal = true},
        LINE("clone", "/opt/app/a.py", 20), /* no start-up, nor an allocator's below */
        LINE("malloc", "/opt/app/a.py", 30),
        OF("scan_once", "/usr/lib/python3.11/lib-dynload/_json.cpython-311.so"),
        OF("_PyEval_EvalFrameDefault", "/opt/lib/libpython3.11.so.1.0"),
        OF("main", "/opt/app/embeds"),
        OF("_start", "/opt/app/embeds"),
    };
    static const bool expected[] = {true,  true,  false, false, true, false,
                                    false, false, true,  false, true};
    fold_mark(frames, sizeof(frames) / sizeof(frames[0]));
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        if (frames[i].internal != expected[i])
            fail_msg("frame %zu, %s", i, frames[i].function);

    /* Without a line they are all that is known. */
    struct symbol_frame without[] = {OF("dict_resize", "/usr/bin/python3.11"),
                                     OF("_PyEval_EvalFrameDefault", "/usr/bin/python3.11")};
    fold_mark(without, 2);
    assert_false(without[1].internal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_machinery_of_containers_and_allocators),
        cmocka_unit_test(leaves_the_programs_own_functions),
        cmocka_unit_test(goes_by_module_where_names_are_common),
        cmocka_unit_test(folds_recursion_and_start_up),
        cmocka_unit_test(folds_the_c_main_of_rust_only),
        cmocka_unit_test(never_folds_a_whole_stack),
        cmocka_unit_test(folds_the_interpreter_around_lines_of_a_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
