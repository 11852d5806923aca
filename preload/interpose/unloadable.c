/*
 * Modules that may be unloaded: see unloadable.h. Asks dl_iterate_phdr, whose lock dlclose takes as
 * well; what it keeps of the call stacks is under sites_lock.
 */
#include "unloadable.h"

#include <link.h>

#include "real.h"

/* The code that call stacks lead through, by 64 KiB, hashed: a bit may stand for several. */
#define GRANULE_SHIFT 16
#define GRANULES      65536u

static _Atomic uint64_t granules[GRANULES / 64];
static uint32_t frames_known = 1; /* of the registry's: those before it are in the granules */
static _Atomic bool opened_early;
static unsigned staying_modules; /* they come first in the loader's list, and are never unloaded */

static uint32_t granule_of(uint64_t address)
{
    return (uint32_t)((address >> GRANULE_SHIFT) * 0x9E3779B97F4A7C15ull >> 48);
}

static bool is_in_granules(uint64_t address)
{
    uint32_t granule = granule_of(address);
    return atomic_load_explicit(&granules[granule / 64], memory_order_relaxed) >> granule % 64 & 1;
}

/* Adds the frames that are new. False when the lock was not to be had. */
static bool learn_frames(struct registry *registry)
{
    if (!lock_take(&registry->sites_lock)) {
        registry_lock_failed(registry);
        return false;
    }
    uint32_t count = atomic_load(&registry->frames.count);
    for (; frames_known < count; frames_known++) {
        /* A call may be the last instruction of its module. */
        uint64_t address = *(const uint64_t *)pool_at(&registry->frames, frames_known) - 1;
        uint32_t granule = granule_of(address);
        atomic_fetch_or_explicit(&granules[granule / 64], 1ull << granule % 64,
                                 memory_order_relaxed);
    }
    lock_release(&registry->sites_lock);
    return true;
}

struct visit {
    unsigned modules; /* seen so far */
    uint64_t added, gone;
    bool is_in_stacks;
};

static bool leads_through(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        uint64_t start = info->dlpi_addr + segment->p_vaddr;
        for (uint64_t at = start >> GRANULE_SHIFT << GRANULE_SHIFT; at < start + segment->p_memsz;
             at += 1u << GRANULE_SHIFT)
            if (is_in_granules(at))
                return true;
    }
    return false;
}

static int visit_module(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct visit *visit = context;
    (void)bytes;
    visit->added = info->dlpi_adds;
    visit->gone = info->dlpi_subs;
    visit->is_in_stacks = visit->modules++ >= staying_modules && leads_through(info);
    return visit->is_in_stacks;
}

static int visit_first(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct visit *visit = context;
    (void)bytes;
    visit->gone = info->dlpi_subs;
    return 1;
}

static int count_module(struct dl_phdr_info *info, size_t bytes, void *context)
{
    (void)info;
    (void)bytes;
    ++*(unsigned *)context;
    return 0;
}

void unloadable_opened_early(void)
{
    atomic_store_explicit(&opened_early, true, memory_order_relaxed);
}

void unloadable_start(void)
{
    if (real.dl_iterate_phdr && !atomic_load_explicit(&opened_early, memory_order_relaxed))
        real.dl_iterate_phdr(count_module, &staying_modules);
}

bool unloadable_in_stacks(struct registry *registry)
{
    struct visit visit = {0};
    if (!real.dl_iterate_phdr || !learn_frames(registry))
        return true;
    real.dl_iterate_phdr(visit_module, &visit);
    /* Modules of other namespaces (dlmopen) are counted but not shown. */
    return visit.is_in_stacks || visit.added - visit.gone > visit.modules;
}

uint64_t unloadable_gone(void)
{
    struct visit visit = {0};
    if (real.dl_iterate_phdr)
        real.dl_iterate_phdr(visit_first, &visit);
    return visit.gone;
}

struct still_loaded {
    const struct loaded_modules *before;
    unsigned char *flags; /* for each module of `before` */
};

static int mark_module(struct dl_phdr_info *info, size_t bytes, void *context)
{
    const struct still_loaded *still = context;
    (void)bytes;
    for (size_t i = 0; i < loaded_modules_count(still->before); i++) {
        const struct dump_module *module = loaded_modules_at(still->before, i);
        for (int k = 0; module->bias == info->dlpi_addr && k < info->dlpi_phnum; k++) {
            const ElfW(Phdr) *segment = &info->dlpi_phdr[k];
            uint64_t start = info->dlpi_addr + segment->p_vaddr;
            if (segment->p_type == PT_LOAD && module->start < start + segment->p_memsz &&
                start < module->end)
                still->flags[i] = 1;
        }
    }
    return 0;
}

/* What the loader does not list (code that the program mapped itself, other namespaces) is noted as
 * well: it keeps the name that it has. */
void unloadable_note_gone(struct registry *registry, const struct loaded_modules *before)
{
    size_t count = loaded_modules_count(before);
    struct still_loaded still = {.before = before, .flags = system_map(count + 1)};
    if (!still.flags) {
        counter_add(&registry->counters, COUNTER_MODULES_FORGOTTEN);
        return;
    }
    real.dl_iterate_phdr(mark_module, &still);
    for (size_t i = 0; i < count; i++)
        if (!still.flags[i])
            unloaded_note(registry, before, loaded_modules_at(before, i));
    system_unmap(still.flags, count + 1);
}
