/*
 * Samples of an array's contents, kept until the next look: for growth by realloc, where old and
 * new array never exist side by side, and for tables that move their entries step by step.
 */
#ifndef HASHTRACK_FINGERPRINTS_H
#define HASHTRACK_FINGERPRINTS_H

#include "registry.h"
#include "scratch.h"

/* Keeps a sample of the array's contents as they are now, for the array with the sequence `owner`.
 * is_own: it is this thread that is about to free or resize the array. Its index, or 0 when it says
 * too little or there is no room. */
uint32_t fingerprint_take(struct registry *registry, const struct array_record *array,
                          uint32_t owner, bool is_own);

/* The same by whoever has work memory already. */
uint32_t fingerprint_of(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, uint32_t owner);

/* Copies the sample back. False when it was overwritten or never taken. */
bool fingerprint_load(const struct registry *registry, uint32_t index, uint32_t owner,
                      struct sample *out);

/* The array is another one from now on, with the same contents: realloc moved it. */
void fingerprint_pass_on(struct registry *registry, uint32_t index, uint32_t owner,
                         uint32_t new_owner);

/* Nobody waits for the next look any more: the record is another array's. */
void fingerprint_release(struct registry *registry, uint32_t index, uint32_t owner);

#endif
