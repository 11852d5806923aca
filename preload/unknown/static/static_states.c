/*
 * Looking for the column that is the state of slots: see static_states.h. No state, no allocation.
 */
#include "static_states.h"
#include "static_search.h"

#include "layouts/words.h"
#include "object_window.h"
#include "page.h"

#define MOST_SLOT_BYTES 128u
#define MOST_COLUMNS    (MOST_SLOT_BYTES / 4)
#define LEAST_LIVE      48u /* smaller numbers stand in every object */
#define LEAST_STALE     2u  /* of so many slots with a key one at most has the state */

#define REACH 64u /* the object's words that count are so near to its pointer, in bytes */
/* But where vectors are one behind the other, for keys, values and states, each of 24 or 40. */
#define REACH_OF_VECTORS OBJECT_REACH

#define MOST_STATES 4u /* columns that may be one, by the number of slots that have it */

/* How many entries there are by each column that may be the state, the most first. */
struct states {
    uint32_t number;
    uint64_t lives[MOST_STATES];
};

#define STATE_VALUES 4u /* empty, in use, deleted, and what else is numbered from zero */

/* What a byte of each slot, or so many bits of another array, is over all slots. */
struct tally {
    uint64_t values[STATE_VALUES]; /* of slots with a key */
    uint64_t elsewhere[STATE_VALUES];
    uint64_t others; /* larger ones: it is no state */
};

/* By so many slots with a key most bytes and columns are seen to be no state: of a full table all,
 * and the rest of it is not read. Of one that has one entry left in 100 some forty are among them.
 */
#define TELLING_SLOTS 4096u
/* Of an array where few slots have a key so many times as many are asked. */
#define TELLING_PART 16u

struct columns {
    const struct slot_shape *shape;
    uint64_t seen, occupied;
    uint64_t filled[MOST_COLUMNS];    /* of occupied slots */
    uint64_t elsewhere[MOST_COLUMNS]; /* filled in a slot without a key */
    struct tally bytes[MOST_SLOT_BYTES];
    uint8_t column_at[MOST_COLUMNS], byte_at[MOST_SLOT_BYTES]; /* those that may be a state yet */
    uint32_t column_number, byte_number;
    bool is_narrowed;
};

static inline void tally_value(struct tally *tally, uint32_t value, bool is_empty)
{
    if (value >= STATE_VALUES)
        tally->others++;
    else if (is_empty)
        tally->elsewhere[value]++;
    else
        tally->values[value]++;
}

static bool is_empty_slot(const struct slot_shape *shape, const unsigned char *slot)
{
    return slot_shape_is_blank(shape, word_sized(slot, shape->column, shape->column_bytes));
}

/* Whether so many of `occupied` slots may be those in use, as far as some thousand show it. */
static bool may_become_left(uint64_t live, uint64_t elsewhere, uint64_t occupied)
{
    return elsewhere <= 1 && live > 0 && live * LEAST_STALE <= occupied + occupied / 8;
}

static bool may_become_state(const struct tally *tally, uint64_t occupied)
{
    for (uint32_t value = 0; value < STATE_VALUES && tally->others == 0; value++)
        if (may_become_left(tally->values[value], tally->elsewhere[value], occupied))
            return true;
    return false;
}

static bool tells_enough(const struct columns *columns)
{
    return columns->occupied >= TELLING_SLOTS ||
           (columns->seen >= TELLING_SLOTS * TELLING_PART &&
            columns->occupied >= TELLING_SLOTS / TELLING_PART);
}

