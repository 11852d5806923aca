/*
 * The list of layouts and the question asked about every tracked block: whose is it? Adds nothing
 * of its own to what the layouts know.
 */
#include "layout.h"

#include <string.h>

#define LAYOUT(name) extern const struct layout layout_##name;
#include "list.h"
#undef LAYOUT

#define LAYOUT(name) &layout_##name,
const struct layout *const all_layouts[] = {
#include "list.h"
    NULL};
#undef LAYOUT

const struct layout *layout_by_name(const char *name)
{
    for (const struct layout *const *layout = all_layouts; *layout != NULL; layout++)
        if ((*layout)->name[0] == name[0] && strcmp((*layout)->name, name) == 0)
            return *layout;
    return NULL;
}

static bool read_head(struct layout_view *view, const struct block *block)
{
    view->head_bytes = block->bytes < sizeof(view->head) ? block->bytes : sizeof(view->head);
    if (layout_read(view, block->address, view->head, view->head_bytes))
        return true;
    view->head_bytes = 0;
    return false;
}

static bool recognises(const struct layout *layout, struct layout_view *view,
                       const struct block *block, struct table_reading *out)
{
    memset(out, 0, sizeof(*out));
    return layout->recognise(view, block, out);
}

bool layout_asked(struct layout_view *view, const struct block *block, const struct layout *layout,
                  struct table_reading *out)
{
    return read_head(view, block) && recognises(layout, view, block, out);
}

const struct layout *layout_recognise(struct layout_view *view, const struct block *block,
                                      struct table_reading *out)
{
    const struct layout *likely = view->likely;
    if (!read_head(view, block))
        return NULL;
    if (likely && recognises(likely, view, block, out))
        return likely;
    for (const struct layout *const *layout = all_layouts; *layout != NULL; layout++)
        if (*layout != likely && recognises(*layout, view, block, out))
            return *layout;
    memset(out, 0, sizeof(*out));
    return NULL;
}
