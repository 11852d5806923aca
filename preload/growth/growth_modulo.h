/*
 * Tables whose keys are their own hashes: an entry's slot is its key modulo the capacity.
 *
 * Keys that came in sequence, or in equal steps, lie in long pieces there, before a growth and
 * behind it, as what a ring or a vector holds (signature.h). But each entry says itself where it
 * belongs, in an array of either size. An array indexed by numbers says so, too: there none of them
 * belongs elsewhere because the array is larger.
 */
#ifndef HASHTRACK_GROWTH_MODULO_H
#define HASHTRACK_GROWTH_MODULO_H

#include "growth_link.h"

struct modulo_growth {
    uint32_t slot_bytes;
    uint32_t looked; /* entries of the old array, nearly all of which lie where their keys lead */
    uint32_t moved;  /* of these, those whose keys lead elsewhere in the new one */
    bool is_solid;   /* they lie without gaps, in a few pieces */
    bool is_no_ring; /* some met, or they are further apart than a ring of so many can hold */
    bool is_ring;    /* none met, and of two for one slot it is the newer one that is there */
};

/* Whether the keys of both arrays' entries lead to the slots that they lie in. `slot_bytes`: of
 * either; of 8 bytes they may be addresses of entries. Uses scratch->layout_scratch. */
bool growth_modulo_find(struct scratch *scratch, const struct array_record *old,
                        const struct array_record *array, uint32_t slot_bytes,
                        struct modulo_growth *out);

/* The same of addresses of entries only. */
bool growth_modulo_find_heads(struct scratch *scratch, const struct array_record *old,
                              const struct array_record *array, struct modulo_growth *out);

/* The same of heads whose chains have gone over to the new array, and left nothing: what was
 * sampled of them before is in scratch->signature. */
bool growth_modulo_find_sampled(struct scratch *scratch, const struct array_record *old,
                                const struct array_record *array, struct modulo_growth *out);

/* Whether so many moved that the array is not one indexed by these numbers. */
static inline bool growth_modulo_moves(const struct modulo_growth *growth)
{
    return growth->moved * 50 >= growth->looked;
}

/* Whether nothing but a table does that. */
static inline bool growth_modulo_is_proof(const struct modulo_growth *growth)
{
    return growth->is_no_ring && growth_modulo_moves(growth);
}

/* The same of slots of any of the usual sizes. False unless it is proof. */
bool growth_modulo_proves(struct scratch *scratch, const struct array_record *old,
                          const struct array_record *array, struct modulo_growth *out);

#endif
