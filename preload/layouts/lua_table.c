/*
 * The hash part of a Lua table, an array of nodes. The Table that points at it names its size and
 * how far its free nodes were used up. Where no Table is found, as when the array is being
 * replaced, the keys vouch for it: they stand in the chains that their hashes name. The array part
 * of a table is an array and is not read.
 */
#include "empty_stretch.h"
#include "lua_nodes.h"
#include "object.h"
#include "words.h"

/* Fields of a Table that are the same in all versions, lobject.h. */
#define TABLE_BYTES 64
#define TABLE_TYPE  8  /* tt */
#define TABLE_POWER 11 /* lsizenode */

/* Every place from the last free node on was taken, or was passed by when one was looked for. */
static bool is_last_free(const struct lua_nodes *nodes, uint64_t address)
{
    uint64_t offset = address - nodes->address;
    return offset % nodes->version->node_bytes == 0 &&
           offset / nodes->version->node_bytes <= nodes->capacity;
}

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct lua_nodes *nodes = context;
    const struct lua_version *version = nodes->version;
    unsigned char table[TABLE_BYTES];
    uint64_t last_free;
    if (!layout_is_pointer(address, 8) || !layout_read(view, address, table, sizeof(table)) ||
        table[TABLE_TYPE] != LUA_TYPE_TABLE || table[TABLE_POWER] >= 32 ||
        1ULL << table[TABLE_POWER] != nodes->capacity ||
        word_u64(table, version->nodes) != nodes->address)
        return false;
    uint64_t array = word_u64(table, version->array);
    uint32_t array_size = word_u32(table, version->array_size);
    if ((array == 0) != (array_size == 0) || (array != 0 && !layout_is_pointer(array, 8)))
        return false;
    if (version->prefix_bytes != 0)
        return layout_read_u64(view, nodes->address - version->prefix_bytes, &last_free) &&
               is_last_free(nodes, last_free);
    return is_last_free(nodes, word_u64(table, version->last_free));
}

static bool recognise_version(const struct lua_version *version, struct layout_view *view,
                              const struct block *block, struct table_reading *out)
{
    struct lua_nodes nodes = {
        .version = version,
        .address = block->address + version->prefix_bytes,
        .capacity = lua_nodes_in(version, block->bytes),
        .empty_limit = UINT64_MAX,
    };
    if (nodes.capacity == 0 || !lua_nodes_begin(view, &nodes))
        return false;
    uint64_t table = layout_object(view, nodes.address, version->nodes, table_fits, &nodes);
    if (table == 0)
        nodes.empty_limit = EMPTY_STRETCH_BYTES;
    if (!lua_nodes_count(view, &nodes) || (table == 0 && !lua_nodes_are_hashed(view, &nodes)))
        return false;

    out->header = table;
    out->capacity = nodes.capacity;
    out->live = nodes.live;
    out->tombstones = nodes.emptied;
    out->slot_bytes = version->node_bytes;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (table != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = table != 0 ? 1000000 : 970000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    for (unsigned i = 0; i < LUA_VERSIONS; i++)
        if (recognise_version(&lua_versions[i], view, block, out))
            return true;
    return false;
}

/* A Table of 5.5 points behind the prefix. */
static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    unsigned count = 0;
    for (unsigned i = 0; i < LUA_VERSIONS; i++)
        if (lua_versions[i].prefix_bytes != 0 && lua_nodes_in(&lua_versions[i], block_bytes) != 0)
            offsets[count++] = lua_versions[i].prefix_bytes;
    return count;
}

/* A copy grows as it is filled: rehash() counts the keys with the one that found no room, and takes
 * the power of two that holds them. */
static uint64_t capacity_for(uint64_t live)
{
    return next_power_of_two(live);
}

const struct layout layout_lua_table = {
    .name = "Lua table",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks; an insert that finds no free node may shrink it",
    .recreate = "local n = {}; for k, v in pairs(t) do n[k] = v end; t = n",
    .source = "Lua 5.1-5.5, lobject.h: Node, Table; ltable.c: setnodevector, mainposition, rehash",
    .handles = handles,
};
