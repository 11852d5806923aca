/*
 * Modules, call stacks and frames of a snapshot: see snapshot.h.
 */
#include "snapshot.h"

#include "maps.h"
#include "modules.h"
#include "script_places.h"
#include "unloaded.h"

void snapshot_modules(struct snapshot *snapshot)
{
    struct dump_contents *contents = &snapshot->contents;
    if (!maps_read(snapshot->reader.pid, &snapshot->maps))
        snapshot->maps.used = 0;
    if (!modules_collect(&snapshot->reader, &snapshot->maps,
                         &contents->sections[DUMP_SECTION_MODULES],
                         &contents->sections[DUMP_SECTION_STRINGS]))
        snapshot->complete = false;
    snapshot->loaded_modules = dump_count(contents, DUMP_SECTION_MODULES);
}

struct buffer snapshot_loaded_modules(const struct snapshot *snapshot)
{
    struct buffer modules = snapshot->contents.sections[DUMP_SECTION_MODULES];
    modules.used = snapshot->loaded_modules * sizeof(struct dump_module);
    return modules;
}

static const struct dump_module *module_of_dump(const struct snapshot *snapshot, uint32_t index)
{
    const void *modules = snapshot->contents.sections[DUMP_SECTION_MODULES].memory;
    return (const struct dump_module *)modules + index;
}

/* The module of the dump for one that is not loaded any more; DUMP_NONE where it has no name. */
static uint32_t add_unloaded(struct snapshot *snapshot, uint32_t number)
{
    struct dump_contents *contents = &snapshot->contents;
    struct unloaded_module module =
        *(const struct unloaded_module *)pool_at(&snapshot->registry->unloaded, number);
    /* Copied from another process, these may be anything. */
    module.path[sizeof(module.path) - 1] = '\0';
    module.build_id[sizeof(module.build_id) - 1] = '\0';
    if (module.path[0] == '\0')
        return DUMP_NONE;
    const char *strings = contents->sections[DUMP_SECTION_STRINGS].memory;
    for (uint32_t i = snapshot->loaded_modules; i < dump_count(contents, DUMP_SECTION_MODULES);
         i++) {
        const struct dump_module *known = module_of_dump(snapshot, i);
        if (known->start == module.start && known->bias == module.bias &&
            strcmp(strings + known->path, module.path) == 0 &&
            strcmp(strings + known->build_id, module.build_id) == 0)
            return i;
    }
    struct dump_module added = {.start = module.start, .end = module.end, .bias = module.bias};
    added.path = dump_add_string(contents, module.path);
    added.build_id = dump_add_string(contents, module.build_id);
    return dump_add(contents, DUMP_SECTION_MODULES, &added);
}

/* The record of a place in a script: 1 + its index, 0 when there is none. A place is written once,
 * where the snapshot meets it first. */
static uint32_t add_script(struct snapshot *snapshot, uint32_t number)
{
    uint32_t *numbers = (uint32_t *)snapshot->script_numbers.memory;
    if (!pool_has(&snapshot->registry->scripts, number) ||
        number >= snapshot->script_numbers.used / sizeof(*numbers))
        return 0;
    if (numbers[number] != 0)
        return numbers[number];
    struct script_place place =
        *(const struct script_place *)pool_at(&snapshot->registry->scripts, number);
    /* Copied from another process, these may be anything. */
    place.file[sizeof(place.file) - 1] = '\0';
    place.function[sizeof(place.function) - 1] = '\0';
    struct dump_script script = {
        .file = dump_add_string(&snapshot->contents, place.file),
        .function = dump_add_string(&snapshot->contents, place.function),
        .line = place.line > 0 ? (uint32_t)place.line : 0,
    };
    uint32_t index = dump_add(&snapshot->contents, DUMP_SECTION_SCRIPTS, &script);
    return numbers[number] = index == DUMP_NONE ? 0 : index + 1;
}

static bool add_frame(struct snapshot *snapshot, uint32_t site, uint64_t address)
{
    uint32_t place = script_frame_place(address);
    if (place != 0) {
        struct dump_frame line = {.module = DUMP_NONE, .script = add_script(snapshot, place)};
        return line.script != 0 &&
               dump_add(&snapshot->contents, DUMP_SECTION_FRAMES, &line) != DUMP_NONE;
    }
    /* A call may be the last instruction of its module; the one before the return address is in it.
     */
    uint32_t unloaded = unloaded_find(snapshot->registry, site, address - 1);
    struct buffer modules = snapshot_loaded_modules(snapshot);
    struct dump_frame frame = {.module = unloaded ? add_unloaded(snapshot, unloaded)
                                                  : modules_find(&modules, address - 1),
                               .offset = address};
    if (frame.module != DUMP_NONE)
        frame.offset -= module_of_dump(snapshot, frame.module)->bias;
    return dump_add(&snapshot->contents, DUMP_SECTION_FRAMES, &frame) != DUMP_NONE;
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
        if (pool_has(&registry->frames, frame) &&
            add_frame(snapshot, site, *(const uint64_t *)pool_at(&registry->frames, frame)))
            dump.frame_count++;
    }
    uint32_t index = dump_add(&snapshot->contents, DUMP_SECTION_SITES, &dump);
    if (index != DUMP_NONE)
        numbers[site] = index + 1;
    return index;
}

void snapshot_grown_places(struct snapshot *snapshot)
{
    const struct pool *sites = &snapshot->registry->sites;
    for (uint32_t i = 1; pool_has(sites, i); i++) {
        uint64_t bytes = ((const struct site_record *)pool_at(sites, i))->grown_bytes;
        if (bytes < DUMP_GROWN_PLACE_BYTES)
            continue;
        struct dump_grown_place place = {.site = snapshot_site(snapshot, i), .bytes = bytes};
        if (place.site != DUMP_NONE)
            dump_add(&snapshot->contents, DUMP_SECTION_GROWN_PLACES, &place);
    }
}
