/* What tables held at many moments, in bounded memory. */
#ifndef HASHTRACK_READING_LOG_H
#define HASHTRACK_READING_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "dump_format.h"

#define LOG_MOST_READINGS 64u   /* of a table: more than a timeline has columns */
#define LOG_MOST_TABLES   1024u /* 2 MiB in all; further tables are left out */

struct reading_series {
    uint64_t number; /* dump_table.number */
    uint32_t count;
    struct dump_reading readings[LOG_MOST_READINGS]; /* oldest first; `table` is not used */
};

struct reading_log {
    struct reading_series *series;
    size_t count, room;
    uint16_t places[2 * LOG_MOST_TABLES]; /* a hash table: index into series + 1; 0 empty */
};

/* Adds a reading that is younger than all others of the table. When a table has its most, of two
 * neighbours the fuller one stays: peaks are what readings are for. */
void reading_log_add(struct reading_log *log, uint64_t number, const struct dump_reading *reading);

/* The readings of a table, or NULL. */
const struct reading_series *reading_log_of(const struct reading_log *log, uint64_t number);

/* Since when the table was seen empty, and nothing else up to its last reading; UINT64_MAX: that
 * found entries, or `series` is NULL. */
uint64_t reading_series_empty_since(const struct reading_series *series);

/* Whether the table held something, but no more than `limit`, for a while up to that time: of two
 * readings with that capacity that follow each other both did, and the later one is not far below
 * the earlier, nor was it full again since. One that is being taken apart, entry by entry, has less
 * at each look. `series` may be NULL. */
bool reading_series_stayed_low(const struct reading_series *series, uint64_t capacity,
                               uint64_t limit, uint64_t until_ms);

void reading_log_free(struct reading_log *log);

#endif
