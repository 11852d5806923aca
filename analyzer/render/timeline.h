/* A table's readings as one line: how full it was, and since when it is not. */
#ifndef HASHTRACK_TIMELINE_H
#define HASHTRACK_TIMELINE_H

#include "findings.h"
#include "terminal.h"

#define TIMELINE_COLUMNS 40u
#define TIMELINE_BYTES   (3u * TIMELINE_COLUMNS + 1) /* 3 bytes a block character */

/* Live entries over time, scaled to the most that was read or to `peak`, what is known otherwise of
 * the most it held. False with fewer than three readings. */
bool timeline(const struct dump *dump, const struct dump_table *table, uint64_t peak,
              const struct terminal *terminal, char out[TIMELINE_BYTES]);

/* The time of the first reading from which on every one lies below the load `limit`; false when
 * none lay above before it. */
bool hollow_since(const struct dump *dump, const struct dump_table *table, double limit,
                  uint64_t *at_ms);

#endif
