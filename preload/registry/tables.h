/*
 * The tables of the registry: which arrays each has, how it grew, what it held when.
 *
 * Every function takes tables_lock itself, but for tables_resolve, and some a shard's lock after
 * it: none may be called under either. What is asked of a table that is gone is not done.
 */
#ifndef HASHTRACK_TABLES_H
#define HASHTRACK_TABLES_H

#include "layouts/layout.h"
#include "registry.h"

/* What a comparison of an array and its successor found (signature.h), as far as a growth keeps it.
 */
struct growth_evidence {
    uint32_t occupied_ppm;
    uint32_t moved_ppm;
    uint64_t live;     /* entries that moved; 0 not counted */
    bool is_estimate;  /* counted without a layout */
    bool by_steps;     /* entries came in while others moved: the load at the growth is not known */
    bool is_scattered; /* what the old array held lies all over the new one */
    bool is_copied;    /* or where it lay */
};

/* The table of `old` got `new_array` in its place: makes the table when this is its first growth.
 * `old` may be gone already (its record is a copy); new_array must be live. Returns the table. */
uint32_t tables_link(struct registry *registry, const struct array_record *old, uint32_t new_index,
                     const struct array_record *new_array, const struct growth_evidence *evidence);

/* The array belongs to the table, too: it was allocated with the array that grew. */
void tables_add_array(struct registry *registry, uint32_t table, uint32_t index,
                      const struct array_record *array);

/* The two tables are one: their arrays grew together. Returns the one that stays: the older, or the
 * only one that there is. */
uint32_t tables_merge(struct registry *registry, uint32_t a, uint32_t b);

/* A table that was recognised but never seen growing; 0 when the pool is full. */
uint32_t tables_adopt(struct registry *registry, uint32_t index, const struct array_record *array);

/* Follows merges. Any index is safe; 0 when there is no such table. */
uint32_t tables_resolve(const struct registry *registry, uint32_t table);

/* The table is gone and nothing about it is worth reporting: its records are used again. */
void tables_forget(struct registry *registry, uint32_t table);

/* Copies the record; false when there is none or the lock was not to be had. */
bool tables_get(struct registry *registry, uint32_t table, struct table_record *out);

/* Sets what was learnt about the slots of the table's arrays. */
void tables_set_profile(struct registry *registry, uint32_t table,
                        const struct slot_profile *profile);

/* Sets where the table's own object keeps its numbers. */
void tables_set_header(struct registry *registry, uint32_t table,
                       const struct header_profile *header);
void tables_set_scale(struct registry *registry, uint32_t table, const struct scale_profile *scale);

/* The entries that the table's own object counted at the growth that was linked last. What its
 * slots seemed to hold at this growth and those before does not count any more. */
void tables_count_growth(struct registry *registry, uint32_t table, uint64_t live);

/* What a growth taught about its buckets (bucket_shape.h). */
void tables_set_buckets(struct registry *registry, uint32_t table,
                        const struct bucket_shape *buckets);
void tables_set_regions(struct registry *registry, uint32_t table,
                        const struct flag_regions *regions);

/* Notes that both are tables of their own, whatever else looks as if they were one; whether that
 * was noted, of these or of what was merged into them. */
void tables_set_apart(struct registry *registry, uint32_t a, uint32_t b);
bool tables_are_apart(struct registry *registry, uint32_t a, uint32_t b);

/* Whether what is known of the table proves it to be one by now (TABLE_DOUBTFUL). */
void tables_set_doubtful(struct registry *registry, uint32_t table, bool is_doubtful);
bool tables_is_doubtful(const struct registry *registry, uint32_t table);

/* How a table_record names a layout: its position in all_layouts plus 1, 0 for none. */
uint32_t tables_layout_number(const struct layout *layout);

/* At a growth its arrays looked like those of that layout (its number; 0: of none). */
void tables_vouch(struct registry *registry, uint32_t table, uint32_t layout);

/* The table was recognised as one of that layout (its number). */
void tables_set_layout(struct registry *registry, uint32_t table, uint32_t layout);

/* What the table holds now. Keeps a point of its timeline and raises its proven peak. */
void tables_add_reading(struct registry *registry, uint32_t table, uint64_t capacity,
                        uint64_t live);

/* The table's array with this sequence is gone. Returns how many it has left; UINT32_MAX when it
 * cannot be told. */
unsigned tables_drop_array(struct registry *registry, uint32_t table, uint32_t sequence);

/* The array is gone without a look at it; so is its table, when it was the last. */
void tables_abandon_array(struct registry *registry, const struct array_record *array);

/* The table is gone with its last array; `reading` is what that held, NULL when it was not read. */
void tables_set_freed(struct registry *registry, uint32_t table, const struct array_record *array,
                      const struct table_reading *reading, uint32_t layout, enum dump_read read,
                      uint64_t resident_bytes);

/* The table's array is about to be cleared; `reading` is what it holds, DUMP_READ_NONE when it was
 * not read. Kept until the array is freed. */
void tables_set_cleared(struct registry *registry, uint32_t table, const struct array_record *array,
                        const struct table_reading *reading, uint32_t layout, enum dump_read read);

#endif
