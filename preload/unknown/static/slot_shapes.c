/*
 * Slots of an array nobody saw growing: see slot_shapes.h. No state, no allocation; every loop is
 * bounded by the glimpse.
 */
#include "slot_shapes.h"

#include "layouts/words.h"
#include "page.h"
#include "primes.h"
#include "slot_profile.h"

/* --- how slots fit into the array --- */

#define MOST_HEADER_BYTES 128u /* in front of the slots: two cache lines */

static bool fit_power(uint64_t bytes, bool with_header, struct slot_shape *shape)
{
    uint64_t slots = bytes / shape->slot_bytes;
    if (slots < 2)
        return false;
    uint64_t power = next_power_of_two(slots);
    power = power > slots ? power / 2 : power;
    uint64_t rest = bytes - power * shape->slot_bytes;
    shape->capacity = power;
    shape->header_bytes = with_header ? (uint32_t)rest : 0;
    if (with_header)
        return rest > 0 && rest <= MOST_HEADER_BYTES && rest % 4 == 0;
    /* Slots behind the last one for probes that run over the end, often as many as the number of
     * slots has bits; or whole pages. */
    uint64_t bits = (uint64_t)__builtin_ctzll(power), tail = bits > 8 ? bits : 8;
    return rest <= MOST_HEADER_BYTES || rest <= tail * shape->slot_bytes || bytes % PAGE_BYTES == 0;
}

/* A power of two of slots behind the words that a pool keeps in front of each of its blocks, which
 * are whole pages. */
static void fit_in_pages(uint64_t bytes, uint32_t header, struct slot_shape *shape)
{
    uint64_t slots = (bytes - header) / shape->slot_bytes;
    uint64_t power = slots > 1 ? next_power_of_two(slots / 2 + 1) : 0;
    if (power < 2 || bytes - header - power * shape->slot_bytes >= PAGE_BYTES)
        return;
    shape->header_bytes = header;
    shape->capacity = power;
}

#define CACHE_LINE 64u

bool slot_shape_prime_in_lines(uint64_t bytes, unsigned nth, struct slot_shape *shape)
{
    const uint64_t most = bytes / shape->slot_bytes;
    /* All of the array's pages, or a power of two of slots, is as likely by something else. */
    if (bytes % CACHE_LINE != 0 || bytes % PAGE_BYTES == 0 || is_power_of_two(most))
        return false;
    for (uint64_t slots = most; slots > 2 && slots * shape->slot_bytes + CACHE_LINE > bytes;
         slots--)
        if ((slots != most || bytes % shape->slot_bytes != 0) && is_prime(slots) && nth-- == 0) {
            shape->capacity = slots;
            return true;
        }
    return false;
}

bool slot_shape_fit(uint64_t bytes, unsigned nth, struct slot_shape *shape)
{
    static const uint8_t headers[] = {0, 8, 16, 24, 32, 40, 48, 64};
    enum { HEADERS = sizeof(headers) };
    shape->capacity = 0;
    shape->header_bytes = 0;
    if (nth < 2) {
        if (!fit_power(bytes, nth == 1, shape))
            shape->capacity = 0;
        return true;
    }
    nth -= 2;
    /* What lies before the slots makes the block's size an odd one, or a page larger. */
    if (nth > 0 && nth < HEADERS && bytes % PAGE_BYTES == 0) {
        fit_in_pages(bytes, headers[nth], shape);
        return true;
    }
    if (nth < HEADERS && bytes > headers[nth] && (bytes - headers[nth]) % shape->slot_bytes == 0) {
        shape->header_bytes = headers[nth];
        shape->capacity = (bytes - headers[nth]) / shape->slot_bytes;
    } else if (nth == HEADERS && bytes % shape->slot_bytes == 0) {
        shape->capacity = bytes / shape->slot_bytes - 1; /* and one that ends the table */
    } else if (nth > HEADERS) {
        slot_shape_prime_in_lines(bytes, nth - HEADERS - 1, shape);
    }
    if (is_power_of_two(shape->capacity))
        shape->capacity = 0; /* that was among the first */
    return nth <= HEADERS + SLOT_SHAPE_LINE_PRIMES;
}

