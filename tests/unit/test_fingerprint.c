/* Which functions a fingerprint is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fingerprint.h"

#define OWN(name)                                                                                  \
    {                                                                                              \
        .function = name, .module = "/opt/app/server", .file = "/src/server.cc"                    \
    }
#define LIBRARY(name)                                                                              \
    {                                                                                              \
        .function = name, .module = "/usr/lib/x86_64-linux-gnu/libx.so.1"                          \
    }
#define FOLDED(name)                                                                               \
    {                                                                                              \
        .function = name, .module = "/opt/app/server", .internal = true                            \
    }

/* `expected`: the names with " < " between them. */
static void assert_functions_(const struct symbol_frame *frames, size_t count, const char *expected)
{
    char *functions[FINGERPRINT_FUNCTIONS_MAX], joined[1024] = "";
    size_t found = fingerprint_functions(frames, count, functions);
    assert_true(found <= FINGERPRINT_FUNCTIONS_MAX);
    for (size_t i = 0; i < found; i++) {
        strcat(strcat(joined, i > 0 ? " < " : ""), functions[i]);
        free(functions[i]);
    }
    assert_string_equal(joined, expected);
}

#define assert_functions(frames, expected)                                                         \
    assert_functions_(frames, sizeof(frames) / sizeof((frames)[0]), expected)

static void takes_the_projects_functions_once(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {
        FOLDED("std::_Hashtable<int>::_M_rehash"),
        OWN("Cache<int>::grow"),
        LIBRARY("for_each_widget"),
        OWN("walk"),
        OWN("step"),
        OWN("walk"),
        {.function = NULL, .module = "/opt/app/server"},
        {.function = "llvm_like::helper", .module = "/opt/app/server", .file = "/usr/include/h.h"},
        {.function = "dep::put", .module = "/opt/app/server", .file = "/h/.cargo/registry/x.rs"},
        OWN("main"),
    };
    assert_functions(frames, "Cache::grow < walk < step < main");
}

static void takes_no_more_than_it_needs(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {OWN("a"), OWN("b"), OWN("c"),   OWN("d"),
                                    OWN("e"), OWN("f"), OWN("main")};
    assert_functions(frames, "a < b < c < d < e");
}

static void falls_back_on_libraries(void **state)
{
    (void)state;
    struct symbol_frame interpreter[] = {LIBRARY("insert_name"), LIBRARY("run"), OWN("main")};
    assert_functions(interpreter, "insert_name < run < main");
    struct symbol_frame program[] = {
        {.function = "_PyEval_EvalFrameDefault", .module = "/usr/bin/python3.11"},
        {.function = "builtin_exec", .module = "/usr/bin/python3.11"},
    };
    assert_functions(program, "_PyEval_EvalFrameDefault < builtin_exec");
    struct symbol_frame git[] = {
        {.function = "add_entry", .module = "/usr/lib/git-core/git"},
        LIBRARY("callback"),
        {.function = "cmd_main", .module = "/usr/lib/git-core/git"},
    };
    assert_functions(git, "add_entry < cmd_main");
    struct symbol_frame nothing[] = {{.module = "/opt/app/server"}, {.module = NULL}};
    assert_functions(nothing, "");
}

static void knows_static_initialization(void **state)
{
    (void)state;
    struct symbol_frame gcc[] = {
        OWN("table::{lambda()#1}::operator()"),
        OWN("__static_initialization_and_destruction_0"),
        OWN("_GLOBAL__sub_I_main"),
    };
    struct symbol_frame clang[] = {
        OWN("$_0::operator()"),
        OWN("__cxx_global_var_init.3"),
        OWN("_GLOBAL__sub_I_server.cc"),
    };
    assert_functions(gcc, "{static initialization of server.cc}");
    assert_functions(clang, "{static initialization of server.cc}");
}

#define LINE(name, path)                                                                           \
    {                                                                                              \
        .function = name, .file = path, .line = 1, .is_script = true                               \
    }

static void takes_the_functions_of_scripts(void **state)
{
    (void)state;
    struct symbol_frame frames[] = {
        FOLDED("dict_resize"),
        LINE("deepcopy", "/usr/lib/python3.11/copy.py"),
        LINE("deepcopy", "/root/.pyenv/versions/3.12.1/lib/python3.12/copy.py"),
        LINE("Cache.load.<locals>.<lambda>", "/opt/app/cache.py"),
        LINE("<module>", "/opt/app/cache.py"),
        LINE("run", "/opt/app/server.py"),
    };
    assert_functions(frames, "Cache.load.<locals>.<lambda> < <module> of cache.py < run");
    struct symbol_frame typed[] = {{.function = "<module>", .is_script = true}};
    assert_functions(typed, "<module>"); /* "<string>" is no file */
}

static void depends_on_what_it_is_made_of(void **state)
{
    (void)state;
    char *functions[] = {"ab", "c"}, *shifted[] = {"a", "bc"};
    char one[FINGERPRINT_BYTES], other[FINGERPRINT_BYTES];
    fingerprint_make("hollow", "khash", functions, 2, NULL, one);
    assert_int_equal(strlen(one), 16);
    fingerprint_make("hollow", "unknown", functions, 2, "x", other);
    assert_string_equal(one, other); /* the implementation may be recognised or not */
    fingerprint_make("hollow", "khash", shifted, 2, NULL, other);
    assert_string_not_equal(one, other);
    fingerprint_make("tombstones", "khash", functions, 2, NULL, other);
    assert_string_not_equal(one, other);
    fingerprint_make("hollow", "khash", functions, 1, NULL, other);
    assert_string_not_equal(one, other);
    fingerprint_make("hollow", "khash", NULL, 0, "abcd+0x10", one);
    fingerprint_make("hollow", "khash", NULL, 0, "abcd+0x18", other);
    assert_string_not_equal(one, other);
    /* What baselines have stored must stay what it is. */
    fingerprint_make("hollow", "khash", functions, 2, NULL, one);
    assert_string_equal(one, "3f5e37834c9a9b38");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_projects_functions_once),
        cmocka_unit_test(takes_no_more_than_it_needs),
        cmocka_unit_test(falls_back_on_libraries),
        cmocka_unit_test(knows_static_initialization),
        cmocka_unit_test(takes_the_functions_of_scripts),
        cmocka_unit_test(depends_on_what_it_is_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
