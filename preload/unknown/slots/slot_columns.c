/*
 * Counting the words of slots that are like no other: see slot_columns.h.
 */
#include "slot_columns.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define LOOKS         256u /* slots, all over the array */
#define MOST_COLUMNS  4u
#define MOST_FREQUENT 4u /* words of a column that stand in very many slots: empty, erased */
/* A word that so many of the slots looked at have stands in very many. */
#define LEAST_ALIKE     12u
#define MOST_NEIGHBOURS 8u    /* slots that are read together */
#define LEAST_FEWEST    2u    /* a word that is less may be the room that is left */
#define RUN_BYTES       2048u /* of them, in the view's scratch */

struct column {
    uint32_t offset;
    unsigned frequent_number;
    uint64_t frequent[MOST_FREQUENT];
    uint64_t live;
};

struct columns {
    const struct slot_profile *profile;
    uint64_t slots_left;
    unsigned number;
    struct column columns[MOST_COLUMNS];
    uint64_t (*looks)[LOOKS]; /* of each column; in the view's scratch, as stacks may be small */
};

/* Some neighbours in all parts of the array; fewer than LOOKS where it has no more. */
static unsigned look(const struct layout_view *view, const struct block *block, uint64_t capacity,
                     struct columns *columns)
{
    const struct slot_profile *profile = columns->profile;
    unsigned char *run = view->scratch + MOST_COLUMNS * sizeof(columns->looks[0]);
    unsigned a_run = RUN_BYTES / profile->slot_bytes, looks = 0;
    a_run = a_run < MOST_NEIGHBOURS ? a_run : MOST_NEIGHBOURS;
    if (a_run == 0 || capacity < a_run)
        return 0;
    uint64_t runs = capacity / a_run < LOOKS / a_run ? capacity / a_run : LOOKS / a_run;
    uint64_t step = (capacity - a_run) / runs + 1;
    for (uint64_t i = 0; i < runs; i++) {
        /* Not at equal distances: keys in sequence would be met in step with their own. */
        uint64_t nth = step * i + (i * 0x9E3779B1u >> 8) % step;
        nth = nth > capacity - a_run ? capacity - a_run : nth;
        if (!layout_read(view, block->address + profile->header_bytes + nth * profile->slot_bytes,
                         run, (size_t)a_run * profile->slot_bytes))
            return 0;
        for (unsigned n = 0; n < a_run; n++, looks++)
            for (unsigned c = 0; c < columns->number; c++)
                columns->looks[c][looks] =
                    word_sized(run + (size_t)n * profile->slot_bytes, columns->columns[c].offset,
                               profile->column_bytes);
    }
    return looks;
}

static bool is_frequent(const struct column *column, uint64_t word)
{
    bool is_it = false;
    for (unsigned i = 0; i < column->frequent_number; i++)
        is_it |= column->frequent[i] == word;
    return is_it;
}

static void find_frequent(struct column *column, const uint64_t *words, unsigned looks)
{
    for (unsigned i = 0; i < looks && column->frequent_number < MOST_FREQUENT; i++) {
        unsigned alike = 0;
        if (is_frequent(column, words[i]))
            continue;
        for (unsigned j = i; j < looks; j++)
            alike += words[j] == words[i];
        if (alike >= LEAST_ALIKE)
            column->frequent[column->frequent_number++] = words[i];
    }
}

static bool is_own(const struct columns *columns, const struct column *column, uint64_t word)
{
    return (word != 0) & (word != columns->profile->empty_value) & !is_frequent(column, word);
}

/* Whether by what was looked at each column has about as many words of its own as there are
 * occupied slots. */
static bool agree(const struct columns *columns, unsigned looks, uint64_t occupied,
                  uint64_t capacity)
{
    uint64_t expected = occupied * looks / capacity;
    for (unsigned c = 0; c < columns->number; c++) {
        uint64_t own = 0;
        for (unsigned i = 0; i < looks; i++)
            own += is_own(columns, &columns->columns[c], columns->looks[c][i]);
        if (own * 2 + LEAST_ALIKE < expected || own > expected * 2 + LEAST_ALIKE)
            return false;
    }
    return true;
}

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct columns *columns = context;
    const struct slot_profile *profile = columns->profile;
    (void)offset;
    for (size_t at = 0; at + profile->slot_bytes <= bytes && columns->slots_left > 0;
         at += profile->slot_bytes, columns->slots_left--)
        for (unsigned c = 0; c < columns->number; c++) {
            struct column *column = &columns->columns[c];
            uint64_t word = word_sized(piece + at, column->offset, profile->column_bytes);
            column->live += is_own(columns, column, word);
        }
    return true;
}