/* --- what a column holds --- */

#define LEARN_WORDS 256u
#define FREQUENT    4u
/* A word that is neither address nor mark; the program may be writing while it is looked at. */
#define OTHERS_OF 50u

struct column_words {
    uint64_t seen, zeros, ones, own;
    uint64_t pointers, others, odd;
    struct {
        uint64_t value;
        uint32_t count;
    } frequent[FREQUENT]; /* by Misra and Gries, as in occupancy.c */
};

static void note_frequent(struct column_words *words, uint64_t word)
{
    for (unsigned i = 0; i < FREQUENT; i++)
        if (words->frequent[i].count > 0 && words->frequent[i].value == word) {
            words->frequent[i].count++;
            return;
        }
    for (unsigned i = 0; i < FREQUENT; i++)
        if (words->frequent[i].count == 0) {
            words->frequent[i].value = word;
            words->frequent[i].count = 1;
            return;
        }
    for (unsigned i = 0; i < FREQUENT; i++)
        words->frequent[i].count--;
}

/* In the place of an address: 1, 2, -1, -8, -4096 mark deleted slots. */
static bool is_small(uint64_t word)
{
    return word < PAGE_BYTES || word > UINT64_MAX - PAGE_BYTES - 1;
}

static uint64_t all_ones(const struct slot_shape *shape)
{
    return shape->column_bytes == 8 ? UINT64_MAX : UINT32_MAX;
}

/* Goes through words of the column, of every piece as many. */
struct cursor {
    const struct glimpse *glimpse;
    const struct slot_shape *shape;
    uint64_t end;              /* of the array */
    uint32_t most, left;       /* words of a piece */
    uint32_t pieces;           /* begun */
    uint32_t skipped;          /* a bit for each piece that is passed over */
    const unsigned char *next; /* the next word */
    uint64_t offset;           /* and where in the array it is */
};

static struct cursor cursor_of(const struct glimpse *glimpse, const struct slot_shape *shape,
                               const struct block *block, uint32_t words)
{
    return (struct cursor){
        .glimpse = glimpse, .shape = shape, .end = block->bytes, .most = words / glimpse->pieces};
}

static void begin_piece(struct cursor *cursor)
{
    const struct slot_shape *shape = cursor->shape;
    uint32_t piece = cursor->pieces++, piece_bytes = cursor->glimpse->piece_bytes;
    uint64_t start = cursor->glimpse->offset[piece];
    uint64_t first = shape->header_bytes + shape->column;
    uint64_t behind = start > first ? (start - first) % shape->slot_bytes : 0;
    uint64_t at = start > first ? (behind ? shape->slot_bytes - behind : 0) : first - start;
    uint64_t bytes = cursor->end - start < piece_bytes ? cursor->end - start : piece_bytes;
    cursor->left = 0;
    if (cursor->skipped >> piece & 1 || at + shape->column_bytes > bytes)
        return;
    uint32_t words = (uint32_t)(bytes - at - shape->column_bytes) / shape->slot_bytes + 1;
    cursor->left = words < cursor->most ? words : cursor->most;
    cursor->next = cursor->glimpse->memory + (size_t)piece * piece_bytes + at;
    cursor->offset = start + at;
}

/* The next word and its offset in the array. */
static inline __attribute__((always_inline)) bool next_word(struct cursor *cursor, uint64_t *word,
                                                            uint64_t *offset)
{
    const struct slot_shape *shape = cursor->shape;
    while (cursor->left == 0) {
        if (cursor->pieces >= cursor->glimpse->pieces)
            return false;
        begin_piece(cursor);
    }
    *word = slot_shape_word(shape, shape->column_bytes == 8 ? word_u64(cursor->next, 0)
                                                            : word_u32(cursor->next, 0));
    *offset = cursor->offset;
    cursor->next += shape->slot_bytes;
    cursor->offset += shape->slot_bytes;
    cursor->left--;
    return true;
}

