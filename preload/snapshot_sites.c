/*
 * Modules, call stacks and frames of a snapshot: see snapshot.h.
 */
#include "snapshot.h"

#include "modules.h"

void snapshot_modules(struct snapshot *snapshot)
{
    struct dump_contents *contents = &snapshot->contents;
    if (!modules_collect(&snapshot->reader, &contents->sections[DUMP_SECTION_MODULES],
                         &contents->sections[DUMP_SECTION_STRINGS]))
        snapshot->complete = false;
}

static void add_frame(struct snapshot *snapshot, uint64_t address)
{
    const struct buffer *modules = &snapshot->contents.sections[DUMP_SECTION_MODULES];
    /* A call may be the last instruction of its module; the one before the return address is in it.
     */
    struct dump_frame frame = {.module = modules_find(modules, address - 1), .offset = address};
    if (frame.module != DUMP_NONE)
        frame.offset -= ((const struct dump_module *)modules->memory)[frame.module].bias;
    dump_add(&snapshot->contents, DUMP_SECTION_FRAMES, &frame);
}

uint32_t snapshot_site(struct snapshot *snapshot, uint32_t site)
{
    const struct registry *registry = snapshot->registry;
    if (!pool_has(&registry->sites, site))
        return DUMP_NONE;
    uint32_t *numbers = (uint32_t *)snapshot->site_numbers.memory;
    if (site >= snapshot->site_numbers.used / sizeof(*numbers))
        return DUMP_NONE; /* added since the snapshot began */
    if (numbers[site] != 0)
        return numbers[site] - 1;

    const struct site_record *record = pool_at(&registry->sites, site);
    struct dump_site dump = {
        .first_frame = dump_count(&snapshot->contents, DUMP_SECTION_FRAMES),
    };
    for (uint32_t i = 0; i < record->frame_count; i++) {
        uint32_t frame = record->first_frame + i;
        if (pool_has(&registry->frames, frame)) {
            add_frame(snapshot, *(const uint64_t *)pool_at(&registry->frames, frame));
            dump.frame_count++;
        }
    }
    uint32_t index = dump_add(&snapshot->contents, DUMP_SECTION_SITES, &dump);
    if (index != DUMP_NONE)
        numbers[site] = index + 1;
    return index;
}
