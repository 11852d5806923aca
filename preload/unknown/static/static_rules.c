/*
 * From an array to a table by where its entries are: see static_rules.h. No state, no allocation.
 * The order: words of a shape (slot_shapes.h), some entries (static_sample.c), a field that names
 * their slots (hash_relation.h), a count (static_count.c).
 */
#include "static_rules.h"

#include "keyed_relation.h"
#include "primes.h"
#include "static_search.h"

#define KEYED_COLUMNS 24u /* of one array that are asked for keys */
#define LOOSE_PART    3u  /* one of so many of those may be of slots that do not look like such */
#define KEYED_ARRAYS  12u /* the same of shapes of entries in another one */
#define SPARSE_SCANS  4u
#define MOST_SLOT     128u
#define OTHERS_OF     24u /* slots whose pointer is empty may hold something else in one */

/* Whether to ask for keys that have to be hashed, which costs a hundred times as much as asking for
 * hashes. A power of two of slots is none less. */
static bool is_worth_hashing(struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    uint32_t *left = search->is_loose ? &search->loose_left : &search->keyed_left;
    if (shape->leads == LEADS_NOWHERE)
        return search->is_keyed;
    if (search->no_keys || search->unreadable > 1 ||
        (!is_power_of_two(shape->capacity) &&
         is_power_of_two(search->block->bytes / shape->slot_bytes)) ||
        *left == 0)
        return false;
    --*left;
    search->may_be_open = true;
    return true;
}

bool static_may_ask_own(const struct static_search *search)
{
    return !static_is_stray(search) &&
           !(search->shape.leads == LEADS_NOWHERE && search->may_be_buckets) &&
           (!search->view->own_of_sparse || search->pieces->is_sparse);
}

static struct relation_question question_of(const struct static_search *search, bool is_guess)
{
    struct relation_question question = {
        .entries = search->work->entries,
        .count = search->count,
        .first = search->first,
        .end = search->end,
        .capacity = search->shape.capacity,
        .is_guess = is_guess,
        .is_exact = search->exact_only,
        .is_sparse = search->sparse_bytes != 0 && !search->shape.has_mark,
        .any_rest = search->is_split,
        .view = search->view,
        .entry = window_before(&search->shape),
    };
    static_set_slack(search, &question);
    return question;
}

bool static_find_relation(struct static_search *search, bool is_guess)
{
    struct relation_question question = question_of(search, is_guess);
    question.view = NULL;
    if (search->shape.leads == LEADS_NOWHERE) {
        question.first = search->shape.column;
        question.end = search->shape.column + search->shape.column_bytes;
        if (search->is_record) {
            question.first = 0;
            question.end = search->end;
        }
        if (search->is_strided) /* the string of which the column is the length */
            question.first -= sizeof(uint64_t);
        if (question.end > RELATION_WINDOW)
            return false;
        question.entry = question.first;
    }
    if (is_worth_hashing(search)) {
        question.view = search->view;
        question.room = search->work->counted;
        question.text_end = search->is_strided ? question.end : search->end;
        question.no_own = search->no_own || !static_may_ask_own(search);
        question.no_text = search->shape.leads == LEADS_NOWHERE && !search->is_text;
        question.no_records = search->is_string;
        question.no_numbers = search->is_record || (search->is_text && !search->is_number);
    }
    return hash_relation_find(&question, &search->relation);
}

/* --- the shapes, one after the other --- */

/* Of slots named by the top bits of a hash two in a row look like one whose entry is in its own. */
static bool try_finer(struct static_search *search)
{
    const struct slot_shape coarse = search->shape;
    struct hash_relation relation = search->relation;
    if (coarse.leads != LEADS_BY_POINTER || coarse.slot_bytes < 16 || coarse.header_bytes != 0 ||
        relation.key == RELATION_FIELD || relation.reduction != REDUCE_MASK || relation.shift == 0)
        return false;
    search->shape.slot_bytes /= 2;
    search->shape.column %= search->shape.slot_bytes;
    search->shape.capacity *= 2;
    relation.shift--;
    bool is_exact = search->exact_only;
    search->exact_only = false;
    bool is_found = static_sample(search, RELATION_SAMPLES);
    struct relation_question question = question_of(search, false);
    if (is_found && hash_relation_is_agreed(&question, &relation)) {
        search->relation = relation;
        return true;
    }
    search->shape = coarse;
    search->exact_only = is_exact;
    static_sample(search, RELATION_SAMPLES);
    return false;
}

/* A relation of the sampled entries that lie in the shape's slots: words before them and behind
 * them may lead to blocks, too. */
static bool find_relation_inside(struct static_search *search)
{
    struct sampled_entry *entries = search->work->entries;
    uint32_t all = search->count, inside = 0;
    for (uint32_t i = 0; i < all; i++) {
        if (entries[i].slot >= search->shape.capacity)
            continue;
        if (i != inside) {
            struct sampled_entry entry = entries[inside];
            entries[inside] = entries[i];
            entries[i] = entry;
        }
        inside++;
    }
    search->count = inside;
    bool found = inside >= RELATION_LEAST && static_find_relation(search, true);
    search->count = all;
    return found;
}

