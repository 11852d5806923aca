/* How the text reports name a table and what it holds. */
#ifndef HASHTRACK_WORDS_H
#define HASHTRACK_WORDS_H

#include "findings.h"

#define WORDS_BYTES 128u

/* "buckets" for a chained table, "slots" for any other. */
const char *slot_word(const struct dump_table *table);

/* "std::unordered_map", or what stands for a table whose code nobody knows. Printable. */
const char *implementation_name(char out[WORDS_BYTES], const struct judged_table *judged);

/* Not where the table was read exactly, nor where one of an unknown implementation counts itself.
 */
bool live_is_estimate(const struct dump_table *table);

/* "100", "about 1,000 (within 80)", "at most 1,000" */
const char *live_words(char out[WORDS_BYTES], const struct dump_table *table);

/* What decided the verdict, as a clause: "it held more than it does now and kept the room". */
const char *reason_clause(enum verdict_reason reason);

#endif
