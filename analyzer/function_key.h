/*
 * What two builds of one function have in common in their names: scopes and the name itself,
 * without template arguments, parameters, clone suffixes, ABI tags, numbers of lambdas and
 * closures.
 */
#ifndef HASHTRACK_FUNCTION_KEY_H
#define HASHTRACK_FUNCTION_KEY_H

/* The key (malloc'ed) of a function name as symbols.h gives it, NULL when memory ran out:
 * "Cache<int>::insert" is "Cache::insert", "<app::Cache<K> as app::Store>::put" is
 * "app::Cache as app::Store::put", "main::$_0::operator()" is "main::{lambda}::operator()". */
char *function_key(const char *function);

#endif
