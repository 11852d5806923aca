/*
 * Whether an array is a grid of cells that got finer: see signature_pattern.h. No state, no lock,
 * no allocation; each try ends at the first few words that contradict it.
 */
#include "signature_pattern.h"

#include "slot_profile.h"

#define LEAST_PLACED 16u          /* words that are found in one place */
#define MOST_FACTOR  4u           /* by which either side grows */
#define MOST_WORDS   2u           /* of a cell */
#define LEAST_SIDE   4u           /* cells of a row, and rows */
#define MOST_CELLS   (1ull << 26) /* 512 MiB of words; sides up to the square root are tried */

/* Words that a layout explains and does not: those that occur everywhere are found at wrong places
 * by chance. */
struct placed {
    uint32_t words, strangers;
};

/* Up to one of seven may lie elsewhere. Nearly all layouts are refused by the first few words. */
static bool is_over(const struct placed *placed)
{
    return placed->strangers > 2 + placed->words / 7;
}

static uint32_t count_moved(const struct signature_work *work)
{
    uint32_t count = 0;
    uint64_t offset;
    for (uint32_t i = 0; i < work->sample.count; i++)
        count += moved_to(work, i, &offset);
    return count;
}

/* Rows of cells, before and after. */
struct grid {
    uint64_t words; /* of a cell */
    uint64_t columns, rows;
    uint64_t new_columns, new_rows;
};

/* Whether the new cell covers a part of the old one along one side of the grid. */
static bool covers(uint64_t old, uint64_t side, uint64_t new, uint64_t new_side)
{
    return new *side + side > old *new_side &&new *side < (old + 1) * new_side;
}

static bool is_grid(const struct signature_work *work, const struct grid *grid)
{
    struct placed placed = {0};
    uint64_t offset;
    for (uint32_t i = 0; i < work->sample.count && !is_over(&placed); i++) {
        if (!moved_to(work, i, &offset))
            continue;
        uint64_t from = work->sample.words[i].offset, cell = from / grid->words,
                 to = offset / grid->words;
        bool is_there =
            from % grid->words == offset % grid->words &&
            covers(cell % grid->columns, grid->columns, to % grid->new_columns,
                   grid->new_columns) &&
            covers(cell / grid->columns, grid->rows, to / grid->new_columns, grid->new_rows);
        placed.words++;
        placed.strangers += !is_there;
    }
    return !is_over(&placed);
}

/* Both sides grow by the same factor, and each has whole cells. */
static bool try_columns(const struct signature_work *work, uint64_t cells, uint64_t new_cells,
                        uint64_t columns, uint64_t words)
{
    double factor = slot_profile_square_root((double)new_cells / (double)cells);
    uint64_t wider = (uint64_t)((double)columns * factor);
    struct grid grid = {.words = words, .columns = columns, .rows = cells / columns};
    if (columns < LEAST_SIDE || grid.rows < LEAST_SIDE)
        return false;
    for (grid.new_columns = wider; grid.new_columns <= wider + 1; grid.new_columns++) {
        grid.new_rows = new_cells / grid.new_columns;
        if (grid.new_rows * grid.new_columns == new_cells && is_grid(work, &grid))
            return true;
    }
    return false;
}

/* What lies in one cell of the old grid lies in a few cells of the new one, which follow from it: a
 * hash leads anywhere, or, by its top bits, to places in one row. */
bool pattern_is_finer(const struct signature_work *work, uint64_t units)
{
    uint64_t old_units = work->sample.source_bytes / work->sample.unit;
    if (count_moved(work) < LEAST_PLACED || units <= old_units ||
        units > old_units * MOST_FACTOR * MOST_FACTOR || units > MOST_CELLS)
        return false;
    for (uint64_t words = 1; words <= MOST_WORDS; words++) {
        uint64_t cells = old_units / words, new_cells = units / words;
        for (uint64_t side = LEAST_SIDE; side * side <= cells; side++)
            if (cells % side == 0 && (try_columns(work, cells, new_cells, side, words) ||
                                      try_columns(work, cells, new_cells, cells / side, words)))
                return true;
    }
    return false;
}
