/*
 * The hash part of a LuaJIT table, an array of nodes: a value, a key, the address of the next node
 * of the chain. The GCtab that points at it names its size. Where none is found, as when the array
 * is being replaced, the keys vouch for it: they stand in the chains that their hashes name. The
 * array part of a table is an array and is not read.
 */
#include "empty_stretch.h"
#include "entry_sample.h"
#include "luajit.h"
#include "object.h"
#include "words.h"

#define NODE_BYTES  24u /* struct Node, lj_obj.h */
#define NODE_VALUE  0
#define NODE_KEY    8
#define NODE_NEXT   16
#define NODES_MIN   32u
#define NODES_MAX   (1u << 30)
#define KEYS_MIN    8u
#define CHAIN_STEPS 64u

/* struct GCtab */
#define TABLE_BYTES 56
#define TABLE_TYPE  9
#define TABLE_NODES 40
#define TABLE_MASK  52

/* A TValue: a double, or a type in its upper 17 bits, ~LJ_TNIL downwards, beside an address. */
#define NIL           UINT64_MAX
#define TYPE_SHIFT    47
#define TYPE_OF_STR   (~LUAJIT_STRING)
#define FIRST_NUMBER  0xfffffff2u /* LJ_TISNUM: below it are the types of doubles */
#define ADDRESS_OF(v) ((v) & ((1ULL << TYPE_SHIFT) - 1))

struct nodes {
    uint64_t address, capacity;
    uint64_t empty_limit; /* bytes after which a block without a key is none of LuaJIT's */
    uint64_t live, emptied;
    struct entry_sample keys; /* live nodes with a key whose hash can be told */
};

static uint32_t type_of(uint64_t value)
{
    return (uint32_t)((int64_t)value >> TYPE_SHIFT);
}

static bool count_nodes(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct nodes *nodes = context;
    if (nodes->live + nodes->emptied == 0 && offset >= nodes->empty_limit)
        return false;
    for (size_t at = 0; at + NODE_BYTES <= bytes; at += NODE_BYTES) {
        uint64_t value = word_u64(piece + at, NODE_VALUE), key = word_u64(piece + at, NODE_KEY);
        uint64_t next = word_u64(piece + at, NODE_NEXT);
        uint64_t way = next - nodes->address;
        if ((key == NIL && value != NIL) ||
            (next != 0 && (way % NODE_BYTES != 0 || way / NODE_BYTES >= nodes->capacity)))
            return false;
        if (value != NIL) {
            nodes->live++;
            if (type_of(key) == TYPE_OF_STR || type_of(key) < FIRST_NUMBER)
                entry_sample_offer(&nodes->keys, nodes->address + offset + at, offset + at,
                                   nodes->capacity * NODE_BYTES);
        } else if (key != NIL) {
            nodes->emptied++;
        }
    }
    return true;
}

static uint32_t rotated(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

/* hashrot(), lj_tab.h, of x86-64; hashnum(), lj_tab.c. */
static uint32_t hash_of_number(uint64_t number)
{
    uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32) << 1;
    low ^= high;
    high = rotated(high, 14);
    low -= high;
    high = rotated(high, 5);
    high ^= low;
    return high - rotated(low, 13);
}

static bool home_of(const struct layout_view *view, const struct nodes *nodes, uint64_t key,
                    uint64_t *home)
{
    struct luajit_string string;
    if (type_of(key) != TYPE_OF_STR) {
        *home = hash_of_number(key) & (nodes->capacity - 1);
        return true;
    }
    if (!layout_read(view, ADDRESS_OF(key), &string, sizeof(string)) ||
        string.type != LUAJIT_STRING)
        return false;
    *home = string.sid & (nodes->capacity - 1);
    return true;
}

static bool leads_to(const struct layout_view *view, const struct nodes *nodes, uint64_t home,
                     uint64_t to)
{
    uint64_t node = nodes->address + home * NODE_BYTES;
    for (unsigned step = 0; step < CHAIN_STEPS && node != 0; step++) {
        if (node == to)
            return true;
        if (!layout_read_u64(view, node + NODE_NEXT, &node))
            return false;
    }
    return false;
}

static bool keys_are_hashed(const struct layout_view *view, const struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->keys.count; i++) {
        uint64_t key, home;
        if (!layout_read_u64(view, nodes->keys.addresses[i] + NODE_KEY, &key) ||
            !home_of(view, nodes, key, &home) ||
            !leads_to(view, nodes, home, nodes->keys.addresses[i]))
            return false;
    }
    return nodes->keys.count >= KEYS_MIN;
}

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct nodes *nodes = context;
    unsigned char table[TABLE_BYTES];
    return layout_is_pointer(address, 8) && layout_read(view, address, table, sizeof(table)) &&
           table[TABLE_TYPE] == LUAJIT_TABLE &&
           word_u32(table, TABLE_MASK) == nodes->capacity - 1 &&
           word_u64(table, TABLE_NODES) == nodes->address;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t offset;
    uint64_t capacity = luajit_entries_in(block->bytes, NODE_BYTES, &offset);
    struct nodes nodes = {
        .address = block->address + offset, .capacity = capacity, .empty_limit = UINT64_MAX};
    struct nodes beginning = nodes;
    if (capacity < NODES_MIN || capacity > NODES_MAX)
        return false;
    if (view->head_bytes < offset + NODE_BYTES ||
        !count_nodes(view->head + offset, view->head_bytes - offset, 0, &beginning))
        return false;
    uint64_t table = layout_object(view, nodes.address, TABLE_NODES, table_fits, &nodes);
    if (table == 0)
        nodes.empty_limit = EMPTY_STRETCH_BYTES;
    if (!layout_scan(view, nodes.address, nodes.capacity * NODE_BYTES, NODE_BYTES, count_nodes,
                     &nodes) ||
        (table == 0 && !keys_are_hashed(view, &nodes)))
        return false;

    out->header = table;
    out->capacity = nodes.capacity;
    out->live = nodes.live;
    out->tombstones = nodes.emptied;
    out->slot_bytes = NODE_BYTES;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | (table != 0 ? DUMP_KNOWN_HEADER : 0);
    out->confidence_ppm = table != 0 ? 1000000 : 970000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
    return true;
}

static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    return luajit_handles(block_bytes, NODE_BYTES, offsets);
}

/* rehashtab() takes the power of two that holds the keys, with the one that found no room. */
static uint64_t capacity_for(uint64_t live)
{
    return next_power_of_two(live);
}

const struct layout layout_luajit_table = {
    .name = "LuaJIT table",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks; an insert that finds no free node may shrink it",
    .recreate = "local n = {}; for k, v in pairs(t) do n[k] = v end; t = n",
    .source = "LuaJIT 2.1 (GC64), lj_obj.h: Node, GCtab; lj_tab.c: hashkey, lj_tab_resize",
    .handles = handles,
};
