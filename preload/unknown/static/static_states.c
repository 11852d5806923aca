/*
 * Looking for the column that is the state of slots: see static_states.h. No state, no allocation.
 */
#include "static_states.h"

#include "layouts/words.h"
#include "object_window.h"

#define MOST_SLOT_BYTES 128u
#define MOST_COLUMNS    (MOST_SLOT_BYTES / 4)
#define LEAST_LIVE      48u /* smaller numbers stand in every object */
#define LEAST_STALE     2u  /* of so many slots with a key one at most has the state */

#define REACH 64u /* of the object's words around its pointer */

#define MOST_STATES 4u /* columns that may be one, by the number of slots that have it */

/* How many entries there are by each column that may be the state, the most first. */
struct states {
    uint32_t number;
    uint64_t lives[MOST_STATES];
};

struct columns {
    const struct slot_shape *shape;
    uint64_t occupied;
    uint64_t filled[MOST_COLUMNS];    /* of occupied slots */
    uint64_t elsewhere[MOST_COLUMNS]; /* filled in a slot without a key */
};

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct columns *columns = context;
    const struct slot_shape *shape = columns->shape;
    (void)offset;
    for (size_t at = 0; at + shape->slot_bytes <= bytes; at += shape->slot_bytes) {
        uint64_t word = word_sized(piece, at + shape->column, shape->column_bytes);
        bool is_empty = word == shape->empty;
        columns->occupied += !is_empty;
        for (uint32_t n = 0; n < shape->slot_bytes / 4; n++) {
            bool is_filled = word_u32(piece, at + 4 * n) != 0;
            columns->filled[n] += is_filled & !is_empty;
            columns->elsewhere[n] += is_filled & is_empty;
        }
    }
    return true;
}

/* Keeps the number, unless it is there: the halves of a word say the same. */
static void add_live(struct states *out, uint64_t live)
{
    uint32_t at = 0;
    while (at < out->number && out->lives[at] > live)
        at++;
    if ((at < out->number && out->lives[at] == live) || at == MOST_STATES)
        return;
    out->number += out->number < MOST_STATES;
    for (uint32_t i = out->number - 1; i > at; i--)
        out->lives[i] = out->lives[i - 1];
    out->lives[at] = live;
}

static bool find_states(const struct layout_view *view, const struct block *block,
                        const struct slot_shape *shape, struct columns *columns, struct states *out)
{
    *out = (struct states){0};
    if (shape->leads != LEADS_NOWHERE || shape->has_mark || shape->slot_bytes > MOST_SLOT_BYTES ||
        shape->slot_bytes % 4 != 0 || shape->column + shape->column_bytes > shape->slot_bytes ||
        shape->header_bytes + shape->capacity * shape->slot_bytes > block->bytes ||
        !layout_scan(view, block->address + shape->header_bytes,
                     shape->capacity * shape->slot_bytes, shape->slot_bytes, count_piece, columns))
        return false;
    for (uint32_t n = 0; n < shape->slot_bytes / 4; n++)
        if (columns->elsewhere[n] <= 1 && columns->filled[n] >= LEAST_LIVE &&
            columns->filled[n] * LEAST_STALE <= columns->occupied)
            add_live(out, columns->filled[n] + columns->elsewhere[n]); /* one key may be zero */
    return out->number > 0;
}

/* What an object says that points at the slots: the first of those numbers that it counts, if it
 * names the slots as well, and does not count the keys. */
static uint64_t counted_at(const struct layout_view *view, uint64_t place, uint64_t capacity,
                           uint64_t occupied, const struct states *states)
{
    unsigned char words[2 * REACH];
    bool is_capacity = false, is_live[MOST_STATES] = {false};
    if (place < REACH || !layout_read(view, place - REACH, words, sizeof(words)))
        return 0;
    for (size_t at = 0; at + 4 <= sizeof(words); at += 4) {
        uint64_t word = word_u32(words, at);
        if (at >= REACH && at < REACH + 8)
            continue;
        is_capacity |= word == capacity || word + 1 == capacity;
        if (distance_between(word, occupied) <= 1)
            return 0;
        for (uint32_t i = 0; i < states->number; i++)
            is_live[i] |= word == states->lives[i];
    }
    for (uint32_t i = 0; is_capacity && i < states->number; i++)
        if (is_live[i])
            return states->lives[i];
    return 0;
}

uint64_t static_states_count(const struct layout_view *view, const struct block *block,
                             const struct slot_shape *shape)
{
    struct columns columns = {.shape = shape};
    struct states states;
    uint64_t live = 0;
    if (!view->blocks || !find_states(view, block, shape, &columns, &states))
        return 0;
    for (unsigned nth = 0; nth < OBJECT_HOLDERS && live == 0; nth++) {
        uint64_t place =
            view->blocks->pointer_to(view->blocks, block->address + shape->header_bytes, nth);
        if (place == 0)
            break;
        live = counted_at(view, place, shape->capacity, columns.occupied, &states);
    }
    return live;
}

bool static_is_counted(const struct layout_view *view, const struct block *block,
                       const struct slot_shape *shape, uint64_t live)
{
    for (unsigned nth = 0; view->blocks && live >= LEAST_LIVE && nth < OBJECT_HOLDERS; nth++) {
        unsigned char words[2 * REACH];
        uint64_t place =
            view->blocks->pointer_to(view->blocks, block->address + shape->header_bytes, nth);
        if (place < REACH || !layout_read(view, place - REACH, words, sizeof(words)))
            continue;
        for (size_t at = 0; at + 4 <= sizeof(words); at += 4)
            if ((at < REACH || at >= REACH + 8) && word_u32(words, at) == live)
                return true;
    }
    return false;
}
