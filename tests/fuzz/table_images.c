/*
 * The images: see table_images.h. Every table has 64 or more slots, as small as the readers take
 * them.
 */
#include "table_images.h"

#include <string.h>

static bool read_image(const struct memory_reader *reader, uint64_t address, void *into,
                       size_t bytes)
{
    const struct image *image =
        (const void *)((const char *)reader - offsetof(struct image, reader));
    uint64_t offset = address - IMAGE_BASE;
    if (address < IMAGE_BASE || offset > image->size || image->size - offset < bytes)
        return false;
    memcpy(into, image->bytes + offset, bytes);
    return true;
}

static const struct image *image_of(const struct block_index *index)
{
    return (const void *)((const char *)index - offsetof(struct image, index));
}

static bool find_block(const struct block_index *index, uint64_t address, struct block *out)
{
    const struct image *image = image_of(index);
    for (unsigned i = 0; i < image->block_count; i++)
        if (image->blocks[i].address == address) {
            *out = image->blocks[i];
            return true;
        }
    return false;
}

static void visit_neighbours(const struct block_index *index, uint64_t address,
                             bool (*visit)(const struct block *neighbour, void *context),
                             void *context)
{
    const struct image *image = image_of(index);
    for (unsigned i = 0; i < image->block_count; i++)
        if (image->blocks[i].address != address && !visit(&image->blocks[i], context))
            return;
}

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct image *image = image_of(index);
    for (size_t at = 0; at + 8 <= image->size; at += 8)
        if (memcmp(image->bytes + at, &address, 8) == 0 && nth-- == 0)
            return IMAGE_BASE + at;
    return 0;
}

void image_init(struct image *image, unsigned char *bytes, size_t size)
{
    *image = (struct image){.bytes = bytes,
                            .size = size,
                            .reader = {.read = read_image},
                            .index = {find_block, visit_neighbours, pointer_to}};
}

static uint64_t at(size_t offset)
{
    return IMAGE_BASE + offset;
}

static void put64(struct image *image, size_t offset, uint64_t value)
{
    memcpy(image->bytes + offset, &value, 8);
}

static void put32(struct image *image, size_t offset, uint32_t value)
{
    memcpy(image->bytes + offset, &value, 4);
}

static void add_block(struct image *image, size_t offset, uint64_t bytes)
{
    image->blocks[image->block_count++] = (struct block){at(offset), bytes};
}

#define OBJECT 64   /* where the object that owns the table lies */
#define MAIN   1024 /* the main array */
#define NODES  8192 /* entries and other arrays */

/* std::_Hashtable: 127 buckets, 3 elements in buckets 5, 6 and 9. */
static void build_unordered_map(struct image *image)
{
    float max_load_factor = 1;
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, 127);
    put64(image, OBJECT + 16, at(NODES));
    put64(image, OBJECT + 24, 3);
    memcpy(image->bytes + OBJECT + 32, &max_load_factor, 4);
    put64(image, OBJECT + 40, 127);
    put64(image, NODES, at(NODES + 32));
    put64(image, NODES + 32, at(NODES + 64));
    put64(image, MAIN + 5 * 8, at(OBJECT + 16));
    put64(image, MAIN + 6 * 8, at(NODES));
    put64(image, MAIN + 9 * 8, at(NODES + 32));
    add_block(image, MAIN, 127 * 8);
}

static void build_cleared_unordered_map(struct image *image)
{
    build_unordered_map(image);
    memset(image->bytes + MAIN, 0, 127 * 8);
    put64(image, OBJECT + 16, 0);
    put64(image, OBJECT + 24, 0);
}

/* UT_hash_table with 64 buckets; elements of 80 bytes whose handle stands at offset 8. */
static void build_uthash(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, 64);
    put32(image, OBJECT + 12, 6);
    put32(image, OBJECT + 16, 5);
    put64(image, OBJECT + 32, 8);
    put32(image, OBJECT + 56, 0xa0111fe1u);
    for (unsigned i = 0; i < 5; i++) {
        put64(image, MAIN + i * 7 * 16, at(NODES + i * 80 + 8));
        put32(image, MAIN + i * 7 * 16 + 8, 1);
        put64(image, NODES + i * 80 + 8, at(OBJECT));
    }
    add_block(image, MAIN, 64 * 16);
}

