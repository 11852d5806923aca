/*
 * What a layout is: how one hash-table implementation lies in memory, and what is known about it.
 *
 * One file per implementation; to add one, write the file and add a line to list.h
 * (docs/adding-a-layout.md goes through it). The functions run in three places: inside the tracked
 * process, in `hashtrack snapshot PID`, and in the fuzzer. So: no malloc, no static state, no
 * dereference of an address (layout_read only), every loop bounded by block->bytes or by a
 * constant, at most about 1 KiB of stack (a host's thread may have 16 KiB).
 */
#ifndef HASHTRACK_LAYOUT_H
#define HASHTRACK_LAYOUT_H

#include "arithmetic.h"
#include "dump_format.h"
#include "reader.h"

/* A live block as the allocator gave it. */
struct block {
    uint64_t address;
    uint64_t bytes; /* as requested: most size formulas hinge on the exact number */
};

static inline bool block_has(const struct block *block, uint64_t address)
{
    return address - block->address < block->bytes;
}

#define LAYOUT_MAX_ARRAYS 4

struct layout_array {
    uint64_t address;
    uint64_t bytes;
    enum dump_role role;
};

/* What one reading of a table found. Zero-initialised by the caller of recognise(). */
struct table_reading {
    uint64_t header; /* address of the object that points at the array; 0 unknown */
    uint64_t capacity;
    uint64_t live;
    uint64_t live_error; /* one standard error; 0 for an exact count */
    uint64_t tombstones;
    uint64_t slot_bytes;   /* over all arrays */
    uint64_t value_bytes;  /* inline value alone, where it can be told */
    uint64_t entry_blocks; /* chained: blocks outside the arrays */
    uint64_t entry_bytes;  /* what they occupy in the allocator */
    uint32_t known;        /* DUMP_KNOWN_* for the fields above */
    uint32_t flags;        /* DUMP_TABLE_* */
    uint32_t confidence_ppm;
    uint32_t
        growth_load_ppm;   /* at which the table's object says that it grew last; 0: it does not */
    uint64_t growth_live;  /* the entries then */
    uint64_t numbers;      /* slots hold numbers of entries: the highest of them, and one */
    bool entries_are_gone; /* freed before: what was read is as it was until then */
    uint32_t array_count;  /* arrays[0] is the recognised block itself */
    struct layout_array arrays[LAYOUT_MAX_ARRAYS];
};

struct own_hashes;

/* The tracked blocks, for layouts that keep keys, values and flags in arrays of their own. */
struct block_index {
    /* The live tracked block that begins exactly at `address`. */
    bool (*find)(const struct block_index *index, uint64_t address, struct block *out);
    /* Calls visit for the live tracked blocks that were allocated just before or after the one at
     * `address` by the same thread (at most 16), nearest first, until it returns false. */
    void (*neighbours)(const struct block_index *index, uint64_t address,
                       bool (*visit)(const struct block *neighbour, void *context), void *context);
    /* An address that holds a pointer to exactly `address` (the owner found by the pointer scan),
     * or 0 when no scan was made or nothing points there. `nth` from 0. Asked about the beginning
     * of a tracked block, or about one of the handles that a layout names in it. */
    uint64_t (*pointer_to)(const struct block_index *index, uint64_t address, unsigned nth);
};

struct layout_view {
    const struct memory_reader *reader;
    const struct block_index *blocks; /* may be NULL: then only the block itself can be looked at */
    bool is_hurried;                  /* the program waits: a smaller sample will do */
    /* The array is being freed: its table's destructor may have freed the entries before it. */
    bool entries_may_be_gone;
    bool glibc_heap; /* small blocks carry glibc's chunk size before them */
    /* The layout of the last array from the same call: asked first; or NULL. */
    const struct layout *likely;
    /* The first bytes of the block being looked at, read once for all layouts. */
    size_t head_bytes;
    unsigned char head[512];
    /* The program's own code, for keys that it hashes; or NULL. */
    struct own_hashes *own_hashes;
    bool own_of_sparse; /* which are asked about arrays alone that are nearly empty */
    /* Room for scanning, owned by whoever made the view; at least LAYOUT_SCRATCH_BYTES, 8-aligned.
     */
    unsigned char *scratch;
};

#define LAYOUT_SCRATCH_BYTES 65536u
#define LAYOUT_MAX_HANDLES   32u

struct layout {
    const char *name; /* as the report prints it: "std::unordered_map" */
    enum dump_table_kind kind;

    /* Whether `block` is the main array of a table of this implementation, and what it holds. Must
     * be quick to say no: it is asked about every tracked block. */
    bool (*recognise)(struct layout_view *view, const struct block *block,
                      struct table_reading *out);

