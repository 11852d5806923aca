/*
 * Whether two pointers are of two tables: twins_are() of twins.h. No state, no allocation.
 */
#include "object_window.h"
#include "twins.h"

/* A word that is a smaller part of the capacity is no count of a table that grew. */
#define LEAST_LOAD_PART 32u

/* Whether the word at that distance from the pointer is the number of slots, or one less. */
static bool is_capacity(const struct object_window *window, const struct twin *twin, int64_t offset,
                        uint64_t less)
{
    uint64_t at = window->place + (uint64_t)offset;
    return object_window_has(window, at) && object_word_at(window, at) == twin->capacity - less;
}

static bool is_count(const struct object_window *window, const struct twin *twin, int64_t offset)
{
    uint64_t at = window->place + (uint64_t)offset;
    if (!object_window_has(window, at))
        return false;
    uint64_t word = object_word_at(window, at);
    if (twin->live == 0)
        return word >= twin->capacity / LEAST_LOAD_PART && word < twin->capacity - 1;
    return distance_between(word, twin->live) <= twin->slack;
}

/* Arrays of pointers, of states and of counts, and one number of slots for all. */
static bool share_capacity(const struct object_window *of_a, const struct twin *a,
                           const struct object_window *of_b, const struct twin *b)
{
    uint64_t start = of_a->start > of_b->start ? of_a->start : of_b->start;
    if (a->capacity != b->capacity || a->live == 0 || b->live == 0)
        return false;
    for (uint64_t at = (start + 3) & ~(uint64_t)3;
         object_window_has(of_a, at) && object_window_has(of_b, at); at += 4)
        if (object_word_at(of_a, at) == a->capacity || object_word_at(of_a, at) == a->capacity - 1)
            return true;
    return false;
}

bool twins_are(const struct memory_reader *reader, const struct twin *a, const struct twin *b)
{
    FORGOTTEN(object_window) struct object_window of_a, of_b;
    bool has_capacity = false, has_count = false;
    if (a->place == b->place || !object_window_read_around(reader, a->place, &of_a) ||
        !object_window_read_around(reader, b->place, &of_b))
        return false;
    for (int64_t offset = -(int64_t)OBJECT_REACH; offset < (int64_t)OBJECT_REACH; offset += 4) {
        if (offset >= 0 && offset < 8)
            continue;
        if ((is_capacity(&of_a, a, offset, 0) && is_capacity(&of_b, b, offset, 0)) ||
            (is_capacity(&of_a, a, offset, 1) && is_capacity(&of_b, b, offset, 1)))
            has_capacity = true;
        else if (is_count(&of_a, a, offset) && is_count(&of_b, b, offset))
            has_count = true;
    }
    return has_count && (has_capacity || share_capacity(&of_a, a, &of_b, b));
}
