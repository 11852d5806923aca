/*
 * Modules, call stacks and frames of a snapshot: see snapshot.h.
 */
#include "snapshot.h"

#include "modules.h"
#include "unloaded_modules.h"

/* Modules that were unloaded, for stacks that were taken in them before. */
static void add_unloaded(struct snapshot *snapshot)
{
    const struct registry *registry = snapshot->registry;
    uint32_t count = atomic_load(&registry->unloaded.count);
    for (uint32_t i = 1; i < count; i++) {
        const struct unloaded_module *gone =
            pool_has(&registry->unloaded, i) ? pool_at(&registry->unloaded, i) : NULL;
        struct dump_module module = {0};
        if (gone && memchr(gone->path, 0, sizeof(gone->path)) &&
            memchr(gone->build_id, 0, sizeof(gone->build_id)))
            module = (struct dump_module){.start = gone->start,
                                          .end = gone->end,
                                          .bias = gone->bias,
                                          .path = dump_add_string(&snapshot->contents, gone->path),
                                          .build_id =
                                              dump_add_string(&snapshot->contents, gone->build_id)};
        dump_add(&snapshot->contents, DUMP_SECTION_MODULES, &module);
    }
}

void snapshot_modules(struct snapshot *snapshot)
{
    struct dump_contents *contents = &snapshot->contents;
    if (!modules_collect(&snapshot->reader, &contents->sections[DUMP_SECTION_MODULES],
                         &contents->sections[DUMP_SECTION_STRINGS]))
        snapshot->complete = false;
    snapshot->loaded_modules = dump_count(contents, DUMP_SECTION_MODULES);
    add_unloaded(snapshot);
}

struct buffer snapshot_loaded_modules(const struct snapshot *snapshot)
{
    struct buffer loaded = snapshot->contents.sections[DUMP_SECTION_MODULES];
    loaded.used = snapshot->loaded_modules * sizeof(struct dump_module);
    return loaded;
}

/* The module of the address in a stack of that age: its index in the dump, or DUMP_NONE. */
static uint32_t module_of(const struct snapshot *snapshot, uint64_t address, uint32_t unloads)
{
    uint32_t gone = unloaded_modules_find(snapshot->registry, address, unloads);
    uint32_t index = snapshot->loaded_modules + gone - 1;
    if (gone != 0 && index < dump_count(&snapshot->contents, DUMP_SECTION_MODULES))
        return index;
    const struct buffer loaded = snapshot_loaded_modules(snapshot);
    return modules_find(&loaded, address);
}

static void add_frame(struct snapshot *snapshot, uint64_t address, uint32_t unloads)
{
    const struct buffer *modules = &snapshot->contents.sections[DUMP_SECTION_MODULES];
    /* A call may be the last instruction of its module; the one before the return address is in it.
     */
    struct dump_frame frame = {.module = module_of(snapshot, address - 1, unloads),
                               .offset = address};
    if (frame.module != DUMP_NONE)
        frame.offset -= ((const struct dump_module *)(void *)modules->memory)[frame.module].bias;
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
            add_frame(snapshot, *(const uint64_t *)pool_at(&registry->frames, frame),
                      record->unloads);
            dump.frame_count++;
        }
    }
    uint32_t index = dump_add(&snapshot->contents, DUMP_SECTION_SITES, &dump);
    if (index != DUMP_NONE)
        numbers[site] = index + 1;
    return index;
}
