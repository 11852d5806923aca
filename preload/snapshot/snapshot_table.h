/*
 * One table into the dump: what the three sources of tables (snapshot_tables.c) have in common.
 */
#ifndef HASHTRACK_SNAPSHOT_TABLE_H
#define HASHTRACK_SNAPSHOT_TABLE_H

#include "snapshot.h"

/* Smaller arrays are no table worth a finding: 1 MiB is the least that is reported. */
#define SNAPSHOT_LEAST_BYTES 2048u
/* The report names what saves a hundredth of the tracked bytes. Slots of four bytes that number
 * entries of 128 are the smallest part of what they save together. */
#define SNAPSHOT_SHARE_NAMED 100u
#define SNAPSHOT_MOST_BEHIND 32u

/* What the table's object told of its last growth, in its own slots, in the place of what the
 * growths showed. After snapshot_fill_history. */
void snapshot_fill_growth(const struct table_reading *reading, struct dump_table *table);

/* The order of these calls: new_table; its fields; fill_reading, fill_history, add_array for each
 * of its arrays; finish_table. `number` is the table's in the dump, the count of TABLES before it.
 */
struct dump_table snapshot_new_table(struct snapshot *snapshot, const char *implementation);
void snapshot_fill_reading(struct dump_table *table, const struct table_reading *reading);
void snapshot_fill_history(struct snapshot *snapshot, const struct table_record *record,
                           struct dump_table *table, uint32_t number);
/* In its place: of a table that the registry does not know. */
void snapshot_fill_birth(struct snapshot *snapshot, const struct array_record *array,
                         struct dump_table *table);
void snapshot_add_array(struct snapshot *snapshot, struct dump_table *table, uint32_t number,
                        struct live_array *array, enum dump_role role);
void snapshot_finish_table(struct snapshot *snapshot, struct dump_table *table);

/* All of it, for a table of no known implementation that is this one array and that the registry
 * may not know yet. */
void snapshot_add_unknown(struct snapshot *snapshot, struct live_array *array,
                          const struct table_reading *reading, enum dump_table_kind kind,
                          enum dump_role role);

/* The arrays of a table that is being read; the first is the one whose slots were studied. */
struct table_arrays {
    struct live_array *list[TABLE_MAX_ARRAYS];
    enum dump_role roles[TABLE_MAX_ARRAYS];
    uint32_t count;
};

/* There must be room for it. */
static inline void table_arrays_add(struct table_arrays *arrays, struct live_array *array,
                                    enum dump_role role)
{
    arrays->roles[arrays->count] = role;
    arrays->list[arrays->count++] = array;
}

/* Adds the arrays of the entries whose numbers the slots of the first array hold. Where all entries
 * hang from these slots, once each, the reading says so. */
void snapshot_add_entries(struct snapshot *snapshot, const struct slot_profile *profile,
                          struct table_reading *reading, struct table_arrays *arrays);

/* The kind of a table whose slots look like that. */
static inline enum dump_table_kind snapshot_kind_of(const struct slot_profile *profile)
{
    if (profile->is_indexed && profile->column_bytes == 4)
        return DUMP_KIND_COMPACT;
    return profile->is_chained || profile->is_indexed ? DUMP_KIND_CHAINED : DUMP_KIND_OPEN;
}

/* snapshot_unknown.c: the table `index` of the registry, unless a layout has taken its arrays. */
void snapshot_unknown_table(struct snapshot *snapshot, uint32_t index,
                            const struct table_record *record);

/* A count that is off so far, or a sure one that another source contradicts. */
#define SNAPSHOT_COLUMNS_FEW  16u
#define SNAPSHOT_DOUBTFUL_PPM 600000u
struct slot_columns;

/* snapshot_doubt.c: where one column of the slots has become empty or the same, and another one has
 * its words yet, the keys may have been marked or the values cleared. With no count all of them may
 * be live, unless the table's growths have shown what such slots are. */
void snapshot_doubt_columns(const struct snapshot *snapshot, const struct table_record *record,
                            const struct slot_columns *columns, struct table_reading *reading);

/* snapshot_halves.c: the other array of a table that is moving its entries, which the reading of
 * the first is completed by; NULL when there is none. */
struct live_array *snapshot_add_half(struct snapshot *snapshot, const struct table_record *record,
                                     const struct live_array *first, struct table_reading *reading);

/* The array into which the table is moving its entries step by step, where it has one: larger, made
 * after its own by the same function, beside which some object that holds both names its slots.
 * NULL: none. How many entries the table has cannot be told then, unless snapshot_add_half() can.
 */
struct live_array *snapshot_moving_to(struct snapshot *snapshot, const struct table_record *record,
                                      const struct live_array *first);

/* snapshot_ends.c: puts into the copy of the table's record what its growths could not tell of a
 * block that was rounded up, as the object spoke of the array before. */
void snapshot_end_slots(const struct snapshot *snapshot, const struct live_array *array,
                        struct table_record *record);

/* snapshot_together.c: adds the arrays that came into being in the table's last growth and that its
 * object points at. */