/* 64 slots of 8 bytes; 20 of them full, 4 deleted. */
static void build_hashbrown(struct image *image)
{
    size_t controls = MAIN + 64 * 8;
    memset(image->bytes + controls, 0xff, 64 + 16);
    for (unsigned i = 0; i < 20; i++)
        image->bytes[controls + i * 3] = (unsigned char)(i * 5 + 1);
    for (unsigned i = 0; i < 4; i++)
        image->bytes[controls + i * 3 + 1] = 0x80;
    memcpy(image->bytes + controls + 64, image->bytes + controls, 16);
    put64(image, OBJECT, at(controls));
    put64(image, OBJECT + 8, 63);
    put64(image, OBJECT + 16, 56 - 24);
    put64(image, OBJECT + 24, 20);
    add_block(image, MAIN, 64 * 8 + 64 + 16);
}

/* `type`, an object of it, and a second one: enough for a Python to be believed. */
#define PYTHON_TYPE   512
#define PYTHON_OBJECT 768
static void build_python_objects(struct image *image)
{
    put64(image, PYTHON_TYPE, 9);
    put64(image, PYTHON_TYPE + 8, at(PYTHON_TYPE));
    put64(image, PYTHON_TYPE + 168, 1u << 31 | 1u << 12);
    put64(image, PYTHON_OBJECT, 1);
    put64(image, PYTHON_OBJECT + 8, at(PYTHON_TYPE));
}

static void put_dict_entries(struct image *image, size_t entries, unsigned count, unsigned bytes)
{
    for (unsigned i = 0; i < count; i += 2) { /* every other one was deleted */
        put64(image, entries + i * bytes + bytes - 16, at(PYTHON_OBJECT));
        put64(image, entries + i * bytes + bytes - 8, at(PYTHON_OBJECT));
    }
}

/* PyDictKeysObject of 3.11: 64 slots, 42 entries at most, 10 used, 5 of them deleted. */
static void build_dict(struct image *image)
{
    build_python_objects(image);
    put64(image, MAIN, 1);
    image->bytes[MAIN + 8] = 6;
    image->bytes[MAIN + 9] = 6;
    put64(image, MAIN + 16, 32);
    put64(image, MAIN + 24, 10);
    put_dict_entries(image, MAIN + 32 + 64, 10, 24);
    add_block(image, MAIN, 32 + 64 + 42 * 24);
    put64(image, OBJECT, 1);
    put64(image, OBJECT + 8, at(PYTHON_TYPE));
    put64(image, OBJECT + 16, 5);
    put64(image, OBJECT + 32, at(MAIN));
}

/* The same of 3.8. */
static void build_old_dict(struct image *image)
{
    build_python_objects(image);
    put64(image, MAIN, 1);
    put64(image, MAIN + 8, 64);
    put64(image, MAIN + 16, at(NODES));
    put64(image, MAIN + 24, 32);
    put64(image, MAIN + 32, 10);
    put_dict_entries(image, MAIN + 40 + 64, 10, 24);
    add_block(image, MAIN, 40 + 64 + 42 * 24);
}

/* 64 slots, 8 full ones at home, 3 deleted. */
static void build_set(struct image *image)
{
    build_python_objects(image);
    for (unsigned i = 0; i < 8; i++) {
        put64(image, MAIN + i * 5 * 16, at(PYTHON_OBJECT));
        put64(image, MAIN + i * 5 * 16 + 8, 64 * (i + 1) + i * 5);
    }
    for (unsigned i = 0; i < 3; i++) {
        put64(image, MAIN + (i * 5 + 1) * 16, at(NODES));
        put64(image, MAIN + (i * 5 + 1) * 16 + 8, UINT64_MAX);
    }
    add_block(image, MAIN, 64 * 16);
}

