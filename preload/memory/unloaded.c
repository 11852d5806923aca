/*
 * Remembering unloaded modules: see unloaded.h. Reads /proc/self/maps; its records are under
 * sites_lock.
 */
#include "unloaded.h"

#include <string.h>

#include "maps.h"
#include "modules.h"

bool loaded_modules_read(struct loaded_modules *out)
{
    struct memory_reader reader = process_reader(0);
    struct buffer maps = {0};
    *out = (struct loaded_modules){0};
    bool is_read = buffer_append(&out->strings, "", 1) != SIZE_MAX && maps_read(0, &maps) &&
                   modules_collect(&reader, &maps, &out->modules, &out->strings);
    buffer_free(&maps);
    if (!is_read)
        loaded_modules_free(out);
    return is_read;
}

void loaded_modules_free(struct loaded_modules *loaded)
{
    buffer_free(&loaded->modules);
    buffer_free(&loaded->strings);
}

static const char *text_at(const struct loaded_modules *loaded, uint32_t offset)
{
    return loaded->strings.memory + offset;
}

/* Whether a call stack leads through the module. Frames are added, never changed. */
static bool is_in_a_stack(const struct registry *registry, const struct dump_module *module)
{
    uint32_t count = atomic_load(&registry->frames.count);
    for (uint32_t frame = 1; frame < count; frame++) {
        uint64_t address = *(const uint64_t *)pool_at(&registry->frames, frame) - 1;
        if (address >= module->start && address < module->end)
            return true;
    }
    return false;
}

static bool describes(const struct unloaded_module *record, const struct unloaded_module *module)
{
    return record->start == module->start && record->end == module->end &&
           record->bias == module->bias && strcmp(record->path, module->path) == 0 &&
           strcmp(record->build_id, module->build_id) == 0;
}

/* A module that is loaded again and again at the same place, with no other in between, needs one
 * record. sites_lock is held. */
static struct unloaded_module *last_of_place(struct registry *registry,
                                             const struct unloaded_module *module)
{
    for (uint32_t i = atomic_load(&registry->unloaded.count); i-- > 1;) {
        struct unloaded_module *record = pool_at(&registry->unloaded, i);
        if (record->start < module->end && module->start < record->end)
            return describes(record, module) ? record : NULL;
    }
    return NULL;
}

static void remember(struct registry *registry, const struct unloaded_module *module)
{
    if (!lock_take(&registry->sites_lock)) {
        registry_lock_failed(registry);
        return;
    }
    struct unloaded_module *record = last_of_place(registry, module);
    if (!record) {
        uint32_t index = pool_take(&registry->unloaded);
        if (index != 0) {
            record = pool_at(&registry->unloaded, index);
            *record = *module;
        } else {
            counter_add(&registry->counters, COUNTER_MODULES_FORGOTTEN);
        }
    }
    if (record)
        record->sites = atomic_load(&registry->sites.count);
    lock_release(&registry->sites_lock);
}

/* Text that has no room is left empty: the frames are addresses then, which is not wrong. */
static void copy_text(char *to, size_t room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    if (bytes <= room)
        memcpy(to, text, bytes);
}

void unloaded_note(struct registry *registry, const struct loaded_modules *before,
                   const struct dump_module *module)
{
    if (!is_in_a_stack(registry, module))
        return;
    struct unloaded_module record = {
        .start = module->start, .end = module->end, .bias = module->bias};
    copy_text(record.path, sizeof(record.path), text_at(before, module->path));
    copy_text(record.build_id, sizeof(record.build_id), text_at(before, module->build_id));
    remember(registry, &record);
}

uint32_t unloaded_find(const struct registry *registry, uint32_t site, uint64_t address)
{
    uint32_t count = atomic_load(&registry->unloaded.count);
    for (uint32_t i = 1; i < count && pool_has(&registry->unloaded, i); i++) {
        const struct unloaded_module *record = pool_at(&registry->unloaded, i);
        if (address >= record->start && address < record->end && site < record->sites)
            return i; /* in order of time: the first that was unloaded after the stack was read */
    }
    return 0;
}
