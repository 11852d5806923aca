/*
 * What a table held when the last of its arrays was freed: most tables of a program that ends well
 * are gone before the last snapshot, and were hollow until then.
 *
 * Runs inside the tracker, under no lock, and takes TABLES and lower as it needs.
 */
#ifndef HASHTRACK_GROWTH_LAST_READING_H
#define HASHTRACK_GROWTH_LAST_READING_H

#include "growth_successor.h"
#include "registry.h"
#include "scratch.h"

/* What the table of an array holds while the array is still there, and how that was come by. */
struct last_reading {
    struct table_reading reading;
    const struct layout *layout; /* NULL: it is of no known one */
    enum dump_read read;
};

/* What happens to the array: where a destructor takes the entries first (struct layout), an object
 * that names an array which is freed says nothing, for that of a rehash may do so, too. */
enum last_moment { MOMENT_FREED, MOMENT_CLEARED };

/* `table` is the array's, `record` a copy of its record; 0 and an empty one: it has none. */
void growth_read_last(struct registry *registry, struct scratch *scratch,
                      const struct array_record *array, uint32_t table, enum last_moment moment,
                      struct table_record *record, struct last_reading *out);

/* How often arrays that were not seen growing are asked whose they are, as they are cleared or
 * freed: by the call stack that allocated them. */
struct look_rate *growth_held_looks(struct registry *registry, const struct array_record *array,
                                    enum last_moment moment);

/* Worth a line in the report although it is gone: at least half a megabyte, mostly empty. */
bool growth_was_hollow(const struct table_reading *reading, uint64_t bytes);

/* The array dies without a successor, and its table with the last of them. Whether it was a table
 * worth a line. The first of several arrays to die has the most to tell: the others are there yet.
 * `held`: where what it held is now. */
bool growth_last_reading(struct registry *registry, struct scratch *scratch,
                         const struct array_record *array, enum growth_held held);

/* Whether of a large block hardly a page is in memory: it was not used, so nothing is lost with it,
 * and to read all of it would cost more than the program has spent on it. (gdk-pixbuf's own tests
 * ask for an image of 12 GB and free it: 15 s instead of 0.1 s. LTP's mallocstress does so by the
 * thousand.) */
bool growth_is_hardly_touched(const struct array_record *array);

/* A small table's array dies without being looked at: the table is not followed any longer. */
void growth_drop_unseen(struct registry *registry, const struct array_record *array);

#endif