void snapshot_add_together(struct snapshot *snapshot, uint32_t table,
                           const struct table_record *record, const struct table_reading *reading,
                           struct table_arrays *arrays);

/* snapshot_replaced.c: whether a table whose array was freed goes on in an array that is still
 * there.
 */
bool snapshot_is_replaced(const struct snapshot *snapshot, const struct table_record *record);

/* Whether the place is in static data or in the heap, where objects are, and on no stack. The
 * context is the snapshot. */
bool snapshot_is_object(uint64_t place, void *context);

/* What the table's own object says, where it is found: corrects the reading. `header` is what is
 * known of it, nothing if its growths are 0. */
void snapshot_read_header(struct snapshot *snapshot, const struct header_profile *header,
                          const struct slot_profile *profile, const struct live_array *array,
                          struct table_reading *reading);

/* Whether a layout recognises the array, which belongs to no table yet, and about which it may not
 * have been asked, as there are many small ones; adds the table then. */
bool snapshot_recognise(struct snapshot *snapshot, const struct live_array *array);

/* Whether the array is an arena of CPython's allocator, and so none of a table. */
bool snapshot_is_of_pools(const struct snapshot *snapshot, const struct array_record *array);

/* snapshot_alike.c: learns from the tables that were studied when they grew, before the first of
 * them is added. Of larger arrays no more than seven of eight growths are passed over
 * (look_rate.h). */
#define SNAPSHOT_MOST_ALIKE ((uint64_t)1 << 20)
void snapshot_alike_learn(struct snapshot *snapshot);

/* Reads the table's array by what was learnt of others of its call stack; how its slots look, or
 * NULL where that is not known. */
const struct slot_profile *snapshot_alike_read(struct snapshot *snapshot,
                                               const struct live_array *array,
                                               struct table_reading *out);

/* The arrays of those call stacks that belong to no table: they are tables, too. */
void snapshot_alike_tables(struct snapshot *snapshot);

/* snapshot_tagged.c: the array as one of groups with a byte for each slot. */
bool snapshot_read_tagged(struct snapshot *snapshot, const struct live_array *array, bool has_grown,
                          struct table_reading *reading);
/* snapshot_doubt.c: whether two of the arrays, whose slots look so, are a permutation and its
 * inverse, and no table. */
bool snapshot_are_inverse(const struct snapshot *snapshot, const struct table_arrays *arrays,
                          const struct slot_profile *profile);

/* The table of an array that belongs to none yet; false when it is no such table. */
bool snapshot_tagged_table(struct snapshot *snapshot, struct live_array *array);
/* Small ones, of which none proves itself. */
void snapshot_tagged_tables(struct snapshot *snapshot);

/* snapshot_counted.c: the table of this array by what its object counts. False when it is none. */
bool snapshot_counted_table(struct snapshot *snapshot, struct live_array *array);

/* snapshot_static.c: for the program's own code, which may have hashed the array's keys: sets
 * snapshot->view.own_hashes, or NULL where that is not to be asked. */
void snapshot_prepare_own_hashes(struct snapshot *snapshot, const struct live_array *array);
/* Adds the table that was found. `part`: of the block, which is the table's array; or NULL. */
struct static_reading;
void snapshot_add_static(struct snapshot *snapshot, struct live_array *array,
                         const struct block *part, const struct static_reading *reading);
/* The table of this array by where its entries are. False when it is none. */
bool snapshot_static_table(struct snapshot *snapshot, struct live_array *array);

/* The same of heads in front of their links, alone. */
bool snapshot_split_table(struct snapshot *snapshot, struct live_array *array);

/* The same file: the array as a block of entries and an index of them (index_region.h). */
bool snapshot_read_index_region(struct snapshot *snapshot, const struct live_array *array,
                                struct table_reading *reading);

/* Before any array is read: which of them the program has hardly used. */
void snapshot_note_touched(struct snapshot *snapshot);

/* The registry's table of an array that is known to be one's only now, with that reading added; 0:
 * the registry is full. */
uint32_t snapshot_static_history(struct snapshot *snapshot, const struct live_array *array,
                                 const struct table_reading *reading);

/* The table of an array that lies in several blocks, which the view has as one; `last`: the
 * youngest of them. False when it is none. */
struct static_reading;
bool snapshot_static_whole(struct snapshot *snapshot, struct layout_view *view,
                           const struct block *whole, const struct live_array *last,
                           struct static_reading *out);

/* An array of the table that is a part of a block, or of something that is none: also the place by
 * which its owner is found. */
void snapshot_add_part(struct snapshot *snapshot, struct dump_table *table, uint32_t number,
                       const struct array_record *whole, const struct block *part);

/* Memory for the pieces of an array; false, and the snapshot is not complete, without any. */
bool snapshot_make_pieces(struct snapshot *snapshot);

/* snapshot_globals.c: the tables whose arrays are static or thread-local variables. */
void snapshot_global_tables(struct snapshot *snapshot);

/* snapshot_segments.c: the tables whose arrays lie in segments. */
void snapshot_segmented_tables(struct snapshot *snapshot);

/* All arrays that no table has taken, and that belong to none. */
void snapshot_static_tables(struct snapshot *snapshot);

#endif