/* Moves what was copied of the slots' columns to where these are in the slot by another fit. */
static void move_column(struct static_search *search, const struct slot_shape *from,
                        const struct slot_shape *to)
{
    for (uint32_t i = 0; from->leads == LEADS_NOWHERE && i < search->count; i++) {
        unsigned char *bytes = search->work->entries[i].bytes;
        memmove(bytes + to->column, bytes + from->column, from->column_bytes);
    }
}

/* Whether the array is so large as a power of two of slots needs: then nobody chose another number,
 * unless a prime. */
static bool may_be_power(const struct static_search *search)
{
    struct slot_shape fit = search->shape;
    for (unsigned nth = 0; nth < 2; nth++)
        if (slot_shape_fit(search->block->bytes, nth, &fit) && fit.capacity != 0)
            return true;
    return false;
}

/* Tries the shape's fits on entries that were sampled for a header of no bytes: a header of another
 * size makes the column begin earlier in the slot, and the slot's number smaller. */
bool static_try_fits(struct static_search *search)
{
    const struct slot_shape plain = search->shape;
    if (search->around.bytes != 0)
        return static_try_windows(search);
    if (!search->is_named_read)
        static_named_read(search->view, search->block, &search->named);
    search->is_named_read = true;
    const uint64_t named = static_named_capacity(&search->named, search->block, plain.slot_bytes);
    const bool is_fronted = static_has_front(search);
    const bool has_power =
        (search->sparse_bytes != 0 || search->pieces->stride != 0) && may_be_power(search);
    uint64_t shifted = 0;
    for (unsigned nth = 0;; nth++) {
        struct slot_shape fit = plain;
        if (named != 0 && nth == 0)
            fit.capacity = named;
        else if (!slot_shape_fit(search->block->bytes, nth - (named != 0), &fit))
            return false;
        if (fit.capacity < 64)
            continue;
        uint32_t inside = fit.header_bytes % fit.slot_bytes;
        uint64_t shift = fit.header_bytes / fit.slot_bytes + (inside > plain.column);
        fit.column =
            plain.column >= inside ? plain.column - inside : plain.column + fit.slot_bytes - inside;
        /* The slot's bytes were copied from where it would not begin. */
        if (fit.leads == LEADS_NOWHERE && fit.header_bytes != 0 &&
            (nth != 1 || search->is_record || search->is_text ||
             fit.column + fit.column_bytes > fit.slot_bytes))
            continue;
        for (uint32_t i = 0; i < search->count; i++)
            search->work->entries[i].slot += shifted - shift;
        shifted = shift;
        search->shape = fit;
        /* Each question to the code takes long. */
        bool is_unlikely = has_power && !is_power_of_two(fit.capacity) && !is_prime(fit.capacity);
        search->no_keys = (is_fronted && nth != 1) || is_unlikely;
        search->no_own = fit.header_bytes != 0 && !is_fronted && search->sparse_bytes == 0;
        move_column(search, &plain, &fit);
        bool is_found = find_relation_inside(search);
        move_column(search, &fit, &plain);
        if (!is_found)
            continue;
        if (search->exact_only && !search->relation.is_exact) {
            search->may_be_open = true;
            continue;
        }
        if (!static_sample(search, RELATION_SAMPLES) || !static_find_relation(search, false))
            return false;
        while (try_finer(search))
            ;
        return true;
    }
}

static bool may_point(const struct static_search *search)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    return glimpse &&
           slot_shape_may_point(glimpse, search->block, &search->shape) == SHAPE_MAY_POINT;
}

/* Whether the column is worth sampling. */
static bool learn_column(struct static_search *search)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    struct slot_shape *shape = &search->shape;
    /* For the sample: as if the slots began with the array. */
    shape->header_bytes = 0;
    shape->capacity = search->block->bytes / shape->slot_bytes;
    search->is_keyed = search->is_text = search->is_number = search->is_loose = false;
    shape->is_text = false;
    if (shape->slot_bytes == search->pieces->stride && static_is_in_string(search, shape->column))
        return false;
    if (!glimpse)
        return false;
    if (shape->leads == LEADS_BY_POINTER) {
        if (!may_point(search) || !slot_shape_learn(glimpse, search->block, shape))
            return false;
        search->is_full = slot_shape_is_full(glimpse, search->block, shape);
        search->is_loose =
            shape->slot_bytes > 8 && !static_implies_slot(search, glimpse, OTHERS_OF);
        return !search->is_full;
    }
    if (static_may_be_hashed(search, glimpse))
        return slot_shape_learn(glimpse, search->block, shape);
    search->is_keyed = static_may_be_keyed(search, glimpse);
    return search->is_keyed;
}

