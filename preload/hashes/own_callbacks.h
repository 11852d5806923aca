/*
 * Hash functions that a table knows by their address alone. What they return is often mixed once
 * more by the table, behind the call: to spread the bits of a poor hash. Part of own_hashes.h.
 */
#ifndef HASHTRACK_OWN_CALLBACKS_H
#define HASHTRACK_OWN_CALLBACKS_H

#include "own_sweep.h"

/* Notes the instruction behind a call of whom nobody knows, where what comes back may be mixed. */
void own_callbacks_take(struct sweep *sweep);

/* After a run that began with a function: goes on behind those calls with what it returned. Returns
 * how many steps that took. */
uint32_t own_callbacks_go(struct own_hashes *own);

#endif
