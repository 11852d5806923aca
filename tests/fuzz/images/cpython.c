/* CPython's dict of two versions, its OrderedDict, and its set. */
#include "../table_images.h"

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

/* Keys that are all strings have no room for their hash; a node for each slot. */
static void build_ordered_dict(struct image *image)
{
    build_dict(image);
    memset(image->bytes + MAIN + 32, 0, 64 + 42 * 24);
    image->bytes[MAIN + 10] = 1;
    put_dict_entries(image, MAIN + 32 + 64, 10, 16);
    image->blocks[0].bytes = 32 + 64 + 42 * 16;
    put64(image, OBJECT + 64, at(NODES));
    put64(image, OBJECT + 72, 64);
    put64(image, OBJECT + 80, at(MAIN));
    add_block(image, NODES, 64 * 8);
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

TABLE_IMAGES(cpython, {"CPython dict", build_dict, 64, 5, 5},
             {"CPython dict", build_old_dict, 64, 5, 5},
             {"CPython OrderedDict", build_ordered_dict, 64, 5, 5},
             {"CPython set", build_set, 64, 8, 3})
