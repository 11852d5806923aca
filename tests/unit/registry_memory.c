/* See registry_memory.h. */
#include "registry_memory.h"

#include "system.h"

void registry_unmap(struct registry *registry)
{
    struct pool *const pools[] = {&registry->arrays, &registry->sites,   &registry->frames,
                                  &registry->tables, &registry->growths, &registry->readings};
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        for (unsigned chunk = 0; chunk < POOL_MAX_CHUNKS; chunk++)
            system_unmap(pools[i]->chunks[chunk], pool_chunk_bytes(pools[i]));
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        system_unmap(registry->shards[i].slots.table,
                     registry->shards[i].slots.capacity * sizeof(struct slot));
    system_unmap(registry->site_slots.table, registry->site_slots.capacity * sizeof(struct slot));
    system_unmap(registry, sizeof(*registry));
}
