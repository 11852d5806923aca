/* STC: its hmap with the object and without, the metadata of one, and its older cmap. */
#include "../table_images.h"

/* 64 slots; runs of three entries each, at distances 1, 2 and 2 from home. */
static void put_metadata(struct image *image, size_t metadata)
{
    for (unsigned i = 0; i < 60; i += 5) {
        put32(image, metadata + i * 2, (1u << 6 | i) | (2u << 6 | i) << 16);
        image->bytes[metadata + i * 2 + 4] = 2u << 6 | 9;
    }
    put32(image, metadata + 64 * 2, 0xffc0);
}

static void build_hmap(struct image *image)
{
    put_metadata(image, NODES);
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, at(NODES));
    put64(image, OBJECT + 16, 36);
    put64(image, OBJECT + 24, 64);
    add_block(image, MAIN, 64 * 16);
    add_block(image, NODES, 65 * 2);
}

static void build_bare_hmap(struct image *image)
{
    build_hmap(image);
    memset(image->bytes + OBJECT, 0, 32);
}

static void build_metadata(struct image *image)
{
    put_metadata(image, MAIN);
    add_block(image, MAIN, 65 * 2);
}

/* 101 slots, 30 of them used. */
static void build_cmap(struct image *image)
{
    for (unsigned i = 0; i < 30; i++)
        image->bytes[NODES + i * 3] = (unsigned char)(0x80 + i);
    image->bytes[NODES + 101] = 0xff;
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, at(NODES));
    put64(image, OBJECT + 16, 30);
    put64(image, OBJECT + 24, 101);
    add_block(image, MAIN, 101 * 24);
    add_block(image, NODES, 102);
}

/* The same with counters of 32 bits. */
static void build_small_cmap(struct image *image)
{
    build_cmap(image);
    put64(image, OBJECT + 16, 101ull << 32 | 30);
    put64(image, OBJECT + 24, 12345);
}

TABLE_IMAGES(stc, {"STC hmap", build_hmap, 64, 36, 0}, {"STC hmap", build_bare_hmap, 64, 36, 0},
             {"STC hmap", build_metadata, 64, 36, 0}, {"STC cmap", build_cmap, 101, 30, 0},
             {"STC cmap", build_small_cmap, 101, 30, 0})
