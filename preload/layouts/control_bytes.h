/*
 * One byte a slot, in an array of their own: seven bits of the hash where the slot is full, else a
 * mark with the highest bit set. Abseil's tables keep them, and so do those made after them (phmap,
 * gtl, hashbrown), each with marks, an order of the arrays and an object of its own.
 */
#ifndef HASHTRACK_LAYOUT_CONTROL_BYTES_H
#define HASHTRACK_LAYOUT_CONTROL_BYTES_H

#include "layout.h"

#define CONTROL_GROUP_BYTES 16 /* looked at together, with SSE2 */

/* Set the marks and zero the rest. */
struct control_bytes {
    unsigned char empty_mark, deleted_mark;

    uint64_t counted; /* bytes that are a tag or one of the marks; it ends before the first other */
    unsigned char ended_by; /* that other byte, when there is one */
    uint64_t live, deleted, empty;
    uint32_t by_byte[256]; /* of the first 2,048 bytes: how often each */
};

/* Whether `controls`, the first bytes of some memory, could be control bytes of a table of at least
 * `count` slots: none but tags and marks, and an eighth of them empty or thereabouts. */
bool control_bytes_begin(const unsigned char *controls, size_t count,
                         const struct control_bytes *marks);

/* Counts up to `bytes` of them. False when memory cannot be read. */
bool control_bytes_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                         struct control_bytes *counts);

/* Whether no tag is frequent, as it is with a hash that scatters: tells a table from bytes that
 * happen to be small, zeros above all. Nothing to tell by when there are few. */
bool control_bytes_are_diverse(const struct control_bytes *counts);

/* Whether the slot of 8 bytes holds the address of a small block of the heap, as it does in a table
 * of nodes. */
bool control_word_may_be_node(const struct layout_view *view, uint64_t slot);

/* Whether the first full slots all do, or there are none. */
bool control_slots_may_be_nodes(const struct layout_view *view, uint64_t controls, uint64_t slots,
                                uint64_t capacity);

#endif
