/*
 * Memory for the tests of code that looks at a program's arrays: a reader that knows which bytes
 * may be read, so that a look beyond an array fails the test instead of finding the heap behind it.
 */
#ifndef HASHTRACK_TESTS_READABLE_H
#define HASHTRACK_TESTS_READABLE_H

#include "layouts/layout.h"
#include "reader.h"

#define READABLE_MOST 64

struct readable {
    struct memory_reader reader; /* first: what the code under test gets */
    struct block pieces[READABLE_MOST];
    unsigned count;
    unsigned refused; /* reads that were not wholly inside one piece */
};

void readable_begin(struct readable *readable);
void readable_add(struct readable *readable, const void *memory, size_t bytes);
void readable_forget(struct readable *readable);

/* Random numbers that are the same in every run (Vigna's splitmix64). */
uint64_t random_word(uint64_t *state);

#endif
