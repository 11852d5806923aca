/*
 * A snapshot: every table read, and a dump written.
 *
 * Runs in the tracked process at its ends and when asked, and in `hashtrack snapshot PID` on a copy
 * of the process's registry. Everything of the program is read through the memory reader.
 */
#ifndef HASHTRACK_SNAPSHOT_H
#define HASHTRACK_SNAPSHOT_H

#include "dump_writer.h"
#include "layouts/layout.h"
#include "live_arrays.h"
#include "pointer_scan.h"
#include "regions.h"
#include "registry.h"
#include "residency.h"
#include "stack.h"

#define SNAPSHOT_PROGRAM_BYTES 1024
#define SNAPSHOT_MOST_FRAMES   512u
#define SNAPSHOT_OWN_RANGES    16u

struct snapshot {
    struct registry *registry; /* ours, or a copy of another process's */
    struct memory_reader reader;
    enum dump_reason reason;
    const char *label;
    uint32_t ordinal; /* 0: the final one */
    uint32_t at_ms;   /* when it was asked for: reading large tables takes time */
    bool is_outside;  /* another process's: the tracker's own memory is excluded already */

    bool is_hurried; /* no pass over memory for owners alone */
    /* Of the thread that makes the snapshot, when it is one of the process's. */
    struct stack_frame frames[SNAPSHOT_MOST_FRAMES];
    uint32_t frame_count;
    uint64_t thread_pointer;
    const char *left_at; /* where that thread's stack was left for one of ours; or NULL */
    struct memory_range dead_stack; /* of that thread's, below the program's frames; or empty */

    /* There is no other thread that could take memory away meanwhile: the arrays and the heap are
     * read where they are, until a signal has to be let through. Else all is copied. */
    bool is_only_thread;
    struct memory_range heap;

    /* Memory of the tracker's besides its records. */
    struct own_memory {
        const void *memory;
        size_t bytes;
    } own[SNAPSHOT_OWN_RANGES];

    /* The rest is the work in progress. */
    char program[SNAPSHOT_PROGRAM_BYTES]; /* path of the executable, empty when unknown */
    struct buffer_nest nest;
    struct dump_contents contents;
    struct buffer maps; /* as they were when the snapshot began; empty: unknown */
    struct live_arrays arrays;
    struct pointer_scan pointers;
    struct residency residency;
    struct layout_view view;
    struct cached_reader words; /* the view's */
    bool are_words_begun;
    struct snapshot_steady {
        struct steady_memory memory; /* first: what the readers get */
        const struct snapshot *snapshot;
        struct buffer
            readable; /* struct memory_range: anonymous mappings, when they are asked for */
        bool is_listed;
    } steady;
    struct buffer alike, alike_numbers;  /* snapshot_alike.c: by site, and a uint32_t per site */
    struct static_pieces *static_pieces; /* mapped when an array is first looked at for them */
    struct own_hashes *own_hashes;       /* the same */
    struct tagged_work *tagged;          /* the same */
    struct regions regions;              /* through snapshot_regions() only */
    bool regions_asked, regions_known;
    uint32_t loaded_modules; /* how many of MODULES are; behind them come unloaded ones */
    struct buffer
        site_numbers; /* uint32_t per site of the registry: its index in the dump plus 1 */
    struct buffer script_numbers; /* the same per place in a script */
    bool complete;
};

/* Reads everything into snapshot->contents. False when there was no memory for a dump at all. */
bool snapshot_collect(struct snapshot *snapshot);

/* The name of the dump file: hashtrack.<program>.<pid>[.<n>-<label>].htd, odd characters as '_'. */
#define SNAPSHOT_NAME_BYTES 256
void snapshot_file_name(const struct snapshot *snapshot, const char *program, char *name);

/* Path of the executable of process `pid` (0: ours), empty when unknown. */
void snapshot_program(int pid, char *path, size_t room);

void snapshot_free(struct snapshot *snapshot);

/* Before the next array is looked at: the words read for the one before are forgotten, if anybody
 * may have written to them. */
void snapshot_next_array(struct snapshot *snapshot);

/* --- the parts of snapshot_collect, each in a file of its own --- */

/* snapshot_tables.c: TABLES, ARRAYS, GROWTHS, READINGS. */
void snapshot_tables(struct snapshot *snapshot);

/* What each place of the process is, found out when it is first asked for; NULL when it could not
 * be. */
const struct regions *snapshot_regions(struct snapshot *snapshot);

/* owners.c: OWNERS, after the tables. */
void snapshot_owners(struct snapshot *snapshot);

/* snapshot_sites.c: the index in SITES of a site of the registry, adding it and its frames; and
 * MODULES, which must come first and reads the maps. */
void snapshot_modules(struct snapshot *snapshot);
struct buffer
snapshot_loaded_modules(const struct snapshot *snapshot); /* a view, for modules_find */
uint32_t snapshot_site(struct snapshot *snapshot, uint32_t site);
/* GROWN_PLACES. */
void snapshot_grown_places(struct snapshot *snapshot);

#endif
