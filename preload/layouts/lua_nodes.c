/*
 * Lua's nodes: see lua_nodes.h.
 */
#include "lua_nodes.h"

#include "words.h"

#define NODES_MIN 32 /* 768 bytes: smaller arrays are hardly ever tracked */
#define NODES_MAX (1u << 30)

#define VALUE_TYPE      8 /* offset in a node */
#define COLLECTABLE     0x40u
#define TYPE_THREAD     8u  /* the last one that a program can hold */
#define TYPE_DEAD_KEY   11u /* the last one of all */
#define KEYS_MIN        8
#define CHAIN_STEPS_MAX 64

const struct lua_version lua_versions[LUA_VERSIONS] = {
    /* 5.5 */
    {.prefix_bytes = 8,
     .node_bytes = 24,
     .key = 16,
     .key_type = 9,
     .next = 12,
     .short_string = COLLECTABLE | LUA_TYPE_STRING,
     .integer = 0x03,
     .array_size = 12,
     .array = 16,
     .nodes = 24},
    /* 5.4 */
    {.node_bytes = 24,
     .key = 16,
     .key_type = 9,
     .next = 12,
     .short_string = COLLECTABLE | LUA_TYPE_STRING,
     .integer = 0x03,
     .array_size = 12,
     .array = 16,
     .nodes = 24,
     .last_free = 32},
    /* 5.3 */
    {.node_bytes = 32,
     .key = 16,
     .key_type = 24,
     .next = 28,
     .short_string = COLLECTABLE | LUA_TYPE_STRING,
     .integer = 0x13,
     .array_size = 12,
     .array = 16,
     .nodes = 24,
     .last_free = 32},
    /* 5.2.4 */
    {.node_bytes = 40,
     .key = 16,
     .key_type = 24,
     .next = 32,
     .next_is_pointer = true,
     .short_string = COLLECTABLE | LUA_TYPE_STRING,
     .array_size = 12,
     .array = 16,
     .nodes = 24,
     .last_free = 32},
    /* 5.1; nearly that are 5.2.0 to 5.2.3 */
    {.node_bytes = 40,
     .key = 16,
     .key_type = 24,
     .next = 32,
     .next_is_pointer = true,
     .short_string = LUA_TYPE_STRING,
     .array_size = 56,
     .array = 24,
     .nodes = 32,
     .last_free = 40},
};

uint64_t lua_nodes_in(const struct lua_version *version, uint64_t block_bytes)
{
    uint64_t nodes = (block_bytes - version->prefix_bytes) / version->node_bytes;
    bool fits = block_bytes == nodes * version->node_bytes + version->prefix_bytes &&
                nodes >= NODES_MIN && nodes <= NODES_MAX && is_power_of_two(nodes);
    return fits ? nodes : 0;
}

/* The number of the next node of the chain; of a node that is the last, its own. A number that is
 * no node's when the node is none. */
static uint64_t next_of(const struct lua_nodes *nodes, const unsigned char *node, uint64_t number)
{
    const struct lua_version *version = nodes->version;
    if (!version->next_is_pointer) /* wraps around before the first node */
        return number + (uint64_t)(int32_t)word_u32(node, version->next);
    uint64_t next = word_u64(node, version->next);
    uint64_t offset = next - nodes->address;
    return next == 0                           ? number
           : offset % version->node_bytes != 0 ? UINT64_MAX
                                               : offset / version->node_bytes;
}

static bool has_hash_to_tell(const struct lua_version *version, unsigned type)
{
    return type == version->short_string || (type == version->integer && type != 0) ||
           (type & LUA_TYPE_MASK) == LUA_TYPE_TABLE;
}