    /* Load (live / capacity) at which it grows, and right after growing: design section 6. */
    double load_limit;
    double load_after_growth;

    /* The capacity a table of this implementation gets when it is rebuilt, by the call named in
     * shrink_call or by recreating it, with `live` entries. */
    uint64_t (*capacity_for)(uint64_t live);
    /* Bytes of all arrays at that capacity; NULL: proportional to the capacity. */
    uint64_t (*bytes_for)(uint64_t capacity, const struct table_reading *now);
    /* NULL: an entry's block goes when the entry does. Else the blocks stay until the table is
     * rebuilt, and this is what those of one rebuilt to `capacity` occupy in the allocator. */
    uint64_t (*entry_bytes_for)(uint64_t capacity, const struct table_reading *now);

    bool shrinks_by_itself; /* no recreate advice */
    double shrinks_below;   /* the load at which it does; 0: any load that would be hollow */
    bool is_script_object;  /* an interpreter's: the script's variables own it, not the program's */
    bool values_are_boxed;  /* node-based: no box advice */
    /* Of a slot's bytes those that are no entry: control byte, distance, hash; at most so many. A
     * boxed entry leaves them where they are. */
    uint32_t marks_bytes;
    const char *on_erase;    /* one clause: "never shrinks" */
    const char *shrink_call; /* "m.rehash(0);" or NULL when there is none */
    const char *recreate;    /* how to rebuild it where there is no call: "d = dict(d)" */
    /* A growth leaves nothing to compare: the old array is freed before the new one is filled, or
     * its entries are moved out one by one, or they look otherwise in the new one. But the
     * recogniser knows one of the two as it is then, without a pointer scan. */
    bool grows_unseen;
    /* A destructor takes the entries out, or frees their blocks, before it frees the array: one
     * that is freed with entries is replaced. */
    bool entries_go_first;
    /* In a hurry it also recognises the array that was filled to replace the one that the table's
     * object names still. */
    bool knows_next;

    const char *source; /* "uthash 2.3.0, uthash.h: UT_hash_table, UT_hash_bucket" */

    /* NULL where the table's object points at the beginning of its array, as nearly all do. Else
     * writes the offsets in a block of that size at which it may point instead, at most
     * LAYOUT_MAX_HANDLES of them, and returns how many. */
    unsigned (*handles)(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES]);

    /* NULL where the program's variable points at the table's object. Else whether it points at the
     * block that holds the object's address at `place`: one of the entries, mostly. */
    bool (*is_entrance)(const struct layout_view *view, uint64_t place);
};

/* Every known layout, most certain recognisers first; ends with NULL. */
extern const struct layout *const all_layouts[];

/* The layout with this name or NULL. */
const struct layout *layout_by_name(const char *name);

/* The first layout that recognises the block, or NULL. Fills *out. Rereads view->head. */
const struct layout *layout_recognise(struct layout_view *view, const struct block *block,
                                      struct table_reading *out);

/* The same of one layout alone: whether it recognises the block. */
bool layout_asked(struct layout_view *view, const struct block *block, const struct layout *layout,
                  struct table_reading *out);

/* --- helpers for layout files; all return false or 0 for what cannot be read --- */

bool layout_read(const struct layout_view *view, uint64_t address, void *into, size_t bytes);
bool layout_read_u64(const struct layout_view *view, uint64_t address, uint64_t *out);
bool layout_read_u32(const struct layout_view *view, uint64_t address, uint32_t *out);

/* Calls visit(piece, piece_bytes, offset, context) over [address, address + bytes) in pieces of at
 * most LAYOUT_SCRATCH_BYTES, each but the last a multiple of `unit` (unit <= LAYOUT_SCRATCH_BYTES),
 * until it returns false. False when memory could not be read or visit said so. */
bool layout_scan(const struct layout_view *view, uint64_t address, uint64_t bytes, size_t unit,
                 bool (*visit)(const unsigned char *piece, size_t bytes, uint64_t offset,
                               void *context),
                 void *context);

/* Bytes that the small heap block at `address` occupies in glibc's malloc, its header included;
 * 0 when the heap is not glibc's or the header makes no sense. */
uint64_t layout_chunk_bytes(const struct layout_view *view, uint64_t address);

/* Whether a small heap block of so many bytes or more began at `address` that was freed, by what
 * glibc's malloc wrote there. Not of every one that was it can be told. */
bool layout_is_freed_block(const struct layout_view *view, uint64_t address, uint64_t least_bytes);

/* A user-space heap address: canonical, not in the first 64 KiB, a multiple of `alignment`. */
static inline bool layout_is_pointer(uint64_t word, uint64_t alignment)
{
    return word >= 0x10000 && word < 0x800000000000ULL && (word & (alignment - 1)) == 0;
}

#endif
