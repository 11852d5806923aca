/*
 * Work memory for looking at arrays: too large for the stacks of the host's threads, and malloc is
 * not ours to call. A few pieces, each mapped on first use and kept; whoever finds both taken does
 * without.
 */
#ifndef HASHTRACK_SCRATCH_H
#define HASHTRACK_SCRATCH_H

#include "layouts/layout.h"
#include "registry.h"
#include "signature.h"
#include "table_header.h"

#define SCRATCH_COUNTS 256u

/* What the layouts said of an array in this look. */
struct recognised {
    uint64_t sequence;           /* of the array; 0: unused */
    uint64_t bytes;              /* before a realloc it had fewer */
    const struct layout *layout; /* NULL: none */
    const struct layout *only;   /* NULL: all were asked; else this one alone, and it said no */
    struct table_reading reading;
};

#define SCRATCH_RECOGNISED 4u

/* Which words lead into the two arrays of a growth, where all were looked for once: they are asked
 * for several reasons. */
#define SCRATCH_PLACES 32u

struct found_places {
    uint64_t array, old; /* their addresses; 0: nothing was looked for, or not everywhere */
    uint32_t count;
    struct header_place places[SCRATCH_PLACES];
};

/* What nobody takes away while there is no other thread. */
struct lone_memory {
    struct steady_memory steady; /* first */
    uint64_t heap_end;
};

struct scratch {
    uint64_t counts[SCRATCH_COUNTS]; /* early_growth.c's: what slots of several sizes hold */
    struct signature_work signature;
    struct layout_view view;
    struct cached_reader reader;
    struct lone_memory lone;
    struct recognised recognised[SCRATCH_RECOGNISED];
    unsigned recognised_next;
    struct found_places found_places;
    unsigned char layout_scratch[LAYOUT_SCRATCH_BYTES];
};

/* A piece for this thread, its view set up for reading our own process. NULL, and counted, when
 * none is free, or the stack is a signal handler's own: a look takes up to 8 KiB of it. */
struct scratch *scratch_take(void);
void scratch_return(struct scratch *scratch);

/* What is read of the array may be read directly: it is this thread's own to free or to resize
 * (is_own), or there is no other thread that could take it away. */
void scratch_rely_on(struct scratch *scratch, const struct array_record *array, bool is_own);

/* The same of this thread's stack and what lies above it. */
void scratch_rely_on_stack(struct scratch *scratch, uint64_t start, uint64_t end);

#define SCRATCH_PIECES 8u

/* Of the pieces that are mapped the nth, taken or free; NULL when it is not. */
const struct scratch *scratch_piece(unsigned nth);

/* Whether no other thread is there that could take memory away while this one makes a snapshot;
 * then the heap as well. */
bool scratch_is_only_thread(struct memory_range *heap);

/* From now on other processes have this memory, or threads that libc does not count: nothing is
 * read where it lies any more. */
void scratch_share_memory(void);

/* Once, before any look. */
void scratch_start(void);

/* In the child of a fork: the pieces that other threads had are mapped anew when needed. */
void scratch_after_fork(void);

#endif
