/*
 * What lies around a table's pointer to its array: its object, and perhaps those of tables beside
 * it. Part of twins.c and twin_objects.c, in line.
 */
#ifndef HASHTRACK_TWIN_WINDOW_H
#define HASHTRACK_TWIN_WINDOW_H

#include "forget.h"
#include "object_window.h"
#include "table_header_words.h"

/* Bytes of an object before and behind its pointer; a neighbour's pointer may be as far from the
 * word that it counts with. */
#define OBJECT_REACH HEADER_OBJECT_REACH
#define TWINS_REACH  (2 * OBJECT_REACH)

struct window {
    uint64_t place, start, end; /* addresses */
    unsigned char bytes[2 * TWINS_REACH];
};

static inline void window_forget(struct window *window)
{
    forget(window->bytes, sizeof(window->bytes));
}

static inline bool window_read(const struct memory_reader *reader, uint64_t place, uint64_t reach,
                               struct window *window)
{
    window->place = place;
    window->start = place - reach;
    window->end = place + reach;
    if (window->end <= window->start)
        return false;
    return object_window_read(reader, place, &window->start, &window->end, window->bytes);
}

static inline bool window_has(const struct window *window, uint64_t address)
{
    return address >= window->start && address < window->end && window->end - address >= 4;
}

static inline uint64_t window_word(const struct window *window, uint64_t address)
{
    return word_u32(window->bytes, address - window->start);
}

#endif
