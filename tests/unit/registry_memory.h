/* What a registry of a test has mapped. */
#ifndef HASHTRACK_TESTS_REGISTRY_MEMORY_H
#define HASHTRACK_TESTS_REGISTRY_MEMORY_H

#include "registry.h"

/* Gives back all of it, the registry, which was mapped, included. */
void registry_unmap(struct registry *registry);

#endif
