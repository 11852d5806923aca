/* What type a table's programmer wrote, out of the names of its container's functions. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "table_type.h"

#define HASH_OF_INT                                                                                \
    "std::equal_to<int>, std::hash<int>, std::__detail::_Mod_range_hashing, "                      \
    "std::__detail::_Default_ranged_hash, std::__detail::_Prime_rehash_policy, "
#define TABLE(key, value, extract, unique)                                                         \
    "std::_Hashtable<" key ", " value ", std::allocator<" value ">, std::__detail::" extract       \
    ", " HASH_OF_INT "std::__detail::_Hashtable_traits<false, false, " unique ">>"

static char type[TABLE_TYPE_BYTES];

/* The type by a stack of container functions, innermost first, under one of the program; NULL for
 * none. */
static const char *type_of(const char *implementation, const char *first, const char *second)
{
    struct symbol_frame frames[] = {
        {.function = first, .internal = true},
        {.function = second, .internal = true},
        {.function = "main"},
    };
    return type_of_frames(frames, 3, implementation, type) ? type : NULL;
}

static const char *type_of_std(const char *function)
{
    return type_of("std::unordered_map", function, "std::unordered_map<char, char>::insert");
}

static const char *type_of_libcxx(const char *function)
{
    return type_of("std::unordered_map (libc++)", "operator new", function);
}

static void libstdcxx(void **state)
{
    (void)state;
    assert_string_equal(type_of_std(TABLE("int", "std::pair<int const, Session>", "_Select1st",
                                          "true") "::_M_rehash"),
                        "std::unordered_map<int, Session>");
    assert_string_equal(type_of_std(TABLE("int", "std::pair<int const, app::Box<char, 3>>",
                                          "_Select1st", "false") "::_M_allocate_buckets"),
                        "std::unordered_multimap<int, app::Box<char, 3>>");
    assert_string_equal(type_of_std(TABLE("int", "int", "_Identity", "true") "::_M_rehash_aux"),
                        "std::unordered_set<int>");
    assert_string_equal(type_of_std(TABLE("int", "int", "_Identity", "false") "::_M_rehash"),
                        "std::unordered_multiset<int>");
}

static void libcxx(void **state)
{
    (void)state;
    assert_string_equal(
        type_of_libcxx("std::__hash_table<std::__hash_value_type<int, Session>, H, E, A>::"
                       "__do_rehash<true>"),
        "std::unordered_map<int, Session>");
    assert_string_equal(type_of_libcxx("std::__hash_table<long, H, E, A>::__rehash<false>"),
                        "std::unordered_multiset<long>");
    /* Map or multimap? It does not say. */
    assert_null(type_of_libcxx(
        "std::__hash_table<std::__hash_value_type<int, Session>, H, E, A>::__rehash"));
}

static void abseil(void **state)
{
    (void)state;
    assert_string_equal(
        type_of("absl::flat_hash_map",
                "absl::lts_20220623::container_internal::raw_hash_set<absl::lts_20220623::"
                "container_internal::FlatHashMapPolicy<std::string, Session>, H, E, A>::resize",
                NULL),
        "absl::flat_hash_map<std::string, Session>");
    assert_string_equal(type_of("absl::node_hash_map or flat",
                                "absl::container_internal::raw_hash_set<absl::container_internal::"
                                "NodeHashSetPolicy<long>, H, E, A>::initialize_slots",
                                NULL),
                        "absl::node_hash_set<long>");
    assert_null(type_of("absl::flat_hash_map",
                        "absl::container_internal::raw_hash_set<my::Policy<int>, H, E, A>::resize",
                        NULL));
}

static void what_is_left_to_defaults_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(
        type_of_libcxx("std::__hash_table<std::__hash_value_type<int, std::map<int, std::vector<F* "
                       "(*)(int), std::allocator<F* (*)(int)>>, std::less<int>, std::allocator<"
                       "std::pair<int const, long>>>>, H, E, A>::__rehash<true>"),
        "std::unordered_map<int, std::map<int, std::vector<F* (*)(int)>>>");
}

static void only_what_allocates_counts(void **state)
{
    (void)state;
    /* The array may be one of a table inside the entry that it constructs. */
    assert_null(
        type_of_std(TABLE("int", "std::pair<int const, M>", "_Select1st", "true") "::_M_emplace"));
    /* The innermost one that allocates counts, not the one that waits for it. */
    assert_string_equal(
        type_of("std::unordered_map", TABLE("int", "int", "_Identity", "true") "::_M_rehash",
                TABLE("int", "std::pair<int const, M>", "_Select1st", "true") "::_M_rehash"),
        "std::unordered_set<int>");
}

static void nothing_rather_than_a_guess(void **state)
{
    (void)state;
    const char *table = TABLE("int", "int", "_Identity", "true") "::_M_rehash";
    struct symbol_frame of_the_program[] = {
        {.function = NULL, .internal = true},
        {.function = "fill"},
        {.function = table, .internal = true},
    };
    assert_false(type_of_frames(of_the_program, 3, "std::unordered_map", type));
    assert_null(type_of("uthash", table, NULL));
    assert_null(type_of_std("std::_Hashtable<int, int>::_M_rehash"));
    assert_null(type_of_std("std::_Hashtable<int, (int"));
    assert_null(type_of_std("std::_Hashtable<>::_M_rehash"));
    assert_null(type_of_std("operator<"));
    assert_null(type_of_std("operator->"));
    assert_null(type_of_std(""));
    /* Longer than a line of a report. */
    char lengthy[2048] = "std::__hash_table<X", *end = lengthy + strlen(lengthy);
    memset(end, 'x', 600);
    strcpy(end + 600, ", H, E, A>::__rehash<true>");
    assert_null(type_of_libcxx(lengthy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libstdcxx),
        cmocka_unit_test(libcxx),
        cmocka_unit_test(abseil),
        cmocka_unit_test(what_is_left_to_defaults_is_left_out),
        cmocka_unit_test(only_what_allocates_counts),
        cmocka_unit_test(nothing_rather_than_a_guess),
    };
    return RUN(tests);
}
