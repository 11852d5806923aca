/*
 * For the programs whose tables' owners are known: each table gets a capacity of its own, by which
 * check_owners.py finds it in the report, and a line that says how its owner is called.
 */
#ifndef HASHTRACK_TESTS_OWNERS_H
#define HASHTRACK_TESTS_OWNERS_H

#include <cstdint>
#include <cstdio>

#ifndef FIRST_ENTRIES
#define FIRST_ENTRIES 9000
#endif

/* Prints "CAPACITY NAME". The capacities of two calls differ. */
template <class Table> __attribute__((noinline)) static void fill(Table &table, const char *owner)
{
    static uint64_t entries = FIRST_ENTRIES;
    entries += entries / 5;
    table.reserve(entries);
    for (uint64_t key = 0; key < 100; key++)
        table[key * 0x9E3779B97F4A7C15u] = key;
    std::printf("%zu %s\n", table.bucket_count(), owner);
}

#endif