static bool count_nodes(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct lua_nodes *nodes = context;
    const struct lua_version *version = nodes->version;
    if (nodes->live + nodes->emptied == 0 && offset >= nodes->empty_limit)
        return false;
    for (size_t at = 0; at + version->node_bytes <= bytes; at += version->node_bytes) {
        const unsigned char *node = piece + at;
        unsigned value = node[VALUE_TYPE] & LUA_TYPE_MASK;
        unsigned key = node[version->key_type] & LUA_TYPE_MASK;
        if (value > TYPE_THREAD || key > TYPE_DEAD_KEY ||
            (key == LUA_TYPE_NIL && value != LUA_TYPE_NIL) ||
            next_of(nodes, node, (offset + at) / version->node_bytes) >= nodes->capacity)
            return false;
        if (value != LUA_TYPE_NIL) {
            nodes->live++;
            if (has_hash_to_tell(version, node[version->key_type]))
                entry_sample_offer(&nodes->keys, nodes->address + offset + at, offset + at,
                                   nodes->capacity * version->node_bytes);
        } else if (key != LUA_TYPE_NIL) {
            nodes->emptied++;
        }
    }
    return true;
}

bool lua_nodes_count(const struct layout_view *view, struct lua_nodes *nodes)
{
    return layout_scan(view, nodes->address, nodes->capacity * nodes->version->node_bytes,
                       nodes->version->node_bytes, count_nodes, nodes);
}

bool lua_nodes_begin(const struct layout_view *view, const struct lua_nodes *nodes)
{
    struct lua_nodes beginning = *nodes;
    size_t prefix = nodes->version->prefix_bytes;
    return view->head_bytes > prefix &&
           count_nodes(view->head + prefix, view->head_bytes - prefix, 0, &beginning);
}

/* mainposition(), ltable.c, of the keys whose hash has not changed from version to version, but for
 * integers: these were masked until 5.4.2 and are divided since. */
static bool home_of(const struct layout_view *view, const struct lua_nodes *nodes,
                    const unsigned char *node, bool divided, uint64_t *home)
{
    const struct lua_version *version = nodes->version;
    unsigned type = node[version->key_type];
    uint64_t key = word_u64(node, version->key);
    uint64_t divisor = (nodes->capacity - 1) | 1;
    struct lua_string string;
    if (type == version->short_string) {
        if (!layout_read(view, key, &string, sizeof(string)) ||
            (string.type & LUA_TYPE_MASK) != LUA_TYPE_STRING)
            return false;
        *home = string.hash & (nodes->capacity - 1);
    } else if ((type & LUA_TYPE_MASK) == LUA_TYPE_TABLE) {
        *home = (uint32_t)key % divisor;
    } else {
        *home = divided ? key % divisor : key & (nodes->capacity - 1);
    }
    return true;
}

static bool leads_to(const struct layout_view *view, const struct lua_nodes *nodes, uint64_t from,
                     uint64_t to)
{
    unsigned char node[40];
    for (unsigned step = 0; step < CHAIN_STEPS_MAX && from < nodes->capacity; step++) {
        if (from == to)
            return true;
        if (!layout_read(view, nodes->address + from * nodes->version->node_bytes, node,
                         nodes->version->node_bytes))
            return false;
        uint64_t next = next_of(nodes, node, from);
        if (next == from)
            return false;
        from = next;
    }
    return false;
}

bool lua_nodes_are_hashed(const struct layout_view *view, const struct lua_nodes *nodes)
{
    unsigned char node[40];
    for (uint32_t i = 0; i < nodes->keys.count; i++) {
        uint64_t address = nodes->keys.addresses[i];
        uint64_t number = (address - nodes->address) / nodes->version->node_bytes;
        uint64_t masked, divided;
        if (!layout_read(view, address, node, nodes->version->node_bytes) ||
            !home_of(view, nodes, node, false, &masked) ||
            !home_of(view, nodes, node, true, &divided) ||
            !(leads_to(view, nodes, masked, number) || leads_to(view, nodes, divided, number)))
            return false;
    }
    return nodes->keys.count >= KEYS_MIN;
}
