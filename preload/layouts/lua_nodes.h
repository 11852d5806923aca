/*
 * The nodes of a Lua table: each a value, a key and the way to the next node of its chain. How the
 * versions of Lua lay them out, and what a block of them holds.
 */
#ifndef HASHTRACK_LUA_NODES_H
#define HASHTRACK_LUA_NODES_H

#include "entry_sample.h"

/* Offsets in lobject.h of a version, 0 where it has none. */
struct lua_version {
    uint8_t prefix_bytes; /* in the block, before the nodes: the pointer to the last free one */
    uint8_t node_bytes;
    uint8_t key, key_type, next;
    bool next_is_pointer;          /* until 5.2; then a number of nodes to go, either way */
    uint8_t short_string, integer; /* types of keys */
    uint8_t array_size, array, nodes, last_free; /* of a Table */
};

#define LUA_VERSIONS 5
extern const struct lua_version lua_versions[LUA_VERSIONS];

/* The low four bits of a type are one of these, of variants of which there are several. */
#define LUA_TYPE_MASK   0xfu
#define LUA_TYPE_NIL    0u
#define LUA_TYPE_STRING 4u
#define LUA_TYPE_TABLE  5u

/* The beginning of TString: the same in all versions. */
struct lua_string {
    uint64_t next;
    uint8_t type, marked, extra, length;
    uint32_t hash;
};

struct lua_nodes {
    const struct lua_version *version;
    uint64_t address; /* of the first node */
    uint64_t capacity;
    uint64_t empty_limit;     /* bytes after which a block without a key is none of Lua's */
    uint64_t live, emptied;   /* emptied: a key whose value was set to nil */
    struct entry_sample keys; /* nodes that are live and have a key whose hash can be told */
};

/* How many nodes of that version a block holds; 0 when it is no such block. */
uint64_t lua_nodes_in(const struct lua_version *version, uint64_t block_bytes);

/* Counts the nodes of a whole block. False when one is none that Lua makes. */
bool lua_nodes_count(const struct layout_view *view, struct lua_nodes *nodes);

/* The same of the beginning of the block, which is at hand. Adds nothing to *nodes. */
bool lua_nodes_begin(const struct layout_view *view, const struct lua_nodes *nodes);

/* Whether the sampled keys are proof that this is a table: enough of them, and each in the chain of
 * the node that its hash names. */
bool lua_nodes_are_hashed(const struct layout_view *view, const struct lua_nodes *nodes);

#endif