/* The columns that differed from entry to entry, and a look at them. Returns how many slots that
 * was. */
static unsigned begin(const struct layout_view *view, const struct block *block, uint64_t capacity,
                      struct columns *columns)
{
    const struct slot_profile *profile = columns->profile;
    for (unsigned n = 0; n < 32 && columns->number < MOST_COLUMNS; n++) {
        uint32_t column = n * profile->column_bytes;
        if (profile->distinct_columns >> n & 1 &&
            column + profile->column_bytes <= profile->slot_bytes)
            columns->columns[columns->number++].offset = column;
    }
    return columns->number > 0 && capacity > 0 ? look(view, block, capacity, columns) : 0;
}

static bool has_columns(const struct slot_profile *profile)
{
    return slot_profile_is_sound(profile) &&
           (profile->column_bytes == 4 || profile->column_bytes == 8) &&
           profile->mark == SLOT_MARK_NONE && !profile->is_chained && !profile->is_indexed &&
           !profile->has_states && profile->length_kind == SLOT_LENGTH_NONE;
}

bool slot_columns_read(struct layout_view *view, const struct block *block,
                       const struct slot_profile *profile, uint64_t occupied,
                       struct slot_columns *out)
{
    struct columns columns = {.profile = profile, .looks = (void *)view->scratch};
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    unsigned looks = has_columns(profile) ? begin(view, block, capacity, &columns) : 0;
    if (looks == 0)
        return false;
    for (unsigned c = 0; c < columns.number; c++)
        find_frequent(&columns.columns[c], columns.looks[c], looks);
    *out = (struct slot_columns){.fewest = occupied, .most = occupied};
    if (agree(&columns, looks, occupied, capacity))
        return true;
    columns.slots_left = capacity;
    if (!layout_scan(view, block->address + profile->header_bytes, capacity * profile->slot_bytes,
                     profile->slot_bytes, count_piece, &columns))
        return false;
    *out = (struct slot_columns){.fewest = UINT64_MAX};
    for (unsigned c = 0; c < columns.number; c++) {
        uint64_t live = columns.columns[c].live;
        out->fewest = live < out->fewest ? live : out->fewest;
        out->most = live > out->most ? live : out->most;
    }
    return true;
}

/* Whether the words of the column are two of 4 bytes each: most that are something are more than
 * 2^32, and no addresses: one random word in eight is a multiple of 8. */
static bool are_pairs(const uint64_t *words, unsigned looks)
{
    unsigned used = 0, pairs = 0;
    for (unsigned i = 0; i < looks; i++) {
        used += words[i] != 0;
        pairs += words[i] >> 32 != 0 && !layout_is_pointer(words[i], 8);
    }
    return used >= LEAST_ALIKE && pairs * 4 >= used * 3;
}

bool slot_columns_read_halves(struct layout_view *view, const struct block *block,
                              const struct slot_profile *profile, uint64_t occupied,
                              struct slot_columns *out)
{
    struct columns columns = {.profile = profile, .looks = (void *)view->scratch};
    struct slot_profile halves = *profile;
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    if (profile->column_bytes != 8 || !has_columns(profile))
        return false;
    unsigned looks = begin(view, block, capacity, &columns);
    halves.column_bytes = 4;
    halves.distinct_columns = 0;
    for (unsigned c = 0; c < columns.number; c++)
        if (columns.columns[c].offset < 16 * 8 && are_pairs(columns.looks[c], looks))
            halves.distinct_columns |= 3u << columns.columns[c].offset / 4;
    return halves.distinct_columns != 0 && slot_columns_read(view, block, &halves, occupied, out);
}

bool slot_columns_suppose(const struct slot_columns *columns, const struct table_reading *reading,
                          struct table_reading *few)
{
    if (columns->fewest < LEAST_FEWEST || columns->fewest * 2 >= reading->live)
        return false;
    *few = *reading;
    /* Marks that may be of slots that were used again are among the live ones. */
    if (!(few->known & DUMP_KNOWN_TOMBSTONES))
        few->tombstones = 0;
    few->tombstones += few->live - columns->fewest;
    few->live = columns->fewest;
    few->known |= DUMP_KNOWN_TOMBSTONES;
    return true;
}

bool slot_columns_bear_out(const struct slot_columns *columns, const struct table_reading *counted)
{
    return counted->flags & DUMP_TABLE_COUNTED && counted->live <= columns->fewest + 1 &&
           counted->live + 1 >= columns->fewest;
}
