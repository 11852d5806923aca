/*
 * Cells and a cellar in one array: see linked_cells.h. No state, no allocation; a few cells show
 * where the links are, then the array is gone through twice.
 */
#include "linked_cells.h"

#include "glimpse.h"
#include "layouts/words.h"

#define LEAST_CELLS   256u
#define LEAST_SHOWN   4u  /* links, and marks, of those sampled */
#define LEAST_LINKS   16u /* links of all cells, and marks */
#define LEAST_MARKS   24u
#define LEAST_LIVE    64u      /* a smaller number stands somewhere in any object */
#define MOST_CHAIN    64u      /* cells; what is longer may have no end */
#define MOST_FOLLOWED 1048576u /* links in all */
#define MOST_CELL     128u     /* bytes: two cache lines */
#define FREE_MARK     1u       /* the lowest bit of a link */

struct cells {
    const struct layout_view *view;
    const struct block *block;
    uint32_t cell_bytes, link_at;
    uint64_t number;
    uint64_t links, marks;
    uint64_t cellar; /* the first cell that a link leads to */
    uint64_t live, followed;
};

#define NO_CELL UINT64_MAX

static uint64_t cell_of(const struct cells *cells, uint64_t link)
{
    uint64_t offset = link - cells->block->address;
    return link >= cells->block->address && offset % cells->cell_bytes == 0 &&
                   offset / cells->cell_bytes < cells->number
               ? offset / cells->cell_bytes
               : NO_CELL;
}

/* Counts a link or a mark. False for what is neither, nor the end of a chain. */
static bool note_link(struct cells *cells, uint64_t word)
{
    uint64_t link = word & ~(uint64_t)FREE_MARK;
    uint64_t to = link != 0 ? cell_of(cells, link) : NO_CELL;
    if (link != 0 && to == NO_CELL)
        return false;
    cells->marks += word & FREE_MARK;
    if (to != NO_CELL && !(word & FREE_MARK)) {
        cells->links++;
        cells->cellar = to < cells->cellar ? to : cells->cellar;
    }
    return true;
}

static bool note_links(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct cells *cells = context;
    (void)offset;
    for (size_t at = 0; at + cells->cell_bytes <= bytes; at += cells->cell_bytes)
        if (!note_link(cells, word_u64(piece, at + cells->link_at)))
            return false;
    return true;
}

/* Whether the sample has links and marks in that column, and nothing else but ends. */
static bool are_shown(struct cells *cells, const struct glimpse *glimpse)
{
    cells->links = cells->marks = 0;
    cells->cellar = NO_CELL;
    for (uint32_t nth = 0; nth < glimpse->pieces; nth++) {
        uint32_t into = (uint32_t)(glimpse->offset[nth] % cells->cell_bytes);
        uint32_t skip = into > 0 ? cells->cell_bytes - into : 0;
        const unsigned char *piece = glimpse->memory + (size_t)nth * glimpse->piece_bytes;
        if (skip < glimpse->piece_bytes &&
            !note_links(piece + skip, glimpse->piece_bytes - skip, 0, cells))
            return false;
    }
    return cells->links >= LEAST_SHOWN && cells->marks >= LEAST_SHOWN;
}

/* Adds the entries of the chain whose head's link that is. False where it does not end, or leads to
 * a cell that is free, or out of the cellar. */
static bool follow(struct cells *cells, uint64_t link)
{
    for (uint32_t length = 1; length <= MOST_CHAIN; length++) {
        cells->live++;
        if (link == 0)
            return true;
        uint64_t to = cell_of(cells, link);
        if (to == NO_CELL || to < cells->cellar || cells->followed++ >= MOST_FOLLOWED ||
            !layout_read_u64(cells->view, link + cells->link_at, &link))
            return false;
    }
    return false;
}

static bool follow_heads(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct cells *cells = context;
    (void)offset;
    for (size_t at = 0; at + cells->cell_bytes <= bytes; at += cells->cell_bytes) {
        uint64_t link = word_u64(piece, at + cells->link_at);
        if (!(link & FREE_MARK) && !follow(cells, link))
            return false;
    }
    return true;
}

static bool count_cells(struct cells *cells)
{
    const struct layout_view *view = cells->view;
    cells->links = cells->marks = cells->live = cells->followed = 0;
    cells->cellar = NO_CELL;
    if (!layout_scan(view, cells->block->address, cells->number * cells->cell_bytes,
                     cells->cell_bytes, note_links, cells) ||
        cells->links < LEAST_LINKS || cells->marks < LEAST_MARKS ||
        cells->cellar < cells->number / 2)
        return false;
    return layout_scan(view, cells->block->address, cells->cellar * cells->cell_bytes,
                       cells->cell_bytes, follow_heads, cells) &&
           cells->live >= LEAST_LIVE;
}

bool linked_cells_read(const struct layout_view *view, const struct block *block,
                       struct table_reading *out)
{
    struct glimpse glimpse;
    if (!glimpse_read(view, block, 0, view->scratch, &glimpse))
        return false;
    for (uint32_t bytes = 16; bytes <= MOST_CELL; bytes += 8)
        for (uint32_t at = 0; at + 8 <= bytes; at += 8) {
            struct cells cells = {.view = view,
                                  .block = block,
                                  .cell_bytes = bytes,
                                  .link_at = at,
                                  .number = block->bytes / bytes};
            if (cells.number < LEAST_CELLS || !are_shown(&cells, &glimpse))
                continue;
            if (!count_cells(&cells))
                return false;
            *out = (struct table_reading){
                .capacity = cells.number,
                .live = cells.live,
                .slot_bytes = bytes,
                .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
            };
            return true;
        }
    return false;
}
