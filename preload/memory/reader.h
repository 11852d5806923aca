/*
 * Reading memory that may vanish, belong to somebody else or never have existed.
 *
 * Layout readers see memory only through this interface, so that one reader serves a table of our
 * own process, of another process, of a core file, and a buffer of random bytes in the fuzzer.
 * A reader allocates nothing; only cached_reader keeps anything between calls.
 */
#ifndef HASHTRACK_READER_H
#define HASHTRACK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "held_signals.h"

struct memory_reader {
    /* Copies `bytes` bytes from `address` into `into`: all of them and true, or false, in which
     * case the contents of `into` are undefined. Never faults, never changes errno. */
    bool (*read)(const struct memory_reader *reader, uint64_t address, void *into, size_t bytes);
    /* The same for `count` pieces of `bytes` bytes each, at[n] going to into + n * bytes, by fewer
     * system calls; or NULL. */
    bool (*read_pieces)(const struct memory_reader *reader, const uint64_t *at, unsigned count,
                        void *into, size_t bytes);
    /* The bytes where they are, if they may be looked at there until the reader is started again;
     * NULL: they are to be read. Or NULL. */
    const unsigned char *(*borrow)(const struct memory_reader *reader, uint64_t address,
                                   size_t bytes);
    pid_t pid;    /* for process_reader */
    pid_t thread; /* of our own process, the one that reads; 0: asked for at each read */
};

/* A reader of another process (pid) or of our own (pid 0) by process_vm_readv(2). Reading ourselves
 * that way costs 2 µs for each page (measured: the kernel looks up and pins every one) and never
 * faults, whatever another thread unmaps. */
struct memory_reader process_reader(pid_t pid);

/* Whether a byte of our own process can be read. */
bool process_can_read(uint64_t address);

/* Reads many pieces of the same length: see memory_reader. False when any could not be read. */
static inline bool read_pieces(const struct memory_reader *reader, const uint64_t *at,
                               unsigned count, void *into, size_t bytes)
{
    if (reader->read_pieces)
        return reader->read_pieces(reader, at, count, into, bytes);
    for (unsigned i = 0; i < count; i++)
        if (!reader->read(reader, at[i], (unsigned char *)into + i * bytes, bytes))
            return false;
    return true;
}

#define SPREAD_MOST 32u

/* Reads so many pieces, 2 to SPREAD_MOST, that lie evenly apart in a block, the first at its
 * beginning and the last at its end, at multiples of 8 from there. False when the block has no room
 * for one or any could not be read. */
static inline bool read_spread(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                               unsigned count, void *into, size_t piece)
{
    uint64_t at[SPREAD_MOST];
    if (bytes < piece)
        return false;
    for (unsigned i = 0; i < count; i++)
        at[i] = address + ((bytes - piece) / (count - 1) * i & ~(uint64_t)7);
    return read_pieces(reader, at, count, into, piece);
}

/* The bytes at `address`: where they are, or copied into `room`. NULL when they cannot be read. */
static inline const unsigned char *see_bytes(const struct memory_reader *reader, uint64_t address,
                                             unsigned char *room, size_t bytes)
{
    const unsigned char *there = reader->borrow ? reader->borrow(reader, address, bytes) : NULL;
    if (there)
        return there;
    return reader->read(reader, address, room, bytes) ? room : NULL;
}

/* A process_reader that remembers the last kilobytes it read: a layout asks for a few words at a
 * time, and the next one for the same words. For looking at one array, by one thread. */
#define CACHED_LINE_BYTES 1024u
#define CACHED_LINES      32u
#define CACHED_WAYS       4u /* a line has so many places */
#define CACHED_SETS       (CACHED_LINES / CACHED_WAYS)
#define CACHED_ABSENT     64u
#define READER_STEADY     6u
#define READER_PAGES      256u

/* Memory from start up to end. */
struct memory_range {
    uint64_t start, end;
};

/* Memory of our own process that nobody takes away for a while, so that it need not be copied:
 * `until` says where what the address lies in ends, or 0 when it is none of it. */
struct steady_memory {
    uint64_t (*until)(const struct steady_memory *steady, uint64_t address);
    /* The same for one mapping, which the program gave itself the right to read; or NULL. */
    uint64_t (*mapped_until)(const struct steady_memory *steady, uint64_t address);
};

struct cached_reader {
    struct memory_reader reader;       /* first: what the code that reads gets */
    struct held_signals signals;       /* from the first word that is read where it lies */
    const struct steady_memory *known; /* besides `steady`; or NULL */
    uint64_t lines[CACHED_LINES];      /* address of each; 0: none */
    uint64_t absent[CACHED_ABSENT];    /* of lines that could not be read */
    uint8_t line_next[CACHED_SETS];    /* in each set, which one is read over next */
    struct memory_range steady[READER_STEADY];
    unsigned steady_next;
    struct memory_range near;     /* of those and what is known, where was read last */
    uint64_t pages[READER_PAGES]; /* in those: number plus 1 of each that was found readable */
    unsigned char bytes[CACHED_LINES][CACHED_LINE_BYTES];
};

/* To begin with, and again for each array: what was read before is forgotten. */
void cached_reader_start(struct cached_reader *cached, pid_t pid);

/* For the next array where nobody has written to memory meanwhile: what was copied stays. */
void cached_reader_go_on(struct cached_reader *cached);

/* At the end: no byte that was borrowed may be looked at any more, and signals come through. */
void cached_reader_stop(struct cached_reader *cached);

/* Whoever calls this knows that nobody takes this memory of our own process away, or the right to
 * read it, until the reader is started again: it is read directly. The last six such calls hold.
 */
void cached_reader_rely_on(struct cached_reader *cached, uint64_t address, uint64_t bytes);

#endif
