/*
 * What two builds of one function have in common in their names: scopes and the name itself,
 * without template arguments, parameters, clone suffixes, ABI tags, numbers of lambdas and
 * closures.
 */
#ifndef HASHTRACK_FUNCTION_KEY_H
#define HASHTRACK_FUNCTION_KEY_H

#include <stdbool.h>

/* The key (malloc'ed) of a function name as symbols.h gives it, NULL when memory ran out:
 * "Cache<int>::insert" is "Cache::insert", "<app::Cache<K> as app::Store>::put" is
 * "app::Cache as app::Store::put", "main::$_0::operator()" is "main". */
char *function_key(const char *function);

/* Whether it is the function that fills a source file's global variables before main(): each
 * compiler has names of its own for it. */
bool function_is_static_initialization(const char *function);

#endif
