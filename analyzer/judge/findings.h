/*
 * A dump with an opinion: every table judged, with its name, its verdict and its advice. All
 * outputs (text, JSON, diff) start from here and add no judgement of their own.
 */
#ifndef HASHTRACK_FINDINGS_H
#define HASHTRACK_FINDINGS_H

#include "advice.h"
#include "table_groups.h"
#include "table_identity.h"

/* Below this confidence a table is a suspect: named, but counted in no total. */
#define CONFIDENT_PPM 500000u

struct judged_table {
    const struct dump_table *table;
    const struct layout *layout; /* NULL for an implementation that is not known */
    const char *implementation;
    struct saving saving;
    struct judgement judgement;
    struct advice *advice; /* NULL for none: it is four times as long as the rest */
    size_t advice_count;
    char id[TABLE_ID_BYTES];
    bool freed;                      /* DUMP_TABLE_FREED: at the end of the run or before */
    bool freed_at_end;               /* freed_at_end.h */
    bool sibling_grew;               /* siblings.h */
    const struct table_group *group; /* the finding that it is a part of; NULL: it stands alone */
    const uint32_t *owners;          /* into the dump's OWNERS: owner.h */
    size_t owner_count;
};

/* Where a judged table belongs in a report. */
enum finding_class {
    CLASS_FINDING, /* counts in hollow_bytes */
    CLASS_SUSPECT, /* a finding, were we surer that this is a table */
    CLASS_FREED,   /* was a finding when it was freed, before the end of the run */
    CLASS_QUIET,   /* nothing to say */
};

/* How many tables of two classes come from a place (telling_place). */
struct site_tally {
    uint32_t quiet, findings;
};

struct findings {
    const struct dump *dump;
    /* By class, then the best saving first, then by number; a group together, as one. */
    struct judged_table *tables;
    size_t count;
    size_t class_count[CLASS_QUIET + 1];
    uint32_t *place_of_site;    /* by index into the dump's SITES: the first of the same lines */
    struct site_tally *of_site; /* by place */
    struct table_group *groups;
    size_t group_count;
    struct finding_limits limits;       /* with the default put in */
    uint64_t table_bytes;               /* of tables that were kept */
    uint64_t hollow_bytes;              /* what the best fix of every finding saves, together */
    uint64_t hollow_bytes_freed_at_end; /* that part of it which was freed at the end */
    uint64_t dropped_records;
    uint32_t *owners_by_table; /* what the tables' `owners` point into */
};

/* `limits` NULL asks for the defaults. With a symbolizer, which may be NULL, call stacks of the
 * same source lines are one place (source_places.h). Fails with STATUS_UNTRACKABLE for a dump in
 * which malloc calls never reached the tracker: that nothing was found there means nothing. */
bool findings_make(const struct dump *dump, const struct finding_limits *limits,
                   struct symbolizer *symbolizer, struct findings *findings, struct error *error);
void findings_free(struct findings *findings);

/* The table is in use, or was until the program ended: its bytes count. */
bool is_kept(const struct judged_table *judged);

enum finding_class finding_class(const struct judged_table *judged);

/* The verdict of a table that the rest but the advice is known of. */
void findings_judge(const struct findings *findings, struct judged_table *judged,
                    uint64_t min_saving);

/* Where the finding that begins at tables[first] ends: a group is one finding. */
size_t finding_end(const struct findings *findings, size_t first);

/* How many findings and quiet tables there are, a group counted once; and that with the number,
 * from 1 on. */
size_t finding_numbers(const struct findings *findings);
const struct judged_table *finding_of_number(const struct findings *findings, size_t number);

/* What the best fix saves: of the table, or of all tables of its group. */
uint64_t finding_saving(const struct judged_table *judged);

/* The site that says where a table comes from: its last growth, or its birth; DUMP_NONE. */
uint32_t telling_site(const struct dump_table *table);

/* The site that stands for all of the same source lines as that one; DUMP_NONE. */
uint32_t telling_place(const struct findings *findings, const struct dump_table *table);

#endif
