/* What to do about a finding: the fix, what it gives, what it costs, and what to type. */
#ifndef HASHTRACK_ADVICE_H
#define HASHTRACK_ADVICE_H

#include "verdict.h"

enum advice_action { ADVICE_RECREATE, ADVICE_SHRINK, ADVICE_RESERVE_LESS, ADVICE_BOX };

#define ADVICE_MAX        2u
#define ADVICE_TEXT_BYTES 256u

struct advice {
    enum advice_action action;
    uint64_t saves_bytes;
    uint64_t saves_resident_bytes; /* where the table's resident bytes are known */
    char cost[ADVICE_TEXT_BYTES];
    char how[ADVICE_TEXT_BYTES];
};

/* Fills advice[] with what pays, the rebuild first, or last of a table that fills again; returns
 * how many. None for what is no finding. */
size_t advise(const struct dump_table *table, const struct layout *layout,
              const struct saving *saving, const struct judgement *judgement,
              struct advice advice[ADVICE_MAX]);

/* The word in the JSON report: "reserve-less". */
const char *advice_word(enum advice_action action);

#endif
