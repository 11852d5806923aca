/*
 * What a growth teaches about buckets of several entries in line: see bucket_shape.h. Asked after
 * the object's words were learnt.
 */
#ifndef HASHTRACK_GROWTH_BUCKETS_H
#define HASHTRACK_GROWTH_BUCKETS_H

#include "registry.h"
#include "scratch.h"

void growth_buckets_learn(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct array_record *old, const struct array_record *array);

#endif
