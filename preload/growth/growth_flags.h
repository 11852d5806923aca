/*
 * What a growth teaches about flags that the table's object counts: see flag_regions.h. Asked after
 * the object's words were learnt.
 */
#ifndef HASHTRACK_GROWTH_FLAGS_H
#define HASHTRACK_GROWTH_FLAGS_H

#include "registry.h"
#include "scratch.h"

void growth_flags_learn(struct registry *registry, struct scratch *scratch, uint32_t table,
                        const struct array_record *old, const struct array_record *array);

#endif
