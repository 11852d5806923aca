/*
 * What follows from knowing that one array replaced another: the table, its load at the growth, how
 * its slots look, and which other arrays belong to it.
 */
#ifndef HASHTRACK_GROWTH_LINK_H
#define HASHTRACK_GROWTH_LINK_H

#include "registry.h"
#include "scratch.h"

struct growth_link {
    const struct array_record *old; /* perhaps out of the registry already; still readable memory */
    uint32_t index;                 /* of the array that replaced it */
    const struct array_record *array;
    const struct comparison *comparison;
    uint32_t unit;   /* bytes of the words that were compared */
    bool by_realloc; /* the contents were moved some time ago: what came in since is not told apart
                      */
    bool is_fresh;   /* by_realloc, but nothing was there before, and it has been filled just now */
    bool by_steps;   /* the old array was emptied bit by bit */
    uint32_t placed_slot; /* bytes of slots to which their entries' keys lead: growth_modulo.h; 0:
                             nothing is known of that */
    bool needs_tail; /* it is a table only if its slots end before the array does (growth_tail.h) */
};

/* Makes or continues the table of the two arrays. False when the new array shows that it is none.
 */
bool growth_link(struct registry *registry, struct scratch *scratch,
                 const struct growth_link *link);

/* Whether all that the old array held is in the new one where it was: the entries of a vector, of
 * which there is one for each word or more, and no slots that a hash scattered. */
bool growth_link_is_copy(const struct growth_link *link);

/* The tracked blocks, as layouts may ask for them at a growth: nothing is known of who points
 * where.
 */
extern const struct block_index growth_blocks;

/* The layout of the array, asked with what can be known under a free; NULL when none recognises it.
 */
const struct layout *growth_recognise(struct scratch *scratch, const struct array_record *array,
                                      struct table_reading *out);

/* growth_recognise, asking one layout alone. */
bool growth_is_of(struct scratch *scratch, const struct array_record *array,
                  const struct layout *layout, struct table_reading *out);

#endif
