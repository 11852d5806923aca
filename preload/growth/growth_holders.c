/*
 * Who points at an array, of what a thread has at hand: see growth_holders.h.
 */
#include "growth_holders.h"

#include <string.h>

#include "growth_link.h"
#include "header_search.h"
#include "table_header.h"
#include "twins.h"

static bool add_holder(const struct header_place *place, void *context)
{
    struct holders_at_hand *holders = context;
    for (unsigned i = 0; i < holders->handle_count; i++)
        if (place->word == holders->handles[i]) {
            holders->places[holders->count].word = place->word;
            holders->places[holders->count].kind = place->kind;
            holders->places[holders->count++].address = place->address;
            break;
        }
    return holders->count == OBJECT_HOLDERS_MAX;
}

static uint64_t nth_holder(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct holders_at_hand *holders = (const struct holders_at_hand *)(const void *)index;
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->places[i].word == address && nth-- == 0)
            return holders->places[i].address;
    return 0;
}

/* The array's beginning, and where the layouts' objects point that do not point there. */
static void find_handles(const struct block *block, struct holders_at_hand *holders)
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
    struct holders_at_hand holders = {.index = growth_blocks};
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

/* --- an unknown table's --- */

void growth_find_holders(const struct registry *registry, struct scratch *scratch,
                         const struct array_record *array, struct holders_at_hand *out)
{
    const struct block block = {.address = array->address, .bytes = array->bytes}, no_block = {0};
    const struct header_place nowhere = {0};
    *out = (struct holders_at_hand){
        .index = growth_blocks, .handles = {array->address}, .handle_count = 1};
    header_search_places(registry, scratch, &block, &no_block, array->site, &nowhere, add_holder,
                         out);
    out->index.pointer_to = nth_holder;
}

static bool is_object(uint64_t place, void *context)
{
    const struct holders_at_hand *holders = context;
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->places[i].address == place)
            return holders->places[i].kind == HEADER_IN_OBJECT;
    return false;
}

static bool find_live(void *context, uint64_t address, struct array_record *out)
{
    return registry_find(context, address, out) != 0;
}

struct twin_view growth_twin_view(struct registry *registry, const struct memory_reader *reader)
{
    return (struct twin_view){
        .reader = reader, .registry = registry, .find = find_live, .context = registry};
}

bool growth_count_held(struct registry *registry, struct scratch *scratch,
                       const struct array_record *array, const struct slot_profile *profile,
                       struct table_reading *reading)
{
    const struct block block = {.address = array->address, .bytes = array->bytes}, no_block = {0};
    const struct header_place nowhere = {0};
    const struct twin_view twins = growth_twin_view(registry, scratch->view.reader);
    struct layout_view view = scratch->view;
    struct holders_at_hand holders = {
        .index = {.pointer_to = nth_holder}, .handles = {array->address}, .handle_count = 1};
    const struct header_wanted wanted = {
        .is_object = is_object, .context = &holders, .twins = &twins, .table = array->table};
    header_search_places(registry, scratch, &block, &no_block, array->site, &nowhere, add_holder,
                         &holders);
    view.blocks = &holders.index;
    return holders.count > 0 &&
           header_read_found(&view, &block, (uint32_t)array->sequence, profile, &wanted, reading);
}
