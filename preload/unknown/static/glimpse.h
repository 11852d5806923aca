/*
 * A few pieces of an array that nobody saw growing: what is looked at before all of it is.
 */
#ifndef HASHTRACK_GLIMPSE_H
#define HASHTRACK_GLIMPSE_H

#include "layouts/layout.h"

/* Some pieces of an array, spread over it. */
#define GLIMPSE_BYTES         32768u
#define GLIMPSE_PIECES        16u
#define GLIMPSE_SPARSE_PIECES 32u
/* An array that is nearly empty is gone through up to so many bytes; as a whole up to so many. */
#define GLIMPSE_SPARSE_MOST_BYTES (64u << 20)
#define GLIMPSE_WHOLE_MOST_BYTES  (16u << 20)

/* The words that empty slots are made of. Such of 20 bytes with a -1 in them repeat after five. */
#define GLIMPSE_BLANKS 8u
struct glimpse_blank {
    uint64_t words[GLIMPSE_BLANKS];
    uint32_t count;
};

struct glimpse {
    uint64_t offset[GLIMPSE_SPARSE_PIECES];
    uint32_t pieces, piece_bytes;
    uint32_t zero_pieces;        /* a bit for each that is all zero */
    struct glimpse_blank blank;  /* by glimpse_read_sparse() */
    const unsigned char *memory; /* piece after piece */
};

/* Where in the piece the first slot begins that begins in it, of slots that begin with the array.
 */
static inline uint32_t glimpse_first_slot(const struct glimpse *glimpse, uint32_t piece,
                                          uint32_t slot_bytes)
{
    return (uint32_t)((slot_bytes - glimpse->offset[piece] % slot_bytes) % slot_bytes);
}

bool glimpse_is_blank(const struct glimpse_blank *blank, uint64_t word);

/* Reads pieces of the array into `memory` (GLIMPSE_BYTES), all of it where that is enough. `round`:
 * each gives other pieces. */
bool glimpse_read(const struct layout_view *view, const struct block *block, unsigned round,
                  unsigned char *memory, struct glimpse *out);

/* The same for the pieces behind each other that begin at `offset`. False behind the last whole
 * one. */
bool glimpse_read_at(const struct layout_view *view, const struct block *block, uint64_t offset,
                     unsigned char *memory, struct glimpse *out);

/* Clears the words of the pieces that are addresses of their own place, as in an empty list or an
 * empty string of each slot: they say no more than a zero, but no two slots had the same. */
void glimpse_clear_own(const struct block *block, unsigned char *memory, struct glimpse *glimpse);

/* Of an array that seems nearly empty by `blank`, its first glimpse: other pieces, in which
 * something is. A table that was made for 100,000 entries and has 500 shows too few of them
 * elsewhere. Its own addresses are cleared. False, and *blank stays what it is, where the array is
 * not like that, or has nothing more to show. */
bool glimpse_read_sparse(const struct layout_view *view, const struct block *block,
                         const struct glimpse *blank, unsigned char *memory, struct glimpse *out);

#endif
