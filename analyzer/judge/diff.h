/*
 * What became of the tables between two dumps: of one process, where a table keeps its number, or
 * of two runs of the same program, where it keeps its id.
 */
#ifndef HASHTRACK_DIFF_H
#define HASHTRACK_DIFF_H

#include "findings.h"

enum change {
    CHANGE_APPEARED,
    CHANGE_GREW,
    CHANGE_HOLLOWED,  /* as large as before, and now a finding */
    CHANGE_RECOVERED, /* as large as before, and no longer a finding */
    CHANGE_SHRANK,
    CHANGE_WENT, /* freed, or not there */
};

struct changed_table {
    enum change change;
    const struct judged_table *before; /* NULL when it appeared */
    const struct judged_table *after;  /* NULL when it went */
    const struct judged_table *newest; /* of the two, never NULL */
};

struct diff {
    struct changed_table *tables; /* by kind of change, the largest first */
    size_t count;
    size_t unchanged;
};

/* Whether the dumps are of one process: there tables are matched by their numbers, not by ids. */
bool diff_same_process(const struct dump *a, const struct dump *b);

bool diff_make(const struct findings *before, const struct findings *after, struct diff *diff,
               struct error *error);
void diff_free(struct diff *diff);

/* Bytes by which a table's arrays became more or fewer; for one that hollowed or recovered, what
 * the best fix saves. */
uint64_t change_bytes(const struct changed_table *changed);

/* "appeared", ... */
const char *change_word(enum change change);

#endif
