/* stb_ds.h: the elements, and the index by itself. */
#include "../table_images.h"

#define SLOTS 64

/* An index of 64 slots, 20 of them used and 3 deleted. */
static void put_index(struct image *image, size_t index)
{
    uint64_t slots = (at(index) + 104 + 63) & ~63ull;
    put64(image, index + 8, SLOTS);
    put64(image, index + 16, 20);
    put64(image, index + 24, 48);
    put64(image, index + 32, 16);
    put64(image, index + 40, 3);
    put64(image, index + 48, 12);
    put64(image, index + 64, 6);
    put64(image, index + 96, slots);
    for (unsigned i = 0; i < SLOTS; i++) {
        size_t bucket = slots - IMAGE_BASE + i / 8 * 128, slot = i % 8 * 8;
        put64(image, bucket + slot, i < 20 ? i * 77 + 2 : i < 23);
        put64(image, bucket + 64 + slot, i < 20 ? i : i < 23 ? UINT64_MAX - 1 : UINT64_MAX);
    }
}

/* 128 elements of 24 bytes, 20 of them live; the first is the default. */
static void build_stb_ds(struct image *image)
{
    put_index(image, NODES);
    put64(image, MAIN, 21);
    put64(image, MAIN + 8, 128);
    put64(image, MAIN + 16, at(NODES));
    add_block(image, MAIN, 32 + 128 * 24);
    add_block(image, NODES, SLOTS * 16 + 167);
}

static void build_stb_ds_index(struct image *image)
{
    put_index(image, MAIN);
    add_block(image, MAIN, SLOTS * 16 + 167);
}

TABLE_IMAGES(stb_ds, {"stb_ds hash map", build_stb_ds, 128, 20, 0},
             {"stb_ds hash map", build_stb_ds_index, SLOTS, 20, 3})
