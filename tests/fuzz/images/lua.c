/* Lua's tables: nodes of four versions, and the table of strings. */
#include "../table_images.h"

#define STRINGS    8 /* of NODES, 32 bytes apart */
#define NODE_COUNT 64

static void put_string(struct image *image, unsigned i, uint32_t hash)
{
    image->bytes[NODES + i * 32 + 8] = 0x44;
    put32(image, NODES + i * 32 + 12, hash);
}

/* Eight keys at home, in every eighth node; three more were set to nil. */
static void put_nodes(struct image *image, size_t first, size_t bytes, size_t key_type)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        size_t node = first + 8 * i * bytes;
        image->bytes[node + 8] = 1;
        image->bytes[node + key_type] = 0x44;
        put64(image, node + 16, at(NODES + i * 32));
        put_string(image, i, NODE_COUNT * 100 * i + 8 * i);
    }
    for (unsigned i = 0; i < 3; i++)
        image->bytes[first + (8 * i + 1) * bytes + key_type] = 0x4b;
}

static void put_table(struct image *image, size_t nodes_field, uint64_t nodes, uint64_t last_free)
{
    image->bytes[OBJECT + 8] = 5;
    image->bytes[OBJECT + 11] = 6;
    put64(image, OBJECT + nodes_field, nodes);
    put64(image, OBJECT + nodes_field + 8, last_free);
}

static void build_5_5(struct image *image)
{
    put_table(image, 24, at(MAIN + 8), 0);
    put64(image, MAIN, at(MAIN + 8 + 40 * 24));
    put_nodes(image, MAIN + 8, 24, 9);
    add_block(image, MAIN, 8 + NODE_COUNT * 24);
}

static void build_5_4(struct image *image)
{
    put_table(image, 24, at(MAIN), at(MAIN + 40 * 24));
    put_nodes(image, MAIN, 24, 9);
    add_block(image, MAIN, NODE_COUNT * 24);
}

/* Nobody points at it: it is being replaced. */
static void build_5_4_alone(struct image *image)
{
    put_nodes(image, MAIN, 24, 9);
    add_block(image, MAIN, NODE_COUNT * 24);
}

static void build_5_3(struct image *image)
{
    put_table(image, 24, at(MAIN), at(MAIN + 40 * 32));
    put_nodes(image, MAIN, 32, 24);
    add_block(image, MAIN, NODE_COUNT * 32);
}

static void build_5_1(struct image *image)
{
    put_table(image, 32, at(MAIN), at(MAIN + 40 * 40));
    put_nodes(image, MAIN, 40, 24);
    add_block(image, MAIN, NODE_COUNT * 40);
}

/* Every value was set to nil. */
static void build_empty(struct image *image)
{
    put_table(image, 24, at(MAIN), at(MAIN));
    for (unsigned i = 0; i < NODE_COUNT; i++)
        image->bytes[MAIN + i * 24 + 9] = 0x0b;
    add_block(image, MAIN, NODE_COUNT * 24);
}

/* struct stringtable: 128 buckets, 9 strings, one of them behind another. */
static void build_strings(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, STRINGS + 1);
    put32(image, OBJECT + 12, 128);
    for (unsigned i = 0; i < STRINGS; i++) {
        put_string(image, i, 128 * 77 * i + 15 * i);
        put64(image, MAIN + 15 * i * 8, at(NODES + i * 32));
    }
    add_block(image, MAIN, 128 * 8);
}

TABLE_IMAGES(lua, {"Lua table", build_5_5, NODE_COUNT, STRINGS, 3},
             {"Lua table", build_5_4, NODE_COUNT, STRINGS, 3},
             {"Lua table", build_5_4_alone, NODE_COUNT, STRINGS, 3},
             {"Lua table", build_5_3, NODE_COUNT, STRINGS, 3},
             {"Lua table", build_5_1, NODE_COUNT, STRINGS, 3},
             {"Lua table", build_empty, NODE_COUNT, 0, NODE_COUNT},
             {"Lua string table", build_strings, 128, STRINGS + 1, 0})