/* 64 hashes, 12 at home (hash * 11 % 61, 61 being the prime below 64), 2 deleted; keys and values.
 */
static void build_glib_hash(struct image *image)
{
    size_t keys = NODES, values = NODES + 64 * 8;
    for (uint32_t hash = 100, live = 0; live < 12; hash++) {
        size_t slot = hash * 11 % 61;
        uint32_t present;
        memcpy(&present, image->bytes + MAIN + slot * 4, 4);
        if (present != 0)
            continue;
        put32(image, MAIN + slot * 4, hash);
        put64(image, keys + slot * 8, at(PYTHON_OBJECT));
        live++;
    }
    put32(image, MAIN + 61 * 4, 1);
    put32(image, MAIN + 62 * 4, 1);
    put64(image, OBJECT, 64);
    put32(image, OBJECT + 16, 12);
    put32(image, OBJECT + 20, 14);
    put64(image, OBJECT + 32, at(keys));
    put64(image, OBJECT + 40, at(MAIN));
    put64(image, OBJECT + 48, at(values));
    add_block(image, MAIN, 64 * 4);
    add_block(image, keys, 64 * 8);
    add_block(image, values, 64 * 8);
}

/* 1024 buckets: 256 bytes of flags, 100 live, 50 deleted; 4-byte keys, 8-byte values. */
static void build_khash(struct image *image)
{
    size_t flags = 512, values = NODES;
    memset(image->bytes + flags, 0xaa, 256);
    memset(image->bytes + flags, 0x00, 25);      /* four live buckets a byte */
    memset(image->bytes + flags + 25, 0x55, 12); /* four deleted ones */
    image->bytes[flags + 37] = 0xa5;             /* two more, and two empty ones */
    put32(image, OBJECT, 1024);
    put32(image, OBJECT + 4, 100);
    put32(image, OBJECT + 8, 150);
    put32(image, OBJECT + 12, 788);
    put64(image, OBJECT + 16, at(flags));
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, at(values));
    add_block(image, MAIN, 1024 * 4);
    add_block(image, values, 1024 * 8);
    add_block(image, flags, 256);
}

/* The same without the object: only nearness speaks for it. */
static void build_bare_khash(struct image *image)
{
    build_khash(image);
    memset(image->bytes + OBJECT, 0, 40);
}

/* struct dict in the middle of a rehash: 256 buckets into 512. */
static void build_redis_dict(struct image *image)
{
    size_t old = NODES;
    put64(image, OBJECT, at(PYTHON_TYPE));
    put64(image, PYTHON_TYPE, at(PYTHON_OBJECT));
    put64(image, OBJECT + 8, at(old));
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, OBJECT + 24, 3);
    put64(image, OBJECT + 32, 4);
    put64(image, OBJECT + 40, 100);
    image->bytes[OBJECT + 50] = 8;
    image->bytes[OBJECT + 51] = 9;
    put64(image, old + 200 * 8, at(PYTHON_OBJECT));
    put64(image, MAIN + 10 * 8, at(PYTHON_OBJECT));
    add_block(image, MAIN, 512 * 8);
    add_block(image, old, 256 * 8);
}

const struct table_image table_images[] = {
    {"std::unordered_map", build_unordered_map, 127, 3, 0},
    {"std::unordered_map", build_cleared_unordered_map, 127, 0, 0},
    {"uthash", build_uthash, 64, 5, 0},
    {"Rust HashMap (hashbrown)", build_hashbrown, 64, 20, 4},
    {"CPython dict", build_dict, 64, 5, 5},
    {"CPython dict", build_old_dict, 64, 5, 5},
    {"CPython set", build_set, 64, 8, 3},
    {"GHashTable", build_glib_hash, 64, 12, 2},
    {"khash", build_khash, 1024, 100, 50},
    {"khash", build_bare_khash, 1024, 100, 50},
    {"Redis dict", build_redis_dict, 768, 7, 0},
};
const unsigned table_image_count = sizeof(table_images) / sizeof(table_images[0]);
