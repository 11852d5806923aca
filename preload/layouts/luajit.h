/*
 * What the tables of LuaJIT have in common: its strings, and the blocks of its allocator. With
 * 64-bit references to garbage-collected objects (LJ_GC64), which x86-64 has since LuaJIT 2.1.
 */
#ifndef HASHTRACK_LUAJIT_H
#define HASHTRACK_LUAJIT_H

#include "layout.h"

/* ~LJ_TSTR, ~LJ_TTAB, lj_obj.h */
#define LUAJIT_STRING 4u
#define LUAJIT_TABLE  11u

/* The beginning of GCstr. Until 2020 its hash was where sid is, which nodes are chosen by. */
struct luajit_string {
    uint64_t next;
    uint8_t marked, type, reserved, hash_algorithm;
    uint32_t sid;
    uint32_t hash;
    uint32_t length;
};

/* lj_alloc.c asks the kernel for each array of 128 KiB or more by itself, and has two words before
 * it. Up to eight are added to what was asked for, and the rest of a page. */
#define LUAJIT_CHUNK_BYTES  16u
#define LUAJIT_MAPPED_BYTES (128u << 10)
#define LUAJIT_MAPPED_MOST  (4096u + 64u)

/* How many entries, a power of two, an array in that block has, and where it begins; 0: none. */
static inline uint64_t luajit_entries_in(uint64_t block_bytes, uint64_t entry_bytes,
                                         uint64_t *offset)
{
    uint64_t entries = block_bytes / entry_bytes;
    *offset = 0;
    if (entries == 0)
        return 0;
    entries = 1ULL << (63 - __builtin_clzll(entries));
    uint64_t rest = block_bytes - entries * entry_bytes;
    if (rest == 0)
        return entries;
    *offset = LUAJIT_CHUNK_BYTES;
    bool is_mapped = block_bytes >= LUAJIT_MAPPED_BYTES && block_bytes % 4096 == 0 &&
                     rest >= LUAJIT_CHUNK_BYTES && rest <= LUAJIT_MAPPED_MOST;
    return is_mapped ? entries : 0;
}

/* For layout.handles. */
static inline unsigned luajit_handles(uint64_t block_bytes, uint64_t entry_bytes, uint64_t *offsets)
{
    return luajit_entries_in(block_bytes, entry_bytes, &offsets[0]) != 0 && offsets[0] != 0;
}

#endif
