/*
 * Tables side by side in one object, in an array of objects or in static data: each has its own
 * pointer, capacity and count, and right after a growth some word of a neighbour says the same as
 * one's own. Tables that are filled together agree at each growth, until one of them is emptied.
 *
 * Which of the words is whose is told by both of them together. Twins have their words at the same
 * distance from their pointers. So a word that the neighbour's table may count with is the
 * neighbour's, unless the neighbour has one at the distance at which this word is from here.
 */
#ifndef HASHTRACK_TWINS_H
#define HASHTRACK_TWINS_H

#include "layouts/layout.h"
#include "registry.h"

struct twin_view {
    const struct memory_reader *reader;
    struct registry *registry;
    /* The live array that begins at the address. */
    bool (*find)(void *context, uint64_t address, struct array_record *out);
    void *context;
};

/* Takes from what is known of the table's object (header, scale, regions) the words that are, or
 * may be, of a table beside it. Where none is left that counts, the object counts nothing. */
void twins_settle(const struct twin_view *view, uint32_t table, struct table_record *record);

/* Whether the array, to which a pointer near the place leads, may be a part of the table whose
 * pointer to an array of so many bytes is there. Else a table beside this one has it. */
bool twins_may_share(const struct twin_view *view, uint32_t table, uint64_t place, uint64_t bytes,
                     const struct array_record *array);

/* A table's pointer to its array, the slots of that, and the entries in it. */
struct twin {
    uint64_t place, capacity;
    uint64_t live;  /* 0: not known, as many as a table may have that grows in the same call */
    uint64_t slack; /* how far off it may be */
};

/* Whether the pointers are of two tables, each with a capacity and a count of its own, at the same
 * distances from the pointer. They may share the capacity where the counts of both are known. */
bool twins_are(const struct memory_reader *reader, const struct twin *a, const struct twin *b);

#endif