static void count_empties(uint64_t word, uint64_t offset, const struct slot_shape *shape,
                          const struct block *block, struct column_words *words)
{
    words->seen++;
    words->zeros += word == 0 || (shape->is_text && (word & 0xFF) == 0);
    words->ones += word == all_ones(shape);
    words->own += shape->column_bytes == 8 && word != 0 &&
                  slot_profile_is_own_address(word, block->address + offset);
}

static void count_kinds(uint64_t word, uint64_t offset, const struct slot_shape *shape,
                        const struct block *block, struct column_words *words)
{
    if (slot_shape_is_blank(shape, word) ||
        (shape->column_bytes == 8 && slot_profile_is_own_address(word, block->address + offset)))
        return;
    words->seen++;
    bool is_pointer = layout_is_pointer(word, 8);
    words->pointers += is_pointer;
    bool is_odd = shape->leads == LEADS_BY_POINTER && word & 1 && !is_small(word);
    words->odd += is_odd;
    words->others += !is_pointer && !is_small(word) && !is_odd;
    note_frequent(words, word);
}

/* Whether the odd words rise, or fall, by the same amount from slot to slot. */
static bool are_numbers(struct cursor cursor)
{
    uint64_t word, offset, last_word = 0, last_offset = 0, step = 0, numbers = 0, off = 0;
    while (next_word(&cursor, &word, &offset)) {
        if (!(word & 1))
            continue;
        if (numbers++ > 0) {
            uint64_t apart = (offset - last_offset) / cursor.shape->slot_bytes;
            uint64_t rise = word - last_word;
            if (step == 0 && (int64_t)rise % (int64_t)apart == 0)
                step = (uint64_t)((int64_t)rise / (int64_t)apart);
            off += step == 0 || rise != step * apart;
        }
        last_word = word;
        last_offset = offset;
    }
    return numbers >= RELATION_LEAST && off * OTHERS_OF <= numbers;
}

static uint64_t most_frequent(const struct column_words *words, uint32_t *count)
{
    uint64_t value = 0;
    *count = 0;
    for (unsigned i = 0; i < FREQUENT; i++)
        if (words->frequent[i].count > *count) {
            *count = words->frequent[i].count;
            value = words->frequent[i].value;
        }
    return value;
}

/* The word that stands in most of the column's places, and in how many at least. */
static uint64_t common_word(struct cursor cursor, uint32_t *count)
{
    struct column_words words = {0};
    uint64_t word, offset;
    while (next_word(&cursor, &word, &offset))
        note_frequent(&words, word);
    return most_frequent(&words, count);
}

static bool learn_empty(const struct column_words *words, const struct cursor *cursor,
                        struct slot_shape *shape)
{
    uint32_t count;
    shape->empty = 0;
    if ((words->zeros + words->own) * 32 >= words->seen)
        return true;
    shape->empty = all_ones(shape);
    if (words->ones * 32 >= words->seen)
        return true;
    shape->empty = common_word(*cursor, &count);
    if ((uint64_t)count * 16 >= words->seen)
        return true;
    shape->empty = 0;
    return shape->leads == LEADS_BY_POINTER; /* every bucket may have its chain */
}

/* At a load of 1/100 one in 30,000 such samples holds no address. */
#define POINT_WORDS 1024u
#define MOST_OTHERS 8u

static enum shape_points may_point(struct cursor cursor)
{
    uint64_t word, offset, mark = 0;
    uint32_t others = 0, pointers = 0, marks = 0;
    while (others <= MOST_OTHERS && next_word(&cursor, &word, &offset)) {
        bool is_pointer = layout_is_pointer(word, 8);
        pointers += is_pointer;
        marks += word != 0;
        if (is_pointer || is_small(word) || word == mark || word & 1)
            continue;
        /* The mark of deleted slots may be the address of some byte. */
        if (layout_is_pointer(word, 1) && mark == 0)
            mark = word;
        others++;
    }
    return others > MOST_OTHERS ? SHAPE_POINTS_NOWHERE
           : pointers > 0       ? SHAPE_MAY_POINT
           : marks > 0          ? SHAPE_POINTS_NOWHERE
                                : SHAPE_BLANK;
}

