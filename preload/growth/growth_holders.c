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
    uint64_t array;
    uint64_t places[OBJECT_HOLDERS_MAX];
    unsigned count;
};

static bool add_holder(const struct header_place *place, void *context)
{
    struct holders *holders = context;
    if (place->word == holders->array)
        holders->places[holders->count++] = place->address;
    return holders->count == OBJECT_HOLDERS_MAX;
}

static uint64_t nth_holder(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct holders *holders = (const struct holders *)(const void *)index;
    return address == holders->array && nth < holders->count ? holders->places[nth] : 0;
}

const struct layout *growth_recognise_held(const struct registry *registry, struct scratch *scratch,
                                           const struct array_record *array,
                                           struct table_reading *out)
{
    const struct block block = {.address = array->address, .bytes = array->bytes}, no_block = {0};
    const struct header_place nowhere = {0};
    struct holders holders = {.index = growth_blocks, .array = array->address};
    struct layout_view view = scratch->view;
    header_search_places(registry, scratch, &block, &no_block, array->site, &nowhere, add_holder,
                         &holders);
    if (holders.count == 0)
        return NULL;
    holders.index.pointer_to = nth_holder;
    view.blocks = &holders.index;
    memset(out, 0, sizeof(*out));
    return layout_recognise(&view, &block, out);
}
