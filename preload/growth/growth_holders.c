/*
 * Who points at an array, of what a thread has at hand: see growth_holders.h.
 */
#include "growth_holders.h"

#include <string.h>

#include "growth_link.h"
#include "header_search.h"
#include "layouts/object.h"

struct holders {
    struct block_index index;
    uint64_t handles[1 + LAYOUT_MAX_HANDLES]; /* where in the array its object may point */
    unsigned handle_count;
    struct {
        uint64_t word, address;
    } places[OBJECT_HOLDERS_MAX];
    unsigned count;
};

static bool add_holder(const struct header_place *place, void *context)
{
    struct holders *holders = context;
    for (unsigned i = 0; i < holders->handle_count; i++)
        if (place->word == holders->handles[i]) {
            holders->places[holders->count].word = place->word;
            holders->places[holders->count++].address = place->address;
            break;
        }
    return holders->count == OBJECT_HOLDERS_MAX;
}

static uint64_t nth_holder(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct holders *holders = (const struct holders *)(const void *)index;
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->places[i].word == address && nth-- == 0)
            return holders->places[i].address;
    return 0;
}

/* The array's beginning, and where the layouts' objects point that do not point there. */
static void find_handles(const struct block *block, struct holders *holders)
{
    uint64_t offsets[LAYOUT_MAX_HANDLES];
    holders->handles[holders->handle_count++] = block->address;
    for (const struct layout *const *layout = all_layouts; *layout; layout++) {
        unsigned count = (*layout)->handles ? (*layout)->handles(block->bytes, offsets) : 0;
        for (unsigned i = 0; i < count && holders->handle_count <= LAYOUT_MAX_HANDLES; i++)
            holders->handles[holders->handle_count++] = block->address + offsets[i];
    }
}

/* Where nobody holds the array's address, its destructor may have taken it out of the object, to
 * which only one of its buckets leads. */
static const struct layout *recognise_left(struct layout_view *view, const struct block *block,
                                           struct table_reading *out)
{
    for (const struct layout *const *layout = all_layouts; *layout; layout++)
        if ((*layout)->entries_go_first && layout_asked(view, block, *layout, out))
            return *layout;
    memset(out, 0, sizeof(*out));
    return NULL;
}

const struct layout *growth_recognise_held(const struct registry *registry, struct scratch *scratch,
                                           const struct array_record *array,
                                           struct table_reading *out)
{
    const struct block block = {.address = array->address, .bytes = array->bytes}, no_block = {0};
    const struct header_place nowhere = {0};
    struct holders holders = {.index = growth_blocks};
    struct layout_view view = scratch->view;
    find_handles(&block, &holders);
    header_search_places(registry, scratch, &block, &no_block, array->site, &nowhere, add_holder,
                         &holders);
    holders.index.pointer_to = nth_holder;
    view.blocks = &holders.index;
    view.entries_may_be_gone = true;
    return holders.count > 0 ? layout_recognise(&view, &block, out)
                             : recognise_left(&view, &block, out);
}
