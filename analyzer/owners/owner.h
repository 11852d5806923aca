/*
 * Who owns a table, in words: "g_cache.sessions", "cache, a local of main", "in *g_handle". Nothing
 * rather than a guess.
 */
#ifndef HASHTRACK_OWNER_H
#define HASHTRACK_OWNER_H

#include "findings.h"
#include "symbols.h"

#define OWNER_BYTES 768u

struct owner {
    char name[OWNER_BYTES];
    char others[OWNER_BYTES]; /* another name for the same place; "" when there is one only */
    char file[OWNER_BYTES];   /* where the variable is declared; "" when that is not known */
    int line;
    char headline[OWNER_BYTES]; /* the name where room is short; "" for what is no variable */
};

/* False when nothing is known for certain. */
bool owner_of_table(struct symbolizer *symbolizer, const struct findings *findings,
                    const struct judged_table *judged, struct owner *out);

#endif