enum shape_points slot_shape_may_point(const struct glimpse *glimpse, const struct block *block,
                                       const struct slot_shape *shape)
{
    enum shape_points points = may_point(cursor_of(glimpse, shape, block, POINT_WORDS));
    if (points != SHAPE_BLANK)
        return points;
    struct cursor all = cursor_of(glimpse, shape, block, UINT32_MAX);
    all.skipped = glimpse->zero_pieces;
    return may_point(all);
}

#define PICK_WORDS  1024u
#define PICK_LEAST  8u  /* with fewer, all of the glimpse is gone through: most slots are marked */
#define MARKS_BELOW 16u /* hashes that small are rare: mostly they are states */

#define COPIED_FROM 16u /* slots */
#define MOST_COPIES 3u  /* of one entry; more are a mark's */

bool slot_shape_is_copy(const struct slot_shape *shape, const struct sampled_entry *entries,
                        uint32_t count, uint64_t slot, uint64_t word)
{
    for (uint32_t i = count; shape->leads == LEADS_NOWHERE && i-- > 0;) {
        const unsigned char *bytes = entries[i].bytes + shape->column;
        if (distance_between(entries[i].slot, slot) > COPIED_FROM)
            return false;
        if (word == (shape->column_bytes == 8 ? word_u64(bytes, 0) : word_u32(bytes, 0)))
            return true;
    }
    return false;
}

static uint32_t pick(struct cursor cursor, struct sampled_entry *entries, uint32_t most,
                     bool *has_marks)
{
    const struct slot_shape *shape = cursor.shape;
    uint64_t word, offset, first = shape->header_bytes + shape->column;
    uint64_t copied = 0;
    uint32_t count = 0, copies = 0;
    while (count < most && next_word(&cursor, &word, &offset)) {
        if (shape->is_text && (word & 0xFF) == 0)
            continue;
        if (word < MARKS_BELOW || word > all_ones(shape) - MARKS_BELOW) {
            *has_marks = *has_marks || word != 0;
            continue;
        }
        entries[count].slot = (offset - first) / shape->slot_bytes;
        if (slot_shape_is_copy(shape, entries, count, entries[count].slot, word)) {
            copies = word == copied ? copies + 1 : 1;
            copied = word;
            if (copies <= MOST_COPIES)
                continue;
        }
        memcpy(entries[count].bytes + shape->column, &word, shape->column_bytes);
        count++;
    }
    return count;
}

uint32_t slot_shape_pick(const struct glimpse *glimpse, const struct block *block,
                         const struct slot_shape *shape, struct sampled_entry *entries,
                         uint32_t most)
{
    struct cursor cursor = cursor_of(glimpse, shape, block, PICK_WORDS);
    bool has_marks = false;
    cursor.skipped = glimpse->zero_pieces;
    uint32_t count = pick(cursor, entries, most, &has_marks);
    if (count >= PICK_LEAST || !has_marks)
        return count;
    cursor.most = UINT32_MAX;
    return pick(cursor, entries, most, &has_marks);
}

static bool learn_empties(const struct cursor *start, const struct block *block,
                          struct column_words *empties, struct slot_shape *shape)
{
    struct cursor cursor = *start;
    uint64_t word, offset;
    shape->has_mark = false;
    while (next_word(&cursor, &word, &offset))
        count_empties(word, offset, shape, block, empties);
    return empties->seen >= RELATION_LEAST && learn_empty(empties, start, shape);
}

bool slot_shape_learn_empty(const struct glimpse *glimpse, const struct block *block,
                            struct slot_shape *shape)
{
    const struct cursor start = cursor_of(glimpse, shape, block, LEARN_WORDS);
    struct column_words empties = {0};
    return learn_empties(&start, block, &empties, shape);
}

