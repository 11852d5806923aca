/*
 * What a growth teaches about the table's own object: where it is, which of its words count, and,
 * where the slots do not show themselves, how large they are.
 */
#ifndef HASHTRACK_GROWTH_OBJECT_H
#define HASHTRACK_GROWTH_OBJECT_H

#include "growth_link.h"
#include "table_header.h"
#include "tables.h"

/* Smaller arrays are linked and not studied: programs have thousands, and no finding comes of them.
 */
#define GROWTH_LEAST_STUDIED_BYTES 32768u

/* What a growth taught. */
struct study {
    struct growth_evidence evidence;
    struct slot_profile profile;  /* slot_bytes 0 when the slots were not learnt */
    uint64_t capacity;            /* of the new array; 0 when it is not known */
    uint64_t live, live_error;    /* in the new array, where the profile was learnt from it */
    uint64_t numbers;             /* in its slots (struct table_reading) */
    struct header_profile header; /* growths 0 when it was not looked for yet */
    struct scale_profile scale;   /* growths 0 when none was found */
    const struct layout *layout;  /* that recognises the table, or NULL */
    bool is_known;                /* there is one */
    bool is_overfull;             /* the old array would have held more entries than slots */
    bool is_packed;               /* what it holds lies in one piece: scattered by no hash */
};

/* Where the slots were not learnt from the array: by what the object says. Sets the profile, the
 * header and what follows from them. */
void growth_object_slots(struct registry *registry, struct scratch *scratch,
                         const struct growth_link *link, struct study *study);

/* Finds the words of the object that grow as the array does, for a table whose slots do not show
 * what the object counts. */
void growth_object_scale(struct registry *registry, struct scratch *scratch,
                         const struct growth_link *link, struct study *study);

/* The same right after a realloc of a known table's array, when the object has told nobody yet. */
void growth_object_reallocated(struct registry *registry, uint32_t table,
                               const struct array_record *old, const struct array_record *array);

/* A new array: keeps what the object of the table whose array it may be going to replace says
 * before the entries move. */
void growth_object_born(struct registry *registry, const struct array_record *array);

/* What is known of the new array while its table's object is looked for. */
struct header_facts growth_object_facts(const struct growth_link *link, const struct study *study);

/* Finds the words that count in the object and gives them to the table. Where they agree with slots
 * of another size than was learnt, the table's slots have that size. */
void growth_object_counts(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct growth_link *link, const struct study *study);

/* Notes how many entries the object, or the flags of its buckets, counted at the growth, once they
 * are believed. Last of all. */
void growth_object_note(struct registry *registry, struct scratch *scratch, uint32_t table,
                        const struct array_record *old, const struct array_record *array);

#endif
