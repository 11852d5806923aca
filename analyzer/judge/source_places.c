/* Call stacks that a reader takes for one: see source_places.h. */
#include "source_places.h"

#include <stdlib.h>
#include <string.h>

#include "dump_reader.h"
#include "symbols.h"

struct symbolized_site {
    uint32_t site;
    size_t count;
    const struct symbol_frame *frames;
};

static int compare_texts(const char *a, const char *b)
{
    if (a == b)
        return 0;
    return !a ? -1 : !b ? 1 : strcmp(a, b);
}

static bool has_line(const struct symbol_frame *frame)
{
    return frame->file && frame->line > 0;
}

static int compare_frames(const struct symbol_frame *a, const struct symbol_frame *b)
{
    if (has_line(a) != has_line(b))
        return has_line(a) ? -1 : 1;
    int order = compare_texts(a->module, b->module);
    if (order != 0)
        return order;
    if (!has_line(a))
        return a->offset < b->offset ? -1 : a->offset > b->offset;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return compare_texts(a->file, b->file);
}

static int compare_stacks(const struct symbolized_site *a, const struct symbolized_site *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        int order = compare_frames(&a->frames[i], &b->frames[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_stack(const void *left, const void *right)
{
    const struct symbolized_site *a = left, *b = right;
    int order = compare_stacks(a, b);
    if (order != 0)
        return order;
    return a->site < b->site ? -1 : a->site > b->site;
}

bool source_places_find(struct symbolizer *symbolizer, const struct dump *dump, const bool *wanted,
                        uint32_t *place)
{
    struct symbolized_site *sites = calloc(dump->site_count + 1, sizeof(*sites));
    size_t count = 0;
    if (!sites)
        return false;
    for (uint32_t site = 0; site < dump->site_count; site++) {
        if (!wanted[site])
            continue;
        struct symbolized_site *symbolized = &sites[count++];
        symbolized->site = site;
        symbolized->count = symbolizer_site(symbolizer, dump, site, &symbolized->frames);
    }
    qsort(sites, count, sizeof(*sites), by_stack);
    for (size_t i = 0; i < count; i++) {
        bool is_known = i > 0 && compare_stacks(&sites[i - 1], &sites[i]) == 0;
        place[sites[i].site] = is_known ? place[sites[i - 1].site] : sites[i].site;
    }
    free(sites);
    return true;
}
