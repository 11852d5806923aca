/*
 * What a column of slots may hold, by a few of its words: see static_search.h. No state, no
 * allocation.
 */
#include "keyed_relation.h"
#include "static_search.h"

#define PICKED_ENTRIES 12u
#define IMPLYING_SLOTS 16u /* of each piece */
#define MOST_STATE     16u

static bool is_so_of_a_fit(const struct static_search *search, struct relation_question *question,
                           bool (*is_so)(const struct relation_question *question))
{
    struct slot_shape fit = search->shape;
    for (unsigned nth = 0; static_fit(search, nth, &fit); nth++) {
        question->capacity = fit.capacity;
        static_set_slack(search, question);
        if (fit.header_bytes == 0 && fit.capacity >= 64 && is_so(question))
            return true;
    }
    return false;
}

bool static_may_be_hashed(struct static_search *search, const struct glimpse *glimpse)
{
    struct slot_shape *shape = &search->shape;
    struct relation_question question = {
        .entries = search->work->entries,
        .first = shape->column,
        .end = shape->column + shape->column_bytes,
    };
    question.count = search->picked =
        static_drop_front(search, slot_shape_pick(glimpse, search->block, shape,
                                                  search->work->entries, PICKED_ENTRIES));
    if (question.end > RELATION_WINDOW)
        return false;
    return is_so_of_a_fit(search, &question, hash_relation_may_be);
}

#define OTHERS_OF 8u

bool static_implies_slot(const struct static_search *search, const struct glimpse *glimpse,
                         uint32_t most)
{
    const struct slot_shape *shape = &search->shape;
    const uint32_t most_empty = glimpse->pieces * IMPLYING_SLOTS;
    uint32_t empty = 0, others = 0;
    for (uint32_t piece = 0; piece < glimpse->pieces && others * most <= most_empty; piece++) {
        uint32_t first = glimpse_first_slot(glimpse, piece, shape->slot_bytes);
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        if (glimpse->zero_pieces >> piece & 1)
            continue;
        for (uint64_t at = first, slots = 0;
             at + shape->slot_bytes <= glimpse->piece_bytes && slots < IMPLYING_SLOTS;
             at += shape->slot_bytes, slots++) {
            if (column_word(shape, memory + at) != shape->empty)
                continue;
            empty++;
            for (uint32_t word = 0; word < shape->slot_bytes; word += 4) {
                uint32_t value = word_u32(memory + at, word);
                if (value > MOST_STATE && value != UINT32_MAX &&
                    !(shape->slot_bytes == search->pieces->stride &&
                      static_is_in_string(search, word)) &&
                    (word < shape->column || word >= shape->column + shape->column_bytes)) {
                    others++;
                    break;
                }
            }
        }
    }
    return others * most <= empty;
}

/* Eight letters are hashed as the number that they are, too, and the bytes of numbers may all be
 * letters'. */
static bool may_be_number(struct static_search *search, struct relation_question *question)
{
    const struct slot_shape *shape = &search->shape;
    bool is_whole = shape->column % shape->column_bytes == 0;
    if (search->keyed_left == 0 || (search->is_text && (shape->column_bytes < 8 || !is_whole)))
        return false;
    search->keyed_left--;
    return is_so_of_a_fit(search, question, keyed_relation_may_be_number);
}

/* The kind of keys that the words may be that may_be_hashed() has picked. A text that was erased
 * may have lost its first letter alone: by those that have one, the others are empty. */
static enum relation_key kind_of(struct static_search *search, const struct glimpse *glimpse,
                                 struct relation_question *question)
{
    struct slot_shape *shape = &search->shape;
    enum relation_key kind = keyed_relation_kind(question);
    if (kind == RELATION_TEXT || shape->column_bytes < 8 || question->count < RELATION_LEAST)
        return kind;
    shape->is_text = true;
    question->count =
        slot_shape_pick(glimpse, search->block, shape, search->work->entries, PICKED_ENTRIES);
    if (keyed_relation_kind(question) == RELATION_TEXT)
        return RELATION_TEXT;
    shape->is_text = false;
    question->count =
        slot_shape_pick(glimpse, search->block, shape, search->work->entries, PICKED_ENTRIES);
    return kind;
}

bool static_may_be_keyed(struct static_search *search, const struct glimpse *glimpse)
{
    struct slot_shape *shape = &search->shape;
    struct relation_question question = {
        .entries = search->work->entries,
        .count = search->picked,
        .entry = shape->column,
        .end = shape->column + shape->column_bytes,
        .is_guess = true,
        .view = search->view,
    };
    if (question.end > RELATION_WINDOW)
        return false;
    enum relation_key kind = kind_of(search, glimpse, &question);
    if (static_is_stray(search) || kind == RELATION_FIELD ||
        (kind == RELATION_NUMBER && search->keyed_left == 0) ||
        !slot_shape_learn_empty(glimpse, search->block, shape) ||
        !static_implies_slot(search, glimpse, OTHERS_OF) ||
        !slot_shape_learn(glimpse, search->block, shape))
        return false;
    search->is_text = kind == RELATION_TEXT;
    question.no_own = !static_may_ask_own(search);
    search->is_number = may_be_number(search, &question);
    return search->is_text || search->is_number;
}