bool static_try_column(struct static_search *search)
{
    uint32_t wanted =
        search->shape.leads == LEADS_NOWHERE ? STATIC_FIRST_SAMPLE : STATIC_FIRST_READ;
    search->is_pointing = search->is_full = false;
    search->is_sampled = learn_column(search) && static_sample(search, wanted);
    if (!search->is_sampled)
        return false;
    search->is_pointing = search->shape.is_pure && search->unreadable <= 1;
    return static_try_fits(search);
}

/* --- entries in the slots --- */

static bool fits_at_all(const struct static_search *search, struct slot_shape *shape)
{
    for (unsigned nth = 0; static_fit(search, nth, shape); nth++)
        if (shape->capacity >= 64 && shape->header_bytes == 0)
            return true;
    return false;
}

static bool try_slots_of(struct static_search *search, uint32_t bytes)
{
    struct slot_shape shape = {.slot_bytes = bytes, .leads = LEADS_NOWHERE};
    if (!fits_at_all(search, &shape))
        return false;
    for (uint32_t column = 0; column < bytes; column += 4)
        for (uint32_t width = 8; width >= 4; width -= 4) {
            if ((width == 8 && column % 8 != 0) || column + width > bytes)
                continue;
            shape.column = column;
            shape.column_bytes = width;
            search->shape = shape;
            if (static_try_column(search))
                return true;
        }
    return false;
}

/* The sizes that most slots have, and then the others of which the array has a power of two, or
 * that its few entries show. */
static bool try_slots(struct static_search *search)
{
    static const uint8_t sizes[] = {4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128};
    const uint64_t bytes = search->block->bytes;
    uint32_t is_tried[MOST_SLOT / 4 / 32 + 1] = {0};
    for (unsigned i = 0; i < sizeof(sizes); i++) {
        is_tried[sizes[i] / 4 / 32] |= 1u << sizes[i] / 4 % 32;
        if (try_slots_of(search, sizes[i]))
            return true;
    }
    for (uint32_t size = sizes[sizeof(sizes) - 1]; size > sizes[0]; size -= 4) {
        bool is_likely = size == search->sparse_bytes || size == search->pieces->stride ||
                         (bytes % size == 0 && is_power_of_two(bytes / size));
        if (is_likely && !(is_tried[size / 4 / 32] >> size / 4 % 32 & 1) &&
            try_slots_of(search, size))
            return true;
    }
    return false;
}

/* Counts the table that was found; by that alone it may be proven to be one. */
static bool read_found(struct static_search *search, const struct static_design *proven,
                       struct static_reading *out)
{
    if (static_is_part(search) || static_is_link_of_slots(search))
        return false;
    static_end_at_prime(search);
    search->alike = proven && static_is_alike(search, proven) ? proven : NULL;
    bool is_read = static_count(search, out);
    if (!is_read && search->is_unproven) {
        search->is_proven = search->alike != NULL ||
                            (static_sample(search, RELATION_SAMPLES) && static_proof(search));
        is_read = search->is_proven && static_count(search, out);
        out->is_unproven = !search->is_proven;
    }
    out->design = static_design_of(search);
    out->shape = search->shape;
    return is_read;
}

bool static_try_all(struct static_search *search, unsigned effort)
{
    const uint32_t columns = KEYED_COLUMNS * effort / STATIC_ALL_EFFORT;
    if (!static_glimpse(search, 0))
        return false;
    static_note_size(search);
    search->keyed_left = columns - columns / LOOSE_PART;
    search->loose_left = columns / LOOSE_PART;
    if ((search->around.bytes == 0 && static_try_strided_strings(search)) ||
        static_try_pointers(search))
        return true;
    search->keyed_left = KEYED_ARRAYS * effort / STATIC_ALL_EFFORT;
    if (search->around.bytes == 0 && static_try_indices(search))
        return true;
    if (search->around.bytes == 0 && search->pieces->stride == 0 && static_try_strings(search))
        return true;
    search->keyed_left = columns;
    return try_slots(search) || static_try_records(search);
}

struct static_search static_search_in(struct layout_view *view, struct static_pieces *pieces,
                                      const struct block *block)
{
    memset(pieces->state, 0, sizeof(pieces->state)); /* STATIC_UNREAD */
    return (struct static_search){.view = view,
                                  .block = block,
                                  .work = (void *)view->scratch,
                                  .pieces = pieces,
                                  .scans_left = SPARSE_SCANS};
}

static bool is_in_question(const struct block *block)
{
    return block->bytes >= STATIC_LEAST_BYTES && block->bytes >> 44 == 0;
}

bool static_rules_read(struct layout_view *view, struct static_pieces *pieces,
                       const struct block *block, unsigned effort,
                       const struct static_design *proven, struct static_reading *out)
{
    struct static_search search = static_search_in(view, pieces, block);
    out->is_unproven = false;
    return is_in_question(block) && static_try_all(&search, effort) &&
           read_found(&search, proven, out);
}

bool static_rules_read_split(struct layout_view *view, struct static_pieces *pieces,
                             const struct block *block, struct static_reading *out)
{
    struct static_search search = static_search_in(view, pieces, block);
    out->is_unproven = false;
    return is_in_question(block) && static_try_split(&search) && read_found(&search, NULL, out);
}