static void narrow(struct columns *columns)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < columns->column_number; i++) {
        const uint32_t n = columns->column_at[i];
        if (may_become_left(columns->filled[n], columns->elsewhere[n], columns->occupied))
            columns->column_at[number++] = (uint8_t)n;
    }
    columns->column_number = number;
    number = 0;
    for (uint32_t i = 0; i < columns->byte_number; i++)
        if (may_become_state(&columns->bytes[columns->byte_at[i]], columns->occupied))
            columns->byte_at[number++] = columns->byte_at[i];
    columns->byte_number = number;
    columns->is_narrowed = true;
}

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct columns *columns = context;
    const struct slot_shape *shape = columns->shape;
    (void)offset;
    for (size_t at = 0; at + shape->slot_bytes <= bytes; at += shape->slot_bytes) {
        const unsigned char *slot = piece + at;
        bool is_empty = is_empty_slot(shape, slot);
        columns->seen++;
        columns->occupied += !is_empty;
        for (uint32_t i = 0; i < columns->column_number; i++) {
            const uint32_t n = columns->column_at[i];
            bool is_filled = word_u32(slot, 4 * n) != 0;
            columns->filled[n] += is_filled & !is_empty;
            columns->elsewhere[n] += is_filled & is_empty;
        }
        for (uint32_t i = 0; i < columns->byte_number; i++) {
            const uint32_t n = columns->byte_at[i];
            tally_value(&columns->bytes[n], slot[n], is_empty);
        }
        if (!columns->is_narrowed && tells_enough(columns))
            narrow(columns);
        if (columns->column_number + columns->byte_number == 0)
            return false;
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

/* Whether so many of the slots may be those in use: the others with a key are more. */
static bool may_be_left(uint64_t live, uint64_t elsewhere, uint64_t occupied)
{
    return elsewhere <= 1 && live >= LEAST_LIVE && live * LEAST_STALE <= occupied;
}

/* The numbers of slots that have each value of a state; but where it is nothing that is asked of
 * the columns, too. */
static void add_values(const struct tally *tally, uint64_t occupied, struct states *out)
{
    for (uint32_t value = 0; value < STATE_VALUES && tally->others == 0; value++)
        if (may_be_left(tally->values[value], tally->elsewhere[value], occupied))
            add_live(out, tally->values[value] + tally->elsewhere[value]);
}

static bool may_have_states(const struct block *block, const struct slot_shape *shape)
{
    return !shape->has_mark && shape->slot_bytes <= MOST_SLOT_BYTES &&
           shape->column + shape->column_bytes <= shape->slot_bytes &&
           shape->header_bytes + shape->capacity * shape->slot_bytes <= block->bytes;
}

/* States in the slots themselves. Counts those with a key where it goes through all of them. */
static void find_states(const struct layout_view *view, const struct block *block,
                        struct columns *columns, struct states *out)
{
    const struct slot_shape *shape = columns->shape;
    /* What leads elsewhere may lead to what an entry has besides. */
    for (uint32_t n = 0; n < shape->slot_bytes / 4 && shape->leads == LEADS_NOWHERE; n++)
        columns->column_at[columns->column_number++] = (uint8_t)n;
    for (uint32_t n = 0; n < shape->slot_bytes; n++)
        if (n < shape->column || n >= shape->column + shape->column_bytes)
            columns->byte_at[columns->byte_number++] = (uint8_t)n;
    if (!layout_scan(view, block->address + shape->header_bytes,
                     shape->capacity * shape->slot_bytes, shape->slot_bytes, count_piece, columns))
        return;
    for (uint32_t i = 0; i < columns->column_number; i++) {
        const uint32_t n = columns->column_at[i];
        if (may_be_left(columns->filled[n], columns->elsewhere[n], columns->occupied))
            add_live(out, columns->filled[n] + columns->elsewhere[n]); /* one key may be zero */
    }
    for (uint32_t i = 0; i < columns->byte_number; i++)
        add_values(&columns->bytes[columns->byte_at[i]], columns->occupied, out);
}

/* --- states in an array beside the slots --- */

#define AT_ONCE 256u /* slots whose states are read together */

struct beside {
    const struct layout_view *view;
    const struct block *slots;
    const struct slot_shape *shape;
    struct states *states;
    uint64_t flags; /* the array's address */
    unsigned bits;  /* for each slot */
    struct tally tally;
    uint64_t occupied; /* slots with a key, where they were counted */
};

static uint32_t state_of(const unsigned char *flags, unsigned bits, uint64_t nth)
{
    uint64_t bit = nth * bits;
    return bits == 32 ? word_u32(flags, nth * 4) : flags[bit / 8] >> bit % 8 & ((1u << bits) - 1);
}

static uint64_t tallied(const struct tally *tally)
{
    uint64_t all = 0;
    for (uint32_t value = 0; value < STATE_VALUES; value++)
        all += tally->values[value];
    return all;
}

static bool count_beside(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct beside *beside = context;
    const struct slot_shape *shape = beside->shape;
    unsigned char flags[AT_ONCE * 4];
    const uint64_t first = offset / shape->slot_bytes, slots = bytes / shape->slot_bytes;
    for (uint64_t done = 0; done < slots && beside->tally.others == 0;) {
        /* A piece begins at any slot: within a byte, with the bits before it. */
        uint64_t skipped = (first + done) % 8, count = slots - done;
        count = count < AT_ONCE - 8 ? count : AT_ONCE - 8;
        uint64_t start = (first + done - skipped) * beside->bits / 8;
        if (!layout_read(beside->view, beside->flags + start, flags,
                         ((skipped + count) * beside->bits + 7) / 8))
            return false;
        for (uint64_t i = 0; i < count; i++)
            tally_value(&beside->tally, state_of(flags, beside->bits, skipped + i),
                        is_empty_slot(shape, piece + (done + i) * shape->slot_bytes));
        done += count;
        uint64_t keys = tallied(&beside->tally);
        if (keys >= TELLING_SLOTS && !may_become_state(&beside->tally, keys))
            return false;
    }
    return beside->tally.others == 0;
}

/* Whether the array is as large as one with so many bits for each slot. */
static bool has_bits(const struct block *array, uint64_t capacity, unsigned bits)
{
    uint64_t needed = (capacity * bits + 7) / 8;
    return array->bytes >= needed &&
           (array->bytes - needed < 8 ||
            (array->bytes % PAGE_BYTES == 0 && array->bytes - needed < PAGE_BYTES));
}

static bool try_beside(const struct block *array, void *context)
{
    static const uint8_t bits[] = {1, 2, 8, 32};
    struct beside *beside = context;
    const struct slot_shape *shape = beside->shape;
    for (unsigned i = 0; i < sizeof(bits); i++) {
        if (array->address == beside->slots->address || !has_bits(array, shape->capacity, bits[i]))
            continue;
        beside->flags = array->address;
        beside->bits = bits[i];
        beside->tally = (struct tally){0};
        if (!layout_scan(beside->view, beside->slots->address + shape->header_bytes,
                         shape->capacity * shape->slot_bytes, shape->slot_bytes, count_beside,
                         beside))
            continue;
        beside->occupied = tallied(&beside->tally);
        add_values(&beside->tally, beside->occupied, beside->states);
    }
    return true;
}

/* --- what the object says --- */

static bool has_word(const struct object_window *window, uint64_t number)
{
    for (uint64_t at = window->start; at + 4 <= window->end; at += 4)
        if (distance_between(object_word_at(window, at), number) <= 1)
            return true;
    return false;
}

/* Whether the slots end where a vector's do whose first word is the pointer to them. */
static bool is_vector(const struct object_window *window, uint64_t end)
{
    const uint64_t at = window->place + 8;
    return object_window_has(window, at) && object_window_has(window, at + 4) &&
           word_u64(window->bytes, at - window->start) == end;
}

/* What an object says that points at the slots: the first of those numbers that it counts, if it
 * names the slots as well, or their end. */
static uint64_t counted_at(const struct object_window *window, uint64_t capacity, uint64_t end,
                           const struct states *states)
{
    bool is_capacity = is_vector(window, end), is_live[MOST_STATES] = {false};
    const uint64_t reach = is_capacity ? REACH_OF_VECTORS : REACH;
    for (uint64_t at = window->place - reach; at < window->place + reach; at += 4) {
        if (!object_window_has(window, at) || (at >= window->place && at < window->place + 8))
            continue;
        uint64_t word = object_word_at(window, at);
        is_capacity |= word == capacity || word + 1 == capacity;
        for (uint32_t i = 0; i < states->number; i++)
            is_live[i] |= word == states->lives[i];
    }
    for (uint32_t i = 0; is_capacity && i < states->number; i++)
        if (is_live[i])
            return states->lives[i];
    return 0;
}

/* What is left of the keys that are in slots of that shape, whose entries lie in them, as a column
 * and the object say alike; 0 where they do not, or where the object counts all keys as well. */
static uint64_t count_left(const struct layout_view *view, const struct block *block,
                           const struct slot_shape *shape)
{
    struct columns columns = {.shape = shape};
    struct states states = {0};
    uint64_t live = 0;
    if (!view->blocks || !may_have_states(block, shape))
        return 0;
    const uint64_t slots = block->address + shape->header_bytes;
    const uint64_t slots_bytes = shape->capacity * shape->slot_bytes;
    find_states(view, block, &columns, &states);
    struct beside beside = {.view = view,
                            .slots = block,
                            .shape = shape,
                            .states = &states,
                            .occupied = columns.occupied};
    static_siblings(view, slots, try_beside, &beside);
    for (unsigned nth = 0; nth < OBJECT_HOLDERS && states.number > 0; nth++) {
        FORGOTTEN(object_window) struct object_window window;
        uint64_t place = view->blocks->pointer_to(view->blocks, slots, nth);
        if (place == 0)
            break;
        if (place < REACH_OF_VECTORS || !object_window_read_around(view->reader, place, &window))
            continue;
        /* Whoever counts the keys does not say by another number how many of them are left, but
         * how many are of a kind. And of two numbers that are the keys together either may be of
         * those that were deleted: of a table that is half full or more the smaller one is. */
        uint64_t said = counted_at(&window, shape->capacity, slots + slots_bytes, &states);
        if (has_word(&window, beside.occupied) ||
            (said != 0 && has_word(&window, beside.occupied - said)))
            return 0;
        live = live != 0 ? live : said;
    }
    return live;
}

#define STATED_PPM 800000u /* of a reading by a column and the object */

void static_states_read(const struct layout_view *view, const struct block *block,
                        struct static_reading *reading)
{
    struct table_reading *table = &reading->table;
    if (table->flags & DUMP_TABLE_COUNTED || reading->kind != DUMP_KIND_OPEN ||
        table->tombstones > 0)
        return;
    uint64_t live = count_left(view, block, &reading->shape);
    if (live == 0)
        return;
    table->growth_live = table->live; /* the keys that were left */
    table->live = live;
    table->live_error = 0;
    table->flags &= ~DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    table->flags |= DUMP_TABLE_COUNTED;
    table->confidence_ppm = STATED_PPM;
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
