/* A set of numbers, filled once and then asked: a sorted array. */
#ifndef HASHTRACK_NUMBER_SET_H
#define HASHTRACK_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number_set {
    uint64_t *numbers;
    size_t count, room;
};

/* All zero is an empty set. False when memory ran out. */
bool number_set_add(struct number_set *set, uint64_t number);

/* After the last number, before the first question. */
void number_set_sort(struct number_set *set);

bool number_set_has(const struct number_set *set, uint64_t number);

void number_set_free(struct number_set *set);

#endif
