/*
 * Counting control bytes: see control_bytes.h.
 */
#include "control_bytes.h"

#include "words.h"

#define FULL_MAX 0x7f

/* Of 512 control bytes of a table that is as full as it may be, 64 are empty; 8 standard deviations
 * less are 0. A stretch of 32 is not surprising in any, so that is where the asking begins. */
#define LEAST_ASKED       256u
#define LEAST_EMPTY_SHARE 64u

#define NODES_LOOKED_AT  32u
#define CONTROLS_AT_ONCE 256u

bool control_bytes_begin(const unsigned char *controls, size_t count,
                         const struct control_bytes *marks)
{
    size_t empty = 0;
    for (size_t i = 0; i < count; i++) {
        if (controls[i] == marks->empty_mark)
            empty++;
        else if (controls[i] > FULL_MAX && controls[i] != marks->deleted_mark)
            return false;
    }
    return count < LEAST_ASKED || empty >= count / LEAST_EMPTY_SHARE;
}

/* Marks, counted without a branch for each byte: which byte is what is chance, that is, a branch
 * mispredicted for every second one. */
static void count_marks(const unsigned char *piece, size_t bytes, struct control_bytes *counts)
{
    uint64_t empty = 0, deleted = 0;
    for (size_t i = 0; i < bytes; i++) {
        empty += piece[i] == counts->empty_mark;
        deleted += piece[i] == counts->deleted_mark;
        counts->by_byte[piece[i]]++;
    }
    counts->empty += empty;
    counts->deleted += deleted;
    counts->counted += bytes;
}

/* How many bytes from the beginning are tags or marks. */
static size_t known_bytes(const unsigned char *piece, size_t bytes,
                          const struct control_bytes *counts)
{
    size_t at = 0, known = 0;
    for (; at + CONTROL_GROUP_BYTES <= bytes && known == at; at += CONTROL_GROUP_BYTES)
        for (size_t i = 0; i < CONTROL_GROUP_BYTES; i++)
            known += (piece[at + i] <= FULL_MAX) | (piece[at + i] == counts->empty_mark) |
                     (piece[at + i] == counts->deleted_mark);
    at = known == at ? at : at - CONTROL_GROUP_BYTES;
    while (at < bytes && (piece[at] <= FULL_MAX || piece[at] == counts->empty_mark ||
                          piece[at] == counts->deleted_mark))
        at++;
    return at;
}

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct control_bytes *counts = context;
    size_t known = known_bytes(piece, bytes, counts);
    (void)offset;
    count_marks(piece, known, counts);
    if (known < bytes) {
        counts->ended_by = piece[known];
        return false;
    }
    /* Among 65,536 slots an eighth is empty, give or take a hundred: this is other memory. */
    return bytes < LAYOUT_SCRATCH_BYTES || counts->empty >= counts->counted / LEAST_EMPTY_SHARE;
}

bool control_bytes_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                         struct control_bytes *counts)
{
    if (!layout_scan(view, address, bytes, 1, count_piece, counts) && counts->ended_by == 0)
        return false;
    for (unsigned tag = 0; tag < FULL_MAX + 1; tag++)
        counts->live += counts->by_byte[tag];
    return true;
}

bool control_bytes_are_diverse(const struct control_bytes *counts)
{
    uint64_t limit = counts->live / 6 > 6 ? counts->live / 6 : 6;
    for (unsigned tag = 0; tag < FULL_MAX + 1; tag++)
        if (counts->by_byte[tag] > limit)
            return false;
    return true;
}

bool control_word_may_be_node(const struct layout_view *view, uint64_t slot)
{
    uint64_t word;
    return layout_read_u64(view, slot, &word) && layout_is_pointer(word, 8) &&
           (!view->glibc_heap || layout_chunk_bytes(view, word) != 0);
}

bool control_slots_may_be_nodes(const struct layout_view *view, uint64_t controls, uint64_t slots,
                                uint64_t capacity)
{
    unsigned char piece[CONTROLS_AT_ONCE];
    unsigned looked_at = 0;
    for (uint64_t at = 0; at < capacity && looked_at < NODES_LOOKED_AT; at += sizeof(piece)) {
        size_t bytes = capacity - at < sizeof(piece) ? capacity - at : sizeof(piece);
        if (!layout_read(view, controls + at, piece, bytes))
            return false;
        for (size_t i = 0; i < bytes && looked_at < NODES_LOOKED_AT; i++) {
            if (piece[i] > FULL_MAX)
                continue;
            looked_at++;
            if (!control_word_may_be_node(view, slots + (at + i) * 8))
                return false;
        }
    }
    return true;
}
