/* A set of numbers: see number_set.h. */
#include "number_set.h"

#include <stdlib.h>
#include <string.h>

bool number_set_add(struct number_set *set, uint64_t number)
{
    if (set->count == set->room) {
        size_t room = set->room != 0 ? 2 * set->room : 256;
        uint64_t *grown = reallocarray(set->numbers, room, sizeof(*grown));
        if (!grown)
            return false;
        set->numbers = grown;
        set->room = room;
    }
    set->numbers[set->count++] = number;
    return true;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void number_set_sort(struct number_set *set)
{
    if (set->count > 1)
        qsort(set->numbers, set->count, sizeof(*set->numbers), by_number);
}

bool number_set_has(const struct number_set *set, uint64_t number)
{
    return set->count > 0 &&
           bsearch(&number, set->numbers, set->count, sizeof(number), by_number) != NULL;
}

void number_set_free(struct number_set *set)
{
    free(set->numbers);
    memset(set, 0, sizeof(*set));
}
