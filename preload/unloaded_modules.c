/*
 * Remembering what was unloaded: see unloaded_modules.h. Takes sites_lock, under which sites and
 * their frames are added, and holds it while nothing but memory of our own is touched.
 */
#include "unloaded_modules.h"

#include <string.h>

#include "maps.h"
#include "modules.h"

static const struct unloaded_module *unloaded_at(const struct registry *registry, uint32_t index)
{
    return pool_at(&registry->unloaded, index);
}

static const char *string_at(const struct buffer *strings, uint32_t offset)
{
    return offset < strings->used ? strings->memory + offset : "";
}

void loaded_modules_collect(struct loaded_modules *loaded)
{
    const struct memory_reader reader = process_reader(0);
    *loaded = (struct loaded_modules){0};
    /* What is missing cannot be found to be gone. */
    if (buffer_append(&loaded->strings, "", 1) != SIZE_MAX)
        modules_collect(&reader, &loaded->modules, &loaded->strings);
}

void loaded_modules_free(struct loaded_modules *loaded)
{
    buffer_free(&loaded->modules);
    buffer_free(&loaded->strings);
}

/* Whether the process's maps have it still: the same file at the same place. */
static bool is_mapped(const struct buffer *maps, const struct dump_module *module, const char *path)
{
    struct mapping mapping;
    size_t offset = 0;
    while (maps_next(maps, &offset, &mapping))
        if (mapping.start == module->start && mapping.end == module->end && mapping.executable)
            return mapping.path_bytes == strlen(path) &&
                   memcmp(mapping.path, path, mapping.path_bytes) == 0;
    return false;
}

/* Whether a return address of any stack lies in it. The lock is held. */
static bool has_frames(const struct registry *registry, const struct dump_module *module)
{
    uint32_t count = atomic_load(&registry->frames.count);
    for (uint32_t i = 1; i < count; i++) {
        if (!pool_has(&registry->frames, i))
            continue;
        uint64_t address = *(const uint64_t *)pool_at(&registry->frames, i) - 1;
        if (address >= module->start && address < module->end)
            return true;
    }
    return false;
}

/* The last one that lay there, when it is the same module: loaded and unloaded again and again, it
 * takes one record. */
static struct unloaded_module *last_there(struct registry *registry,
                                          const struct unloaded_module *module)
{
    for (uint32_t i = atomic_load(&registry->unloaded.count); i-- > 1;) {
        struct unloaded_module *other = pool_at(&registry->unloaded, i);
        if (other->start >= module->end || other->end <= module->start)
            continue;
        bool same = other->start == module->start && other->end == module->end &&
                    other->bias == module->bias && strcmp(other->path, module->path) == 0 &&
                    strcmp(other->build_id, module->build_id) == 0;
        return same ? other : NULL;
    }
    return NULL;
}

static void note_gone(struct registry *registry, const struct loaded_modules *before,
                      const struct dump_module *module, uint32_t unload)
{
    struct unloaded_module gone = {
        .start = module->start, .end = module->end, .bias = module->bias, .unload = unload};
    const char *path = string_at(&before->strings, module->path);
    const char *build_id = string_at(&before->strings, module->build_id);
    if (strlen(path) >= sizeof(gone.path) || strlen(build_id) >= sizeof(gone.build_id))
        return; /* a name cut off would be a wrong one */
    memcpy(gone.path, path, strlen(path) + 1);
    memcpy(gone.build_id, build_id, strlen(build_id) + 1);
    struct unloaded_module *record = last_there(registry, &gone);
    uint32_t index = record ? 0 : pool_take(&registry->unloaded);
    if (index != 0)
        record = pool_at(&registry->unloaded, index);
    if (record)
        *record = gone;
}

void unloaded_modules_note(struct registry *registry, const struct loaded_modules *before)
{
    struct buffer maps = {0};
    const struct dump_module *modules = (const struct dump_module *)(void *)before->modules.memory;
    size_t count = before->modules.used / sizeof(*modules);
    if (maps_read(0, &maps) && lock_take(&registry->sites_lock)) {
        uint32_t unload = atomic_load(&registry->unloads) + 1;
        for (size_t i = 0; i < count; i++)
            if (!is_mapped(&maps, &modules[i], string_at(&before->strings, modules[i].path)) &&
                has_frames(registry, &modules[i]))
                note_gone(registry, before, &modules[i], unload);
        atomic_store(&registry->unloads, unload);
        lock_release(&registry->sites_lock);
    }
    buffer_free(&maps);
}

uint32_t unloaded_modules_find(const struct registry *registry, uint64_t address,
                               uint32_t site_unloads)
{
    uint32_t count = atomic_load(&registry->unloaded.count);
    uint32_t found = 0;
    for (uint32_t i = 1; i < count; i++) {
        if (!pool_has(&registry->unloaded, i))
            continue;
        const struct unloaded_module *module = unloaded_at(registry, i);
        if (module->unload > site_unloads && address >= module->start && address < module->end &&
            (found == 0 || module->unload < unloaded_at(registry, found)->unload))
            found = i;
    }
    return found;
}