bool slot_shape_learn(const struct glimpse *glimpse, const struct block *block,
                      struct slot_shape *shape)
{
    struct column_words empties = {0}, kinds = {0};
    uint64_t word, offset;
    uint32_t count;
    const struct cursor start = cursor_of(glimpse, shape, block, LEARN_WORDS);
    struct cursor cursor = start;
    if (!learn_empties(&start, block, &empties, shape))
        return false;
    /* So many others are too many, whatever else there is. */
    uint64_t most_others =
        shape->leads == LEADS_BY_POINTER ? empties.seen / OTHERS_OF + 1 : UINT64_MAX;
    while (kinds.others <= most_others && next_word(&cursor, &word, &offset))
        count_kinds(word, offset, shape, block, &kinds);
    shape->is_numbered = kinds.odd > most_others;
    if (kinds.others > most_others || (shape->is_numbered && !are_numbers(start)))
        return false;
    shape->mark = most_frequent(&kinds, &count);
    /* Entries differ, so what stands in many slots is no entry. The frequencies are lower bounds.
     */
    shape->has_mark = count >= 3 && (uint64_t)count * 16 >= kinds.seen;
    if (shape->has_mark && layout_is_pointer(shape->mark, 1) && !layout_is_pointer(shape->mark, 8))
        kinds.others -= count < kinds.others ? count : kinds.others;
    shape->is_pure = kinds.seen > 0 && kinds.pointers == kinds.seen;
    if (shape->leads == LEADS_BY_POINTER)
        return kinds.others * OTHERS_OF <= kinds.seen + OTHERS_OF;
    return true; /* nothing but empty slots among so few: the array may hold entries yet */
}

enum slot_state slot_shape_state(const struct slot_shape *shape, const struct block *block,
                                 uint64_t slot, uint64_t word)
{
    uint64_t place =
        block->address + shape->header_bytes + slot * shape->slot_bytes + shape->column;
    if (slot_shape_is_blank(shape, word) || (shape->is_numbered && word & 1) ||
        (shape->column_bytes == 8 && slot_profile_is_own_address(word, place)))
        return SLOT_EMPTY;
    if (shape->has_mark && word == shape->mark)
        return SLOT_DELETED;
    if (shape->leads == LEADS_BY_POINTER && !layout_is_pointer(word, 8))
        return SLOT_DELETED;
    return SLOT_OCCUPIED;
}

#define LEAST_FULL 1024u /* of buckets with five entries one in 148 has none */

bool slot_shape_is_full(const struct glimpse *glimpse, const struct block *block,
                        const struct slot_shape *shape)
{
    struct cursor cursor = cursor_of(glimpse, shape, block, UINT32_MAX);
    uint64_t word, offset;
    uint32_t seen = 0;
    for (; next_word(&cursor, &word, &offset); seen++) {
        uint64_t slot = (offset - shape->header_bytes - shape->column) / shape->slot_bytes;
        if (slot_shape_state(shape, block, slot, word) != SLOT_OCCUPIED)
            return false;
    }
    return seen >= LEAST_FULL;
}

uint64_t slot_shape_place(const struct slot_shape *shape, const struct block *block, uint64_t slot,
                          uint64_t word)
{
    if (shape->leads == LEADS_BY_POINTER)
        return word;
    if (shape->leads == LEADS_NOWHERE)
        return block->address + shape->header_bytes + slot * shape->slot_bytes;
    uint64_t number = word - shape->first_index;
    return number < slot_shape_room(shape)
               ? slot_shape_first_entry(shape) + number * shape->entry_bytes
               : 0;
}

uint64_t slot_shape_entry_at(const struct layout_view *view, const struct slot_shape *shape,
                             uint64_t place)
{
    uint64_t entry;
    if (!shape->is_indirect || place == 0)
        return place;
    return layout_read_u64(view, place, &entry) && layout_is_pointer(entry, 8) ? entry : 0;
}
